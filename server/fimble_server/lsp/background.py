"""What is done behind the editor's back when a window opens: the model loaded, and what shows how far that is."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from uuid import uuid4

from lsprotocol import types

from fimble_indexer.files.secrets import redact
from fimble_indexer.syntax.languages import Language
from fimble_server.lsp.server import FimbleServer

_SUSPICIOUS = 'password = "correct horse battery staple"'
"""Enough like a secret for all detectors to be loaded."""
_POLL_SECONDS = 0.1
_WORTH_TELLING_SECONDS = 0.5
"""A shorter wait needs no progress bar."""


async def prepare(server: FimbleServer) -> None:
    """Load the model, and tell how long it takes; once for an engine, whatever other settings change meanwhile."""
    engine = server.window.engine
    if engine is server.prepared:
        return
    server.prepared = engine
    status = await engine.status()
    if status.state != "loading":
        return
    await asyncio.sleep(_WORTH_TELLING_SECONDS)
    progress = Progress(server, "Fimble: loading the model")
    try:
        while (await engine.status()).state == "loading":
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        progress.end()


async def warm_up(language: Language | None) -> None:
    """Load what the first suggestion in this language needs, while nobody waits for it."""

    def load() -> None:
        redact(_SUSPICIOUS)
        if language is not None:
            language.load_query()

    await asyncio.to_thread(load)


class Progress:
    """A progress bar in the editor, if it can show one; it can be used before the editor has made it."""

    def __init__(
        self, server: FimbleServer, title: str, on_cancel: Callable[[], object] | None = None, *, unit: str = "files"
    ) -> None:
        """Show the bar, with a way to cancel it if that does something; `unit` is what is counted."""
        self._unit = unit
        self._server = server
        self._token = str(uuid4())
        self._begin = types.WorkDoneProgressBegin(title, cancellable=on_cancel is not None, percentage=0)
        self._on_cancel = on_cancel
        self._is_shown = self._has_ended = False
        self._percentage = 0
        window = server.client_capabilities.window
        if window and window.work_done_progress:
            server.start_task(self._show())

    def report(self, done: int, total: int) -> None:
        """Move the bar."""
        percentage = 100 * done // max(total, 1)
        if self._is_shown and percentage != self._percentage:
            self._percentage = percentage
            self._server.work_done_progress.report(
                self._token, types.WorkDoneProgressReport(message=f"{done}/{total} {self._unit}", percentage=percentage)
            )

    def end(self) -> None:
        """Take the bar away."""
        self._has_ended = True
        self._server.work_done_progress.tokens.pop(self._token, None)
        if self._is_shown:
            self._is_shown = False
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())

    async def _show(self) -> None:
        bars = self._server.work_done_progress
        await bars.create_async(self._token)
        if self._has_ended:
            bars.tokens.pop(self._token, None)
            return
        self._is_shown = True
        bars.begin(self._token, self._begin)

        def finished(future: Future[object]) -> None:
            if future.cancelled() and self._on_cancel is not None:
                self._on_cancel()

        bars.tokens[self._token].add_done_callback(finished)
