"""The server's life: start, settings, commands, folders, a missing model."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from editor import Editor
from samples import ADD


@pytest.fixture
def empty_home(tmp_path: Path) -> dict[str, str]:
    """An environment of a user who has no model."""
    return {"FIMBLE_HOME": str(tmp_path / "home")}


async def test_a_missing_model_is_a_message_with_the_command(workspace: Path, empty_home: dict[str, str]) -> None:
    async with await Editor.start(workspace, environment=empty_home) as editor:
        uri = (workspace / "sums.py").as_uri()
        editor.open(uri, ADD)
        assert await editor.complete(uri, len(ADD)) == []
        assert await editor.complete(uri, len(ADD)) == []
        messages = [message.message for message in editor.client.messages]
        assert [message for message in messages if "fimble models pull qwen2.5-coder-0.5b" in message] == messages
        assert len(messages) == 1, "said once, not at every keystroke"


async def test_status_without_a_model_says_so(workspace: Path, empty_home: dict[str, str]) -> None:
    async with await Editor.start(workspace, environment=empty_home) as editor:
        status = await editor.command("fimble.status")
    assert "fimble models pull" in status["model"]["error"]
    assert status["engine"] == {"state": "stopped"}
    assert status["settings"]["completion"]["enabled"] is True


@pytest.mark.model
async def test_counts_what_was_accepted(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    items = await editor.complete(uri, len(ADD))
    command = items[0].command
    assert command is not None
    await editor.command(command.command, *(command.arguments or []))
    status = await editor.command("fimble.status")
    assert status["accepted"] == 1
    assert status["engine"]["state"] == "ready"
    assert status["indexes"][0]["root"] == str(workspace)


@pytest.mark.model
async def test_settings_take_effect_while_it_runs(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    assert await editor.complete(uri, len(ADD))
    await change_settings(editor, {"completion": {"disabled_languages": ["python"]}})
    assert await editor.complete(uri, len(ADD)) == []
    assert await editor.complete(uri, len(ADD), explicit=True), "an explicit request is answered all the same"
    await change_settings(editor, {"completion": {"disabled_languages": []}})
    assert await editor.complete(uri, len(ADD))


@pytest.mark.model
async def test_the_language_of_a_header_is_the_one_that_the_editor_says(model: Path, workspace: Path) -> None:
    settings = {"completion": {"disabled_languages": ["cpp"]}}
    async with await Editor.start(workspace, settings=settings) as editor:
        for name, language, is_off in [("a.h", "cpp", True), ("b.h", "c", False), ("c.hpp", "c", True)]:
            uri = (workspace / name).as_uri()
            editor.open(uri, "int add(int a, int b) { return ", language)
            await editor.complete(uri, len("int add(int a, int b) { return "))
            assert ((await editor.explanation())["origin"] == "switched off") is is_off, name


@pytest.mark.model
async def test_a_language_has_one_name_whatever_the_editor_calls_it(model: Path, workspace: Path) -> None:
    settings = {"completion": {"disabled_languages": ["bash"]}}
    async with await Editor.start(workspace, settings=settings) as editor:
        names = (await editor.command("fimble.status"))["languages"]
        assert (names["sh"], names["shellscript"], names["typescriptreact"]) == ("bash", "bash", "tsx")
        for language in ("sh", "shellscript"):
            uri = f"untitled:{language}"
            editor.open(uri, "echo ", language)
            await editor.complete(uri, len("echo "))
            assert (await editor.explanation())["origin"] == "switched off", language


@pytest.mark.model
async def test_a_wrong_setting_is_told_and_costs_only_itself(model: Path, workspace: Path) -> None:
    settings = {"completion": {"block_lines": "many", "candidates": 2}, "modle": "x"}
    async with await Editor.start(workspace, settings=settings) as editor:
        uri = (workspace / "sums.py").as_uri()
        editor.open(uri, ADD)
        assert await editor.complete(uri, len(ADD))
        messages = [message.message for message in editor.client.messages]
    assert any("completion.block_lines" in message for message in messages)
    assert any("no setting modle" in message for message in messages)


@pytest.mark.model
async def test_an_editor_without_inline_completion_gets_a_completion_item(model: Path, workspace: Path) -> None:
    async with await Editor.start(workspace, inline=False) as editor:
        uri = (workspace / "sums.py").as_uri()
        text = ADD + "fir"
        editor.open(uri, text)
        answer = await completion(editor, uri, len(text))
        assert answer.is_incomplete
        (item,) = answer.items
        assert isinstance(item.text_edit, types.TextEdit)
        assert item.text_edit.new_text == "first - second"
        assert item.filter_text == "first - second"
        assert item.text_edit.range.start == editor.position(uri, len(ADD))


@pytest.mark.model
async def test_an_editor_with_inline_completion_gets_no_item_twice(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    assert not (await completion(editor, uri, len(ADD))).items


@pytest.mark.model
async def test_a_file_outside_every_folder_is_completed_without_context(editor: Editor, tmp_path: Path) -> None:
    uri = (tmp_path / "elsewhere.py").as_uri()
    editor.open(uri, ADD)
    assert [item.insert_text for item in await editor.complete(uri, len(ADD))] == ["first - second"]


@pytest.mark.model
async def test_an_unsaved_buffer_is_completed(editor: Editor) -> None:
    editor.open("untitled:Untitled-1", ADD)
    assert await editor.complete("untitled:Untitled-1", len(ADD), explicit=True)


async def test_a_document_that_is_not_open_gets_an_empty_answer(workspace: Path) -> None:
    async with await Editor.start(workspace) as editor:
        uri = (workspace / "closed.py").as_uri()
        editor.texts[uri] = ""
        assert await editor.complete(uri, 0) == []


async def completion(editor: Editor, uri: str, offset: int) -> types.CompletionList:
    """Ask for completion items."""
    answer = await editor.client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), editor.position(uri, offset))
    )
    assert isinstance(answer, types.CompletionList)
    return answer


async def change_settings(editor: Editor, settings: dict[str, Any]) -> None:
    """Tell the server new settings as an editor does, and wait until it has asked for them."""
    editor.client.set_configuration({"fimble": settings})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings={"fimble": settings}))
    await editor.command("fimble.status")
