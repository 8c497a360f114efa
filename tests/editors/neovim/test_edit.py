"""Commands on code: asked for, watched, previewed, accepted, rejected, asked for again."""

from pathlib import Path
from typing import Any

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for

EDIT = "fimble/edit"
CODE = "first = 1\n\n\ndef add(first, second):\n    return first - second\n"
COMMANDS = [
    {"name": "doc", "title": "Document", "needsInstruction": False},
    {"name": "edit", "title": "Change as told", "needsInstruction": True},
    {"name": "fix", "title": "Fix", "needsInstruction": False, "fromRepository": True},
]
DIFF = "--- a/code.py\n+++ b/code.py\n@@ -5 +5 @@\n-    return first - second\n+    return first + second"


@pytest.fixture
def code(window: Window, tmp_path: Path) -> Window:
    """Neovim with a function whose server knows some commands; the cursor is in the function."""
    window.lua("fake.results['fimble/commands'] = ...", COMMANDS)
    (tmp_path / "code.py").write_text(CODE, encoding="utf-8")
    window.nvim.command("edit")
    window.nvim.command("normal! G")
    return window


def answer(window: Window, **changes: Any) -> dict[str, Any]:
    """Return the server's answer: the operator in the function's last line is another one."""
    asked = window.asked(EDIT)
    version = window.lua("return vim.lsp.util.buf_versions[vim.uri_to_bufnr(...)]", asked["textDocument"]["uri"])
    document = {"uri": asked["textDocument"]["uri"], "version": version}
    place = {"start": {"line": 4, "character": 17}, "end": {"line": 4, "character": 18}}
    edits = [{"range": place, "newText": "+"}]
    edit = {"documentChanges": [{"textDocument": document, "edits": edits}]}
    return {"title": "Fix", "edit": edit, "diff": DIFF, "problems": [], "answer": "", "notice": "", **changes}


def test_it_is_watched_previewed_accepted_and_undone_in_one_step(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    asked = code.asked(EDIT)
    assert asked["command"] == "fix"
    assert asked["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 0}}
    code.write(EDIT, "def add(first, sec")
    code.write(EDIT, "ond):\n    return")
    assert code.float() == ["def add(first, second):", "    return"]
    code.reply(EDIT, answer(code))
    assert code.float() == DIFF.split("\n")
    code.lua("vim.api.nvim_echo = function(chunks) said = chunks[1][1] end")
    code.type("<CR>")
    assert code.text == CODE.replace(" - ", " + ").rstrip("\n")
    code.type("u")
    assert code.text == CODE.rstrip("\n")
    assert code.lua("return said").endswith("code.py; undo takes it back.")


def test_the_range_is_what_is_asked_about(code: Window) -> None:
    code.nvim.command("4,5Fimble edit doc")
    assert code.asked(EDIT)["range"] == {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}}


def test_from_insert_mode_the_keys_of_the_window_work(code: Window) -> None:
    code.type("A<Cmd>Fimble edit fix<CR>")
    code.reply(EDIT, answer(code))
    code.type("<CR>")
    assert code.text == CODE.replace(" - ", " + ").rstrip("\n")


def test_words_that_are_no_command_are_an_instruction(code: Window) -> None:
    code.nvim.command("Fimble edit add the numbers")
    asked = code.asked(EDIT)
    assert (asked["command"], asked["instruction"]) == ("edit", "add the numbers")


def test_words_behind_a_command_are_its_instruction(code: Window) -> None:
    code.nvim.command("Fimble edit doc in one line")
    asked = code.asked(EDIT)
    assert (asked["command"], asked["instruction"]) == ("doc", "in one line")


def test_an_instruction_that_is_needed_is_asked_for(code: Window) -> None:
    code.lua("vim.ui.input = function(options, done) asked_user = options.prompt; done('use sum') end")
    code.nvim.command("Fimble edit edit")
    assert code.asked(EDIT)["instruction"] == "use sum"
    assert code.lua("return asked_user") == "Change as told: "


def test_without_a_name_the_user_chooses(code: Window) -> None:
    choose = "function(items, options, done) titles = vim.tbl_map(options.format_item, items); done(items[1]) end"
    code.lua(f"vim.ui.select = {choose}")
    code.nvim.command("Fimble edit")
    assert code.asked(EDIT)["command"] == "doc"
    assert code.lua("return titles") == ["Document", "Change as told", "Fix (a command of this repository)"]


def test_commands_are_completed_as_the_server_has_them(code: Window) -> None:
    assert code.nvim.funcs.getcompletion("Fimble edit ", "cmdline") == ["doc", "edit", "fix"]
    assert code.nvim.funcs.getcompletion("4,5Fimble edit f", "cmdline") == ["fix"]


@pytest.mark.parametrize("key", ["q", "<Esc>", "<C-c>"])
def test_rejected_nothing_changes(code: Window, key: str) -> None:
    code.nvim.command("Fimble edit fix")
    code.reply(EDIT, answer(code))
    code.type(key)
    assert code.text == CODE.rstrip("\n")
    assert not code.nvim.current.buffer.options["modified"]


@pytest.mark.parametrize("key", ["q", "<Cmd>quit<CR>"])
def test_closed_while_it_is_written_the_request_is_cancelled(code: Window, key: str) -> None:
    code.nvim.command("Fimble edit fix")
    code.asked(EDIT)
    code.type(key)
    assert not code.requests(EDIT)
    code.lua("fake.write('fimble/edit', 'late'); fake.reply('fimble/edit', {})")
    assert code.text == CODE.rstrip("\n")


def test_again_it_is_asked_about_the_lines_where_they_are_now(code: Window) -> None:
    code.nvim.command("4,5Fimble edit fix")
    code.reply(EDIT, answer(code))
    code.lua("vim.api.nvim_buf_set_lines(vim.fn.bufnr('#'), 0, 0, false, { 'import os' })")
    code.type("r")
    assert code.asked(EDIT)["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 6, "character": 0}}
    assert code.float() == [""]
    code.type("<CR>")
    assert code.float() == [""], "what was proposed before cannot be accepted any more"


def test_what_was_changed_meanwhile_is_not_overwritten(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    code.reply(EDIT, answer(code))
    buffer = code.lua("return vim.fn.bufnr('code.py')")
    code.lua("vim.api.nvim_buf_set_lines(..., 0, 1, false, { 'first = 2' })", buffer)
    code.type("<CR>")
    assert "changed meanwhile" in code.messages()
    assert code.float() == DIFF.split("\n")
    code.type("q")
    assert code.text == CODE.replace("first = 1", "first = 2").rstrip("\n")


def test_problems_are_said_first(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    code.reply(EDIT, answer(code, problems=["the code does not parse any more"]))
    assert code.float() == ["Problem: the code does not parse any more", "", *DIFF.split("\n")]


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"notice": "there is nothing to fix"}, ["there is nothing to fix"]),
        ({"answer": "It subtracts.\n\nNot more."}, ["It subtracts.", "", "Not more."]),
        ({"remarks": [{"line": 4, "message": "the sign"}]}, ["Line 5: the sign"]),
    ],
)
def test_words_are_shown_as_words(code: Window, result: dict[str, Any], lines: list[str]) -> None:
    code.nvim.command("Fimble edit fix")
    code.reply(EDIT, {"title": "Fix", **result})
    assert code.float() == lines
    code.type("<CR>")
    assert code.float() == lines


def test_a_failure_is_said_and_can_be_tried_again(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    code.fail(EDIT, "no model")
    assert code.float() == ["no model"]
    code.type("r")
    code.asked(EDIT)


def test_a_server_that_ends_is_said(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    code.asked(EDIT)
    code.lua("require('fimble.client').stop()")
    wait_for(lambda: code.float() == ["the server has ended"], "the sentence")


def test_again_after_that_the_next_server_is_asked(code: Window) -> None:
    code.nvim.command("Fimble edit fix")
    code.asked(EDIT)
    code.lua("fake.requests = {}; fake.exit(1, 0)")
    wait_for(lambda: code.float() == ["the server has ended"], "the sentence")
    wait_for(lambda: code.lua("return #vim.lsp.get_clients({ name = 'fimble' })") == 1, "the next server")
    code.type("r")
    code.asked(EDIT)


def test_a_new_file_is_made(code: Window, tmp_path: Path) -> None:
    code.nvim.command("Fimble edit fix")
    uri = (tmp_path / "test_code.py").as_uri()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    create = {"kind": "create", "uri": uri}
    change = {"textDocument": {"uri": uri}, "edits": [{"range": whole, "newText": "def test_add():\n    pass\n"}]}
    code.reply(EDIT, answer(code, edit={"documentChanges": [create, change]}))
    code.type("<CR>")
    code.nvim.command(f"edit {tmp_path / 'test_code.py'}")
    assert code.text.startswith("def test_add():\n    pass")


def test_a_code_action_is_previewed_too(code: Window) -> None:
    start, end = {"line": 3, "character": 0}, {"line": 4, "character": 5}
    document = {"uri": code.lua("return vim.uri_from_bufnr(0)")}
    wish = {"textDocument": document, "range": {"start": start, "end": end}, "command": "doc"}
    action = {"title": "Fimble: Document", "command": "fimble.edit", "arguments": [wish]}
    code.lua("require('fimble.client').get():exec_cmd(...)", action)
    assert code.asked(EDIT)["range"] == {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}}


def test_pieces_of_other_answers_and_other_progress_go_their_own_way(code: Window) -> None:
    code.lua("vim.api.nvim_create_autocmd('LspProgress', { callback = function() seen = (seen or 0) + 1 end })")
    for value in ({"text": "nobody asked"}, {"kind": "begin", "title": "indexing"}):
        code.lua("fake.dispatchers.notification('$/progress', ...)", {"token": "theirs", "value": value})
    wait_for(lambda: code.lua("return seen") == 1, "the progress")
    assert code.lua("return require('fimble').status()") == "Fimble: indexing 0%"
