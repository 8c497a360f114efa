"""What the server adds to pygls's protocol, and what a window keeps when its settings change."""

import asyncio
import logging
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from fimble_server.config import EngineSettings, Settings
from fimble_server.lsp import configuration, create_server
from fimble_server.lsp.parameters import failure
from fimble_server.lsp.server import FimbleServer


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FimbleServer:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    server = create_server()
    server.protocol.client_capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(configuration=True)
    )
    return server


async def until(is_so: Any) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_what_has_ended_is_forgotten(server: FimbleServer) -> None:
    ended: list[Any] = []
    server.protocol._execute_handler("a", lambda: None, ended.append)

    async def task() -> None:
        return

    server.protocol._execute_handler("b", task, ended.append)
    server.protocol._execute_handler("c", lambda: (yield task, (), {}), ended.append)
    await until(lambda: len(ended) == 3)
    assert server.protocol._request_futures == {}


async def test_all_but_the_request_itself_are_cancelled_at_the_end(server: FimbleServer) -> None:
    protocol = server.protocol
    ended: dict[str, Any] = {}

    async def forever() -> None:
        await asyncio.Event().wait()

    async def last() -> None:
        protocol.cancel_requests()

    def command() -> Any:
        yield forever, (), {}

    protocol._execute_handler("task", forever, lambda future: ended.update(task=future))
    protocol._execute_handler("command", command, lambda future: ended.update(command=future))
    protocol._execute_handler("last", last, lambda future: ended.update(last=future))
    await until(lambda: len(ended) == 3)
    assert {name: future.cancelled() for name, future in ended.items()} == {
        "task": True,
        "command": True,
        "last": False,
    }


async def test_an_answer_that_nobody_waits_for_is_dropped(server: FimbleServer) -> None:
    future = server.protocol._request_futures["late"] = Future()
    future.cancel()
    server.protocol._handle_response("late", [None])
    assert server.protocol._request_futures == {}


async def test_settings_that_come_late_count(server: FimbleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    async def ask(_params: Any) -> list[Any]:
        return await answer

    monkeypatch.setattr(server, "workspace_configuration_async", ask)
    monkeypatch.setattr(configuration, "_ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(configuration, "follow", lambda _server: None)
    assert not await configuration.ask_for_settings(server)
    assert server.window.settings.completion.enabled
    answer.set_result([{"completion": {"enabled": False}}])
    await until(lambda: not server.window.settings.completion.enabled)
    await server.stop_tasks()


async def test_what_is_being_answered_goes_on_when_other_settings_change(server: FimbleServer) -> None:
    before = server.window
    off = before.settings.completion.model_copy(update={"enabled": False})
    assert server.use_window([], before.settings.model_copy(update={"completion": off}))
    assert server.window is not before
    assert (server.window.engine, server.window.recent) == (before.engine, before.recent)
    assert server.use_window([], Settings(engine=EngineSettings(threads=3)))
    assert server.window.engine is not before.engine
    assert server.window.recent is before.recent
    await server.stop_tasks()
    assert before.engine._closed


def test_a_refusal_is_logged_in_a_line(server: FimbleServer, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("pygls.protocol.json_rpc")
    for error in (failure("nothing is staged"), ValueError("a fault")):
        log.error("Exception occurred for message %s", 1, exc_info=error)
    refusal, fault = caplog.records
    assert (refusal.getMessage(), refusal.exc_info) == ("a request was refused: nothing is staged", None)
    assert fault.exc_info is not None
