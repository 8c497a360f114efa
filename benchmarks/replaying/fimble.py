"""Fimble in the replay: the real server over LSP, driven as Neovim and VS Code drive it."""

import asyncio
import os
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import psutil
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor
from editor import Request as EditorRequest
from fimble_server.directories import data_directory
from fimble_server.engine.process import running_status, stop_engine
from replaying.processes import until_quiet
from replaying.screen import Screen, Suggestion
from replaying.user import Buffer, Request

_DETAILS = ("line_log_probability", "prompt", "extent", "filters", "timings_ms")


class Fimble:
    """One editor window with its own language server, and an engine that no other window uses."""

    name = "fimble"

    def __init__(self, editor: Editor, root: Path, home: "_Home") -> None:
        """Use a running editor; use `Fimble.start`."""
        self.requests: list[Request] = []
        self._editor = editor
        self._root = root
        self._home = home
        self._engine = 0
        self._uri = ""
        self._buffer = Buffer("", "", "", 0)
        self._screen = Screen()
        self._pending: EditorRequest | None = None
        self._item: types.InlineCompletionItem | None = None
        """What the newest answer suggests."""
        self._running: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(cls, root: Path, settings: Mapping[str, Any]) -> Self:
        """Start a server for a folder; it returns when the model is loaded and the folder is indexed."""
        home = _Home()
        editor = await Editor.start(root, settings=settings)
        assistant = cls(editor, root, home)
        try:
            await assistant._until_ready()
        except BaseException:
            await assistant.close()
            raise
        return assistant

    async def _until_ready(self) -> None:
        while (await self._editor.command("fimble.status"))["engine"]["state"] != "ready":
            await asyncio.sleep(0.1)
        status = await running_status()
        assert status is not None
        self._engine = status.process
        await until_quiet(self.processes)

    async def close(self) -> None:
        """End the server and its engine, and remove what they wrote."""
        try:
            await self._editor.close()
        finally:  # a server that is gone already must not leave its engine behind
            await stop_engine()
            self._home.remove()

    def processes(self) -> Sequence[int]:
        """Return the ids of the language server, its children, and the engine."""
        server = psutil.Process(self._editor.process)
        return (server.pid, *(child.pid for child in server.children(recursive=True)), self._engine)

    async def decoded_tokens(self) -> int:
        """Return how many tokens went through the engine so far, for whatever."""
        status = await running_status()
        return status.decoded_tokens if status else 0

    async def arrive(self, buffer: Buffer, screen: Screen) -> None:
        """Open a file; entering insert mode asks for a suggestion, as in Neovim."""
        self._buffer, self._screen = buffer, screen
        self._uri = (self._root / buffer.path).as_uri()
        self._editor.open(self._uri, buffer.text, buffer.language)
        self._ask(cold=True)

    def edited(self, start: int, end: int, text: str) -> None:
        """Send the change, give the request before up, and ask anew."""
        self._editor.edit(self._uri, start, end, text)
        self._give_up()
        self._ask(cold=False)

    def accepted(self) -> None:
        """Run the command of the suggestion that was taken."""
        if self._item is not None and self._item.command is not None:
            command = self._item.command
            self._run(self._editor.command(command.command, *(command.arguments or ())))

    async def settle(self) -> None:
        """Wait for the answer to the newest request."""
        await asyncio.gather(*self._running)

    async def leave(self) -> None:
        """Save the file and close it."""
        self._give_up()
        await self.settle()
        self._editor.save(self._uri)
        self._editor.leave(self._uri)

    def _give_up(self) -> None:
        if self._pending is not None:
            self._editor.cancel(self._pending)
            self._pending = None

    def _ask(self, *, cold: bool) -> None:
        self._pending = self._editor.request(self._uri, self._buffer.cursor)
        self._run(self._show(self._pending, self._screen, cold=cold))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _show(self, request: EditorRequest, screen: Screen, *, cold: bool) -> None:
        started = perf_counter()
        try:
            items = await request.items()
        except JsonRpcException:
            items = []  # cancelled in time
        milliseconds = 1000 * (perf_counter() - started)
        if request is not self._pending:
            self.requests.append(Request(None, cold, "superseded"))
            return
        self._pending = None
        self._item = items[0] if items else None
        screen.show(_suggestion(items[0]) if items else None)
        why = await self._editor.explanation()
        self.requests.append(
            Request(
                milliseconds,
                cold,
                why["origin"],
                why["evaluated_tokens"],
                why["cached_tokens"],
                why["generated_tokens"],
                _first_token(why["timings_ms"]),
                {name: why[name] for name in _DETAILS},
            )
        )


def _first_token(timings: Mapping[str, float]) -> float | None:
    """Return the time until the first token, from the times that the stages of an answer took."""
    if "decode" not in timings:
        return None
    return timings["total"] - timings["decode"] - timings["filter"]


class _Home:
    """A folder of its own for indexes, socket and log, as long as the server runs; the models are those of the user."""

    def __init__(self) -> None:
        self._former = os.environ.get("FIMBLE_HOME")
        self._folder = tempfile.TemporaryDirectory(prefix="fimble-replay-", ignore_cleanup_errors=True)
        (Path(self._folder.name) / "data").symlink_to(data_directory())
        os.environ["FIMBLE_HOME"] = self._folder.name  # for the server's processes, and to find its engine

    def remove(self) -> None:
        del os.environ["FIMBLE_HOME"]
        if self._former is not None:
            os.environ["FIMBLE_HOME"] = self._former
        self._folder.cleanup()


def _suggestion(item: types.InlineCompletionItem) -> Suggestion:
    """Take an item as editors do: from the cursor to the end of its range, which is on the cursor's line."""
    replaced = item.range.end.character - item.range.start.character if item.range else 0
    return Suggestion(str(item.insert_text), replaced)
