"""What a server says about commands on code before any model is asked: it needs none for that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor

CODE = "def area(radius):\n    return radius\n"


@pytest.fixture
async def editor(workspace: Path, tmp_path: Path) -> AsyncIterator[Editor]:
    """An editor window where no model is installed."""
    async with await Editor.start(workspace, environment={"FIMBLE_HOME": str(tmp_path / "home")}) as window:
        yield window


async def test_a_light_bulb_shows_only_where_something_is_wrong(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, CODE)
    line = types.Range(types.Position(1, 0), types.Position(1, 0))
    context = types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Automatic)
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), line, context)
    )
    assert not actions


async def test_a_repository_has_commands_of_its_own(editor: Editor, workspace: Path) -> None:
    folder = workspace / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "shout.md").write_text("---\ntitle: Shout\n---\nWrite all names of {name} in capitals.\n")
    (folder / "broken.md").write_text("no settings\n")
    found = {item["name"]: item for item in await editor.ask("fimble/commands", {})}
    assert found["shout"]["fromRepository"]
    assert found["edit"]["needsInstruction"]
    assert not found["fix"]["fromRepository"]
    assert "broken" not in found
    assert any("broken.md" in message.message for message in editor.client.messages)
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, CODE)
    cursor = types.Range(types.Position(1, 0), types.Position(1, 0))
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), cursor, types.CodeActionContext([]))
    )
    assert actions is not None
    assert "Fimble: Shout (of this repository)" in [action.title for action in actions]


async def test_a_workspace_that_is_not_trusted_has_none(workspace: Path, tmp_path: Path) -> None:
    folder = workspace / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "fix.md").write_text("---\ntitle: Trap\n---\nWrite all names of {name} in capitals.\n")
    (folder / "shout.md").write_text("---\ntitle: Shout\n---\nWrite all names of {name} in capitals.\n")
    environment = {"FIMBLE_HOME": str(tmp_path / "home")}
    async with await Editor.start(workspace, settings={"trusted": False}, environment=environment) as editor:
        found = {item["name"]: item for item in await editor.ask("fimble/commands", {})}
        assert "shout" not in found
        assert found["fix"]["title"] != "Trap"
        uri = (workspace / "circle.py").as_uri()
        editor.open(uri, CODE)
        place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
        wish = {"textDocument": {"uri": uri}, "range": place, "command": "shout"}
        assert "no command 'shout'" in (await editor.ask("fimble/edit", wish))["notice"]


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"command": "fly"}, "no command 'fly'"),
        ({"command": "edit"}, "needs an instruction"),
        ({"range": {"start": {"line": 900, "character": 0}, "end": {"line": 901, "character": 0}}}, "no line 901"),
        ({"range": 3}, "cannot be read"),
        ({"textDocument": {"uri": "untitled:Untitled-1"}}, "is not open"),
    ],
)
async def test_what_cannot_be_done_is_said(editor: Editor, workspace: Path, wish: dict[str, Any], reason: str) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, CODE)
    place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
    base = {"textDocument": {"uri": uri}, "range": place, "command": "fix"}
    answer = await editor.ask("fimble/edit", {**base, **wish})
    assert answer["edit"] is None
    assert reason in answer["notice"]


async def test_a_command_that_cannot_be_read_is_refused(editor: Editor) -> None:
    with pytest.raises(JsonRpcException, match="cannot be read") as told:
        await editor.command("fimble.edit", {"range": 3})
    assert told.value.code == types.LSPErrorCodes.RequestFailed


async def test_without_a_model_the_command_that_gets_it_is_said(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, CODE)
    place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
    answer = await editor.ask("fimble/edit", {"textDocument": {"uri": uri}, "range": place, "command": "fix"})
    assert answer["edit"] is None
    assert "fimble models pull" in answer["notice"]
