"""What a server keeps when its settings or folders change."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from lsprotocol import types

from fakes import FakeEngine, status
from fimble_server.activity import Diagnostic
from fimble_server.config import CompletionSettings, EngineSettings, Settings
from fimble_server.lsp.background import prepare
from fimble_server.lsp.configuration import ask_for_settings
from fimble_server.lsp.server import FimbleServer


@dataclass
class Closing(FakeEngine):
    """Knows whether it was closed."""

    is_closed: bool = False

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def engine() -> Closing:
    return Closing()


@pytest.fixture
async def server(engine: Closing) -> FimbleServer:
    server = FimbleServer()
    server.window.engine = engine
    return server


async def test_what_is_being_answered_goes_on_when_other_settings_or_folders_change(
    server: FimbleServer, engine: Closing, tmp_path: Path
) -> None:
    server.start_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    assert server.use_window([tmp_path], Settings(completion=CompletionSettings(candidates=2)))
    await asyncio.sleep(0)
    assert server.window.engine is engine
    assert not engine.is_closed
    assert [task.cancelling() for task in server._tasks] == [0]
    await server.stop_tasks()


@pytest.mark.parametrize("settings", [Settings(model="other"), Settings(engine=EngineSettings(context_tokens=4096))])
async def test_a_model_that_is_replaced_ends_with_what_it_does(
    server: FimbleServer, engine: Closing, settings: Settings
) -> None:
    server.start_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    assert server.use_window([], settings)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert engine.is_closed
    assert not server._tasks


async def test_what_the_user_did_is_remembered(server: FimbleServer) -> None:
    server.window.recent.complained("a.py", [Diagnostic(0, 0, "wrong")])
    server.use_window([], Settings(model="other"))
    assert server.window.recent.at("a.py", 0).diagnostics == ("wrong",)


async def test_the_loading_of_a_model_is_shown_once(server: FimbleServer, engine: Closing, tmp_path: Path) -> None:
    engine.statuses = [status(), status()]
    await prepare(server)
    server.use_window([tmp_path], server.window.settings)
    await prepare(server)
    assert engine.status_calls == 1


async def test_settings_count_also_when_the_editor_is_slow(
    server: FimbleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fimble_server.lsp.configuration._ANSWER_SECONDS", 0.01)
    server.protocol.client_capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(configuration=True)
    )
    assert not await ask_for_settings(server)
    (identifier,) = server.protocol._request_futures
    server.protocol._handle_response(identifier, [{"completion": {"candidates": 2}}])
    async with asyncio.timeout(10):
        while server.window.settings.completion.candidates != 2:
            await asyncio.sleep(0.01)
    await server.stop_tasks()
