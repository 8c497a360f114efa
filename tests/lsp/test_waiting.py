"""Work that takes long, as an editor meets it that does not wait: with a model that writes what the test tells."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor
from fimble_server.lsp import create_server
from fimble_server.lsp.parameters import failure

CODE = "def area(radius):\n    return radius\n"
# The language server, with a model that reads its answer from a file, and never ends as long as there is none.
SERVER = """
import asyncio, pathlib, sys
from fimble_server.engine.client import LocalEngine
from fimble_server.engine.protocol import Generated

async def generate(self, request):
    answer = pathlib.Path(sys.argv[1])
    while not answer.exists():
        yield ""
        await asyncio.sleep(0.02)
    yield answer.read_text()
    yield Generated(request.id, "stop", 1, 0, 1, {})

LocalEngine.generate = generate
from fimble_server.lsp import create_server
create_server().start_io()
"""


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """The file with what the model writes."""
    return tmp_path / "answer.txt"


async def start(workspace: Path, answer: Path) -> Editor:
    command = (sys.executable, "-c", SERVER, str(answer))
    return await Editor.start(workspace, environment={"FIMBLE_HOME": str(answer.parent / "home")}, command=command)


@pytest.fixture
async def editor(workspace: Path, answer: Path) -> AsyncIterator[Editor]:
    async with await start(workspace, answer) as window:
        yield window


@pytest.fixture
def applied(editor: Editor) -> list[types.ApplyWorkspaceEditParams]:
    """What the editor was asked to apply."""
    received: list[types.ApplyWorkspaceEditParams] = []

    @editor.client.feature(types.WORKSPACE_APPLY_EDIT)  # type: ignore[untyped-decorator]
    def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        received.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    return received


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.02)


def bar(editor: Editor, title: str) -> types.ProgressToken | None:
    """Return the token of a progress bar that is shown."""
    for token, reports in editor.client.progress_reports.items():
        shown = [getattr(report, "kind", "") for report in reports]
        if shown and getattr(reports[0], "title", "") == title and shown[-1] != "end":
            return token
    return None


async def fix(editor: Editor, workspace: Path) -> Any:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, CODE)
    place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
    async with asyncio.timeout(10):
        return await editor.command("fimble.edit", {"textDocument": {"uri": uri}, "range": place, "command": "fix"})


async def test_an_edit_is_answered_at_once_and_applied_later(
    editor: Editor, workspace: Path, answer: Path, applied: list[types.ApplyWorkspaceEditParams]
) -> None:
    await fix(editor, workspace)
    await until(lambda: bar(editor, "Fimble: changing code"))
    assert not applied
    answer.write_text("def area(radius):\n    return 3 * radius**2\n```\n")
    await until(lambda: applied)
    assert applied[0].label == "Fimble: Fix"
    assert not bar(editor, "Fimble: changing code")


async def test_a_cancelled_edit_ends_and_applies_nothing(
    editor: Editor, workspace: Path, answer: Path, applied: list[types.ApplyWorkspaceEditParams]
) -> None:
    await fix(editor, workspace)
    await until(lambda: bar(editor, "Fimble: changing code"))
    token = bar(editor, "Fimble: changing code")
    assert token is not None
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await until(lambda: not bar(editor, "Fimble: changing code"))
    answer.write_text("def area(radius):\n    return 3 * radius**2\n```\n")
    await editor.command("fimble.status")
    assert not applied
    assert not [message for message in editor.client.messages if "Error" in message.message]


async def begin_commit_message(editor: Editor, workspace: Path) -> str:
    """Run the command for a commit message; returns the request's name as soon as the model is to write."""
    (workspace / "shop.py").write_text(CODE)
    subprocess.run(["git", "-C", str(workspace), "add", "shop.py"], check=True)
    parameters = types.ExecuteCommandParams(command="fimble.commitMessage", arguments=[{}])
    request = editor.begin(types.WORKSPACE_EXECUTE_COMMAND, parameters, "commit-1")
    request.add_done_callback(lambda done: done.cancelled() or done.exception())
    await until(lambda: bar(editor, "Fimble: commit message"))
    return "commit-1"


async def test_a_cancelled_command_ends_with_its_work(editor: Editor, workspace: Path) -> None:
    request = await begin_commit_message(editor, workspace)
    editor.client.cancel_request(types.CancelParams(id=request))
    await until(lambda: not bar(editor, "Fimble: commit message"))


async def test_a_server_ends_while_a_command_waits(workspace: Path, answer: Path) -> None:
    editor = await start(workspace, answer)
    await begin_commit_message(editor, workspace)
    async with asyncio.timeout(20):
        await editor.close()


async def test_nothing_is_kept_of_what_has_ended() -> None:
    protocol = create_server().protocol
    protocol._handle_notification(types.SET_TRACE, types.SetTraceParams(types.TraceValue.Off))
    for arguments in ([], [1, 2, 3]):
        parameters = types.ExecuteCommandParams(command="fimble.accept", arguments=arguments)
        protocol._handle_request("1", types.WORKSPACE_EXECUTE_COMMAND, parameters)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not protocol._request_futures


def test_a_refusal_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("pygls.protocol.json_rpc")
    for error in (failure("no folder is open"), ValueError("a fault")):
        try:
            raise error
        except (JsonRpcException, ValueError):
            logger.exception('Exception occurred for message "%s"', 1)
    refusal, fault = caplog.records
    assert (refusal.getMessage(), refusal.exc_info) == (
        'Exception occurred for message "1": no folder is open',
        None,
    )
    assert fault.exc_info


async def test_a_late_answer_is_no_error() -> None:
    server = create_server()
    asked = server.protocol.send_request(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams([]))
    asked.cancel()
    (identifier,) = server.protocol._request_futures
    server.protocol._handle_response(identifier, [])
    assert not server.protocol._request_futures
