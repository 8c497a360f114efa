"""The language server's life: start, settings, folders, shutdown."""

import asyncio
import logging
from collections.abc import Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from fimble_server.config import Settings, load_settings
from fimble_server.documents import Documents
from fimble_server.errors import FimbleError
from fimble_server.suggest import Explanation
from fimble_server.workspace import Workspace

_log = logging.getLogger(__name__)
SECTION = "fimble"


class FimbleServer(LanguageServer):
    """pygls's server and what one editor window has open; the features are in the modules beside this one."""

    def __init__(self) -> None:
        """Make a server without folders; the editor names them when it connects."""
        super().__init__(SECTION, version("fimble"))
        self.documents = Documents()
        self.window = Workspace([], Settings())
        self.explanation = Explanation("nothing was asked yet")
        self.accepted = 0
        self.complaints: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Let work go on in the background; what goes wrong in it is told or logged."""
        task = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except FimbleError as error:
            self.tell(str(error), types.MessageType.Warning)
        except Exception:  # noqa: BLE001 - a background task has nobody above it
            _log.exception("a background task failed")

    def tell(self, message: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Show a message to the user, each only once: a missing model is no news at the next keystroke."""
        if message not in self._told:
            self._told.add(message)
            self.window_show_message(types.ShowMessageParams(kind, message))

    def use_settings(self, editor: dict[str, Any] | None) -> bool:
        """Load all settings anew with these of the editor; False if nothing changed."""
        roots = self.window.roots
        settings, complaints = load_settings(roots[0] if roots else None, editor)
        for complaint in complaints:
            self.tell(complaint, types.MessageType.Warning)
        return self.use_window(roots, settings)

    def use_window(self, roots: list[Path], settings: Settings) -> bool:
        """Serve these folders with these settings from now on; False if both are as they were."""
        if roots == self.window.roots and settings == self.window.settings:
            return False
        old, self.window = self.window, Workspace(roots, settings)
        self._told.clear()
        self.start_task(old.close())
        return True

    async def stop_tasks(self) -> None:
        """Cancel what goes on in the background, and wait for it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def folders(params: types.InitializeParams) -> list[Path]:
    """Return the workspace's folders on this machine."""
    uris = [folder.uri for folder in params.workspace_folders or []]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    paths = [Path(path) for uri in uris if (path := to_fs_path(uri))]
    return [path for path in paths if path.is_dir()]


def section(settings: Any) -> dict[str, Any]:
    """Return Fimble's part of what an editor calls settings: with or without its name around it."""
    if not isinstance(settings, dict):
        return {}
    inner = settings.get(SECTION, settings)
    return inner if isinstance(inner, dict) else {}
