"""Commands that an editor can run: `workspace/executeCommand`."""

from pathlib import Path
from typing import Any

import msgspec

from fimble_indexer.syntax.languages import languages_by_id
from fimble_server.engine.process import running_status
from fimble_server.errors import FimbleError
from fimble_server.explain import as_data
from fimble_server.index import database_path
from fimble_server.indexer import Indexer
from fimble_server.lsp.completion import ACCEPT
from fimble_server.lsp.server import FimbleServer
from fimble_server.models.chosen import choose_model


def register(server: FimbleServer) -> None:
    """Register the commands."""

    @server.command(ACCEPT)
    def accept(_number: Any = None) -> None:
        """Take note that a suggestion was accepted; editors run this by themselves."""
        server.accepted += 1

    @server.command("fimble.status")
    async def status() -> dict[str, Any]:
        """Return the state of server, model, engine and index."""
        try:
            model: dict[str, Any] = {"file": str(choose_model(server.window.settings.model).path)}
        except FimbleError as error:
            model = {"error": str(error)}
        engine = await running_status()
        return {
            "version": server.version,
            "model": model,
            "engine": msgspec.to_builtins(engine) if engine else {"state": "stopped"},
            "indexes": [_index(root, server.indexers.get(root)) for root in server.window.roots],
            "accepted": server.accepted,
            "languages": {language_id: language.name for language_id, language in languages_by_id().items()},
            "settings": server.window.settings.model_dump(mode="json"),
        }

    @server.command("fimble.explainCompletion")
    def explain_completion() -> dict[str, Any]:
        """Return why the last suggestion looks as it does."""
        return as_data(server.explanation)


def _index(root: Path, indexer: Indexer | None) -> dict[str, Any]:
    path = database_path(root)
    return {
        "root": str(root),
        "database": str(path),
        "ready": path.exists() and (indexer is None or indexer.is_ready),
        "state": indexer.state if indexer else "off",
    }
