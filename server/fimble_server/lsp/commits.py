"""Commit messages: `fimble/commitMessage`, and the same as the command `fimble.commitMessage`.

docs/protocol.md tells what is sent and answered.
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from pygls.uris import to_fs_path

from fimble_server.errors import FimbleError
from fimble_server.lsp.background import Progress
from fimble_server.lsp.parameters import TextDocument, failure, read_parameters
from fimble_server.lsp.server import FimbleServer


class _CommitMessage(msgspec.Struct, rename="camel"):
    root: str | None = None
    text_document: TextDocument | None = None
    all: bool = False
    amend: bool = False
    shorter_than: str = ""
    attempt: int = 0


def register(server: FimbleServer) -> None:
    """Register the request and the command."""

    @server.feature("fimble/commitMessage")
    async def commit_message(params: Any) -> dict[str, Any]:
        return await _answered(server, params)

    @server.command("fimble.commitMessage")
    async def run_commit_message(request: Any = None) -> dict[str, Any]:
        """Return a message for what is staged; takes what the request takes."""
        return await _answered(server, request)


async def _answered(server: FimbleServer, params: Any) -> dict[str, Any]:
    try:
        return await _suggest(server, read_parameters(params, _CommitMessage))
    except FimbleError as error:
        raise failure(str(error)) from error


async def _suggest(server: FimbleServer, request: _CommitMessage) -> dict[str, Any]:
    # GitPython takes a tenth of a second to import: the start of an editor does not wait for it.
    from fimble_server.commits.branches import branch_name  # noqa: PLC0415
    from fimble_server.commits.compose import shorter_limit, suggest_message  # noqa: PLC0415
    from fimble_server.commits.repository import open_repository  # noqa: PLC0415

    repository = await asyncio.to_thread(open_repository, _folder(server, request))
    bar = Progress(server, "Fimble: commit message", unit="steps")
    with ExitStack() as stack:
        stack.callback(bar.end)
        if request.all:
            repository = await asyncio.to_thread(stack.enter_context, repository.with_all_changes())
        suggestion = await suggest_message(
            repository,
            server.window.engine,
            server.window.settings.commit,
            amend=request.amend,
            longest=shorter_limit(request.shorter_than) if request.shorter_than else 0,
            attempt=request.attempt,
            on_progress=lambda _what, done, total: bar.report(done, total),
        )
        name = await asyncio.to_thread(branch_name, suggestion, repository)
    return {
        "message": suggestion.message,
        "candidates": list(suggestion.candidates),
        "warnings": list(suggestion.warnings),
        "fromModel": suggestion.from_model,
        "branchName": name,
    }


def _folder(server: FimbleServer, request: _CommitMessage) -> Path:
    """Return the folder meant: the one named, that of a document, or the first one that is open."""
    uri = request.root or (request.text_document.uri if request.text_document else None)
    if uri is None:
        if not server.window.roots:
            raise FimbleError("no folder is open; name the repository's in `root`")
        return server.window.roots[0]
    name = to_fs_path(uri)
    if not name:
        raise FimbleError(f"{uri} is no folder of this machine")
    path = Path(name)
    return path if path.is_dir() else path.parent
