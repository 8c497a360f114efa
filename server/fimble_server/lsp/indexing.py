"""The index of the open folders: what the editor tells of files, and what it shows of the indexing.

A buffer stands for its file as soon as nobody has typed in it for a moment. Nothing here is on the way of a completion.
"""

import asyncio
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_server.indexer import Indexer
from fimble_server.lsp.background import Progress
from fimble_server.lsp.server import FimbleServer

UPDATE = "fimble.updateIndex"
_SETTLE_SECONDS = 0.3
_FIRST_LOOK_SECONDS = 15.0
_ALL_FILES = types.FileOperationRegistrationOptions(
    [types.FileOperationFilter(types.FileOperationPattern(glob="**"), scheme="file")]
)


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.command(UPDATE)
    def update_index() -> None:
        """Look at all files; it goes on with an indexing that was cancelled."""
        for indexer in server.indexers.values():
            indexer.update()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        _look_at(server, *(change.uri for change in params.changes))

    @server.feature(types.WORKSPACE_DID_CREATE_FILES, _ALL_FILES)
    def did_create_files(params: types.CreateFilesParams) -> None:
        _look_at(server, *(file.uri for file in params.files))

    @server.feature(types.WORKSPACE_DID_DELETE_FILES, _ALL_FILES)
    def did_delete_files(params: types.DeleteFilesParams) -> None:
        _look_at(server, *(file.uri for file in params.files))

    @server.feature(types.WORKSPACE_DID_RENAME_FILES, _ALL_FILES)
    def did_rename_files(params: types.RenameFilesParams) -> None:
        _look_at(server, *(uri for file in params.files for uri in (file.old_uri, file.new_uri)))


def follow(server: FimbleServer) -> None:
    """Keep the indexes of the window's folders true, and of no others."""
    settings = server.window.settings.index
    wanted = server.window.roots if settings.enabled else []
    for root, indexer in list(server.indexers.items()):
        if root not in wanted or indexer.workers != settings.workers:
            del server.indexers[root]
            server.close_later(indexer.close())
    for root in wanted:
        if root not in server.indexers:
            server.indexers[root] = Indexer(root, _Display(server, root).show, workers=settings.workers)
            server.indexers[root].start()
    for uri in server.documents.uris():
        settle(server, uri)


async def first_look(server: FimbleServer, root: Path | None) -> bool:
    """Wait a while for the first look at a folder's files; False if its index may still lack some of them.

    This is for what is said of the repository as a whole. No completion waits for it.
    """
    await server.is_set_up.wait()
    indexer = server.indexers.get(root) if root else None
    return indexer is None or await indexer.first_look(_FIRST_LOOK_SECONDS)


def settle(server: FimbleServer, uri: str) -> None:
    """Let the text of an open document stand for its file as soon as no more is typed."""
    found = _indexer(server, uri)
    if found is not None:
        _forget(server, uri)
        server.settling[uri] = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, _settled, server, uri)
        found[0].typing()


def saved(server: FimbleServer, uri: str) -> None:
    """Have a file looked at that was written just now."""
    _forget(server, uri)
    if found := _indexer(server, uri):
        indexer, path = found
        indexer.saved(path)


def closed(server: FimbleServer, uri: str) -> None:
    """Let the disk count again for a document."""
    _forget(server, uri)
    if found := _indexer(server, uri):
        indexer, path = found
        indexer.closed(path)


def _settled(server: FimbleServer, uri: str) -> None:
    del server.settling[uri]
    document, found = server.documents.get(uri), _indexer(server, uri)
    if document is not None and found is not None:
        indexer, path = found
        indexer.edited(path, document.text)


def _forget(server: FimbleServer, uri: str) -> None:
    if timer := server.settling.pop(uri, None):
        timer.cancel()


def _look_at(server: FimbleServer, *uris: str) -> None:
    """Have files looked at that somebody has changed; what is open in the editor still stands for its file."""
    for uri in uris:
        if found := _indexer(server, uri):
            indexer, path = found
            indexer.changed(path)


def _indexer(server: FimbleServer, uri: str) -> tuple[Indexer, str] | None:
    """Return who indexes a file, and the file's path there."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is None:
        return None
    root, relative = server.window.locate(Path(path))
    return (server.indexers[root], relative) if root in server.indexers else None


class _Display:
    """What the user sees of one folder's indexing."""

    def __init__(self, server: FimbleServer, root: Path) -> None:
        self._server = server
        self._root = root
        self._progress: Progress | None = None

    def show(self, message: dict[str, Any]) -> None:
        """Show what the indexer says."""
        match message:
            case {"done": int(done), "total": int(total)}:
                if self._progress is None:
                    self._progress = Progress(self._server, f"Fimble: indexing {self._root.name}", self._cancel)
                self._progress.report(done, total)
            case {"updated": _, "paths": None, "complete": bool(is_complete)}:
                self._server.window.index_changed(self._root)
                if is_complete:
                    self._hide()
            case {"warning": str(sentence)}:
                self._server.tell(sentence, types.MessageType.Warning)
            case {"state": "ended"}:
                self._hide()

    def _hide(self) -> None:
        if self._progress is not None:
            self._progress.end()
            self._progress = None

    def _cancel(self) -> None:
        self._hide()
        if indexer := self._server.indexers.get(self._root):
            indexer.cancel()
        self._server.tell(
            f"Indexing {self._root.name} was cancelled. What is indexed is used; the command {UPDATE} goes on.",
            types.MessageType.Info,
        )
