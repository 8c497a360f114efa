"""What is done behind the editor's back when a window opens: the index brought up to date, the model loaded."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from lsprotocol import types

from fimble_indexer.languages import Language
from fimble_indexer.secrets import redact
from fimble_server.index import update_index
from fimble_server.lsp.server import FimbleServer

_SUSPICIOUS = 'password = "correct horse battery staple"'
"""Enough like a secret for all detectors to be loaded."""
_POLL_SECONDS = 0.1
_WORTH_TELLING_SECONDS = 0.5
"""A shorter wait needs no progress bar."""


async def prepare(server: FimbleServer) -> None:
    """Load the model and index the folders, one after the other: two cores are not for both at once."""
    window = server.window
    server.start_task(_load_model(server))
    if window.settings.index.enabled:
        for root in window.roots:
            await index(server, root)


async def warm_up(language: Language | None) -> None:
    """Load what the first suggestion in this language needs, while nobody waits for it."""

    def load() -> None:
        redact(_SUSPICIOUS)
        if language is not None:
            language.load_query()

    await asyncio.to_thread(load)


async def index(server: FimbleServer, root: Path, paths: Sequence[str] = ()) -> None:
    """Bring a folder's index up to date, or only the given files of it."""
    if paths:
        await update_index(root, paths)
    else:
        async with Progress(server, f"Fimble: indexing {root.name}") as progress:
            await update_index(root, on_progress=progress.report)
    server.window.index_changed(root)


async def index_saved(server: FimbleServer, root: Path, path: str) -> None:
    """Index a file that was saved; what is saved while the indexer runs waits for the next run, all at once."""
    if root in server.saved:
        server.saved[root].add(path)
        return
    server.saved[root] = {path}
    try:
        while batch := server.saved[root]:
            server.saved[root] = set()
            await index(server, root, sorted(batch))
    finally:
        del server.saved[root]


async def _load_model(server: FimbleServer) -> None:
    engine = server.window.engine
    status = await engine.status()
    if status.state != "loading":
        return
    await asyncio.sleep(_WORTH_TELLING_SECONDS)
    async with Progress(server, "Fimble: loading the model"):
        while (await engine.status()).state == "loading":
            await asyncio.sleep(_POLL_SECONDS)


class Progress:
    """A progress bar in the editor, if it can show one."""

    def __init__(self, server: FimbleServer, title: str) -> None:
        """Prepare the bar; it shows inside of `async with`."""
        self._server = server
        self._title = title
        self._token = str(uuid4())
        window = server.client_capabilities.window
        self._shown = bool(window and window.work_done_progress)
        self._percentage = -1

    async def __aenter__(self) -> Self:
        """Show the bar."""
        if self._shown:
            await self._server.work_done_progress.create_async(self._token)
            self._server.work_done_progress.begin(
                self._token, types.WorkDoneProgressBegin(self._title, cancellable=False, percentage=0)
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._shown:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())

    def report(self, done: int, total: int) -> None:
        """Move the bar."""
        percentage = 100 * done // max(total, 1)
        if self._shown and percentage != self._percentage:
            self._percentage = percentage
            self._server.work_done_progress.report(
                self._token, types.WorkDoneProgressReport(message=f"{done}/{total} files", percentage=percentage)
            )
