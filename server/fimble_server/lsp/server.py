"""The language server's life: start, settings, folders, shutdown."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from fimble_server.config import Settings, load_settings
from fimble_server.documents import Documents
from fimble_server.errors import FimbleError
from fimble_server.indexer import Indexer
from fimble_server.lsp.protocol import FimbleProtocol
from fimble_server.suggest import Explanation
from fimble_server.workspace import Workspace

_log = logging.getLogger(__name__)
SECTION = "fimble"


class FimbleServer(LanguageServer):
    """pygls's server and what one editor window has open; the features are in the modules beside this one."""

    def __init__(self) -> None:
        """Make a server without folders; the editor names them when it connects."""
        super().__init__(SECTION, version("fimble"), protocol_cls=FimbleProtocol)
        self.documents = Documents()
        self.window = Workspace([], Settings())
        self.explanation = Explanation("nothing was asked yet")
        self.accepted = 0
        self.complaints: list[str] = []
        self.options: dict[str, Any] = {}
        """The settings that came with `initialize`; what the editor says later goes over them."""
        self.editor_settings: dict[str, Any] = {}
        self.prepared: object = None
        """The engine of which the editor shows, or has shown, how far its model is loaded."""
        self.is_set_up = asyncio.Event()
        """Set as soon as the editor has told its settings, or does not, and the indexers run that these want."""
        self.indexers = dict[Path, Indexer]()
        """Those that keep the indexes of the folders true."""
        self.settling: dict[str, asyncio.TimerHandle] = {}
        """Documents in which somebody has just typed."""
        self.reviewed: set[str] = set()
        """Documents that show the remarks of a review."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
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
        return self.use_roots(self.window.roots, editor)

    def use_roots(self, roots: list[Path], editor: dict[str, Any] | None = None) -> bool:
        """Serve these folders, with their settings; False if nothing changed."""
        if editor is not None:
            self.editor_settings = editor
        settings, complaints = load_settings(roots[0] if roots else None, merged(self.options, self.editor_settings))
        for complaint in complaints:
            self.tell(complaint, types.MessageType.Warning)
        return self.use_window(roots, settings)

    def use_window(self, roots: list[Path], settings: Settings) -> bool:
        """Serve these folders with these settings from now on; False if both are as they were."""
        if roots == self.window.roots and settings == self.window.settings:
            return False
        old, self.window = self.window, Workspace(roots, settings, self.window)
        self._told.clear()
        old.close_indexes()
        if self.window.engine is not old.engine:
            for task in self._tasks:
                # What was begun for the old model must not start it again.
                task.cancel()
            self.close_later(old.engine.close())
        return True

    def close_later(self, closing: Coroutine[Any, Any, None]) -> None:
        """Let something end that is not needed any more; `stop_tasks` waits for it."""
        task = asyncio.ensure_future(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def stop_tasks(self) -> None:
        """Cancel what goes on in the background, and wait for it."""
        for task in self._tasks:
            task.cancel()
        for indexer in self.indexers.values():
            self.close_later(indexer.close())
        self.indexers.clear()
        await asyncio.gather(*self._tasks, *self._closing, return_exceptions=True)


def plain_data(value: Any) -> Any:
    """Return JSON data as dicts and lists; of objects that pygls does not know it makes named tuples."""
    if hasattr(value, "_fields"):
        return {name: plain_data(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, list):
        return [plain_data(item) for item in value]
    return value


def folders(params: types.InitializeParams) -> list[Path]:
    """Return the workspace's folders on this machine."""
    named = list(params.workspace_folders or [])
    if not named and params.root_uri:
        named = [types.WorkspaceFolder(params.root_uri, "")]
    return [path for path in paths(named) if path.is_dir()]


def paths(named: Sequence[types.WorkspaceFolder]) -> list[Path]:
    """Return the paths of folders, whatever way the editor spells their URIs; others than of files are left out."""
    return [Path(path) for folder in named if (path := to_fs_path(folder.uri))]


def section(settings: Any) -> dict[str, Any]:
    """Return Fimble's part of an editor's settings; some editors send those of all servers to each."""
    inner = settings.get(SECTION) if isinstance(settings, dict) else None
    return inner if isinstance(inner, dict) else {}


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return settings with others over them, section by section."""
    sections = {
        name: {**below[name], **above[name]}
        for name in below.keys() & above.keys()
        if isinstance(below[name], dict) and isinstance(above[name], dict)
    }
    return {**below, **above, **sections}
