"""Conversations: written, sent, streamed, cited, ended, kept, and their code put to use."""

from pathlib import Path
from typing import Any

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for

CHAT = "fimble/chat"
CODE = "def add(first, second):\n    return first + second\n"
BLOCK = "```python\ndef add(*numbers):\n    return sum(numbers)\n```"
CITATION = {"number": 1, "path": "code.py", "startLine": 1, "endLine": 2}
EXCERPT = {
    "number": 1,
    "path": "code.py",
    "startLine": 0,
    "endLine": 2,
    "source": "file",
    "tokens": 14,
    "uri": "file:///code.py",
}
DIFF = {"number": 2, "path": "diff", "startLine": 0, "endLine": 0, "source": "diff", "tokens": 9}


@pytest.fixture
def code(window: Window, tmp_path: Path) -> Window:
    """Neovim with a file of two lines."""
    (tmp_path / "code.py").write_text(CODE, encoding="utf-8")
    window.nvim.command("edit")
    window.nvim.command("set columns=160")
    return window


def answer(window: Window, message: str, **changes: Any) -> None:
    """Let the server answer."""
    citation = {**CITATION, "uri": window.asked(CHAT).get("textDocument", {}).get("uri", "")}
    facts = {"context": [EXCERPT, DIFF], "usedTokens": 120, "contextTokens": 8192, "citations": [citation]}
    window.reply(CHAT, {"message": message, **facts, **changes})


def ask(window: Window, message: str = "What does it do?") -> None:
    """Open the conversation and send a message."""
    window.nvim.command("Fimble chat")
    window.type(f"{message}<C-s>")


def test_a_message_is_written_sent_and_its_answer_streamed(code: Window) -> None:
    ask(code)
    asked = code.asked(CHAT)
    assert asked["message"] == "What does it do?"
    assert asked["textDocument"]["uri"].endswith("code.py")
    assert "range" not in asked
    code.write(CHAT, "It adds\n")
    code.write(CHAT, "numbers")
    assert code.text == "# You\n\nWhat does it do?\n\n# Fimble\n\nIt adds\nnumbers"
    assert code.mode == "n"
    answer(code, "It adds numbers [1].")
    assert code.text == (
        "# You\n\nWhat does it do?\n\n# Fimble\n\nIt adds numbers [1].\n\n- [1] code.py:2-2\n\n# You\n\n"
    )
    assert code.cursor[0] == len(code.text.split("\n"))
    code.type("iAnd more?<C-s>")
    assert code.asked(CHAT)["message"] == "And more?"
    assert code.asked(CHAT)["conversation"] == asked["conversation"]


def test_what_is_written_where_the_user_cleared_everything_is_sent(code: Window) -> None:
    code.nvim.command("Fimble chat")
    code.type("<Esc>ggdGiWhat does it do?<C-s>")
    assert code.asked(CHAT)["message"] == "What does it do?"


def test_words_behind_the_command_are_sent(code: Window) -> None:
    code.nvim.command("Fimble chat What does it do?")
    assert code.asked(CHAT)["message"] == "What does it do?"


def test_a_range_is_what_the_message_is_about(code: Window) -> None:
    code.nvim.command("1,2Fimble chat Explain")
    asked = code.asked(CHAT)
    assert asked["message"] == "@selection Explain"
    assert asked["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}


def test_a_question_about_the_repository_begins_a_conversation(code: Window) -> None:
    ask(code)
    answer(code, "It adds.")
    first = code.lua("return fake.newest('fimble/chat').params.conversation")
    code.nvim.command("Fimble ask who calls add?")
    asked = code.asked(CHAT)
    assert asked["message"] == "@repo who calls add?"
    assert asked["conversation"] != first
    assert "It adds" not in code.text


@pytest.mark.parametrize("key", ["<CR>", "gf"])
@pytest.mark.parametrize("place", ["in the text", "in the list"])
def test_a_citation_is_opened_beside_the_conversation(code: Window, key: str, place: str) -> None:
    ask(code)
    answer(code, "It adds numbers [1].")
    code.type("gg/\\[1\\]<CR>" + ("n" if place == "in the list" else ""))
    code.type(key)
    assert code.nvim.current.buffer.name.endswith("code.py")
    assert code.cursor[0] == 2
    assert len(code.nvim.current.tabpage.windows) == 2


def test_each_answer_has_its_own_numbers(code: Window) -> None:
    ask(code)
    answer(code, "Here [1].")
    code.type("iAnd?<C-s>")
    uri = code.asked(CHAT)["textDocument"]["uri"]
    answer(code, "There [1].", citations=[{**CITATION, "uri": uri, "startLine": 0}])
    code.type("G?There<CR>f1<CR>")
    assert code.cursor[0] == 1
    code.nvim.command("wincmd p")
    code.type("gg/Here<CR>f1<CR>")
    assert code.cursor[0] == 2


def test_the_answer_can_be_ended(code: Window) -> None:
    ask(code)
    code.asked(CHAT)
    code.write(CHAT, "It ad")
    code.type("<C-c>")
    assert not code.requests(CHAT)
    code.lua("fake.write('fimble/chat', 'late')")
    assert code.text.endswith("It ad\n\n(ended by you)\n\n# You\n\n")


def test_nothing_can_be_written_into_an_answer_that_is_being_written(code: Window) -> None:
    ask(code)
    code.asked(CHAT)
    assert not code.nvim.current.buffer.options["modifiable"]
    code.type("<C-s>")
    assert len(code.requests(CHAT)) == 1
    answer(code, "Done.")
    assert code.nvim.current.buffer.options["modifiable"]


def test_a_failure_gives_the_message_back(code: Window) -> None:
    ask(code, "see @file:missing.py")
    code.fail(CHAT, "there is no file 'missing.py'")
    assert "(there is no file 'missing.py')" in code.text
    assert code.text.endswith("# You\n\nsee @file:missing.py")
    assert "E5108" not in code.messages()


def test_what_the_model_is_shown_is_said_and_can_be_left_out(code: Window) -> None:
    ask(code)
    answer(code, "It adds.")
    assert code.nvim.current.window.options["winbar"] == " 120 of 8192 tokens  code.py:1-2  diff"
    choose = "function(items, options, done) shown = options.format_item(items[1]); done(items[1]) end"
    code.lua(f"vim.ui.select = {choose}")
    code.type("gC")
    assert code.lua("return shown") == "code.py:1-2 (file, 14 tokens)"
    code.type("iAgain<C-s>")
    assert code.asked(CHAT)["without"] == [{"path": "code.py", "startLine": 0, "endLine": 2}]


def test_code_is_copied_and_put_beside(code: Window) -> None:
    ask(code)
    answer(code, f"Use this:\n\n{BLOCK}\n\nIt takes more.")
    code.type("gg/sum<CR>gy")
    assert code.nvim.funcs.getreg('"') == "def add(*numbers):\n    return sum(numbers)\n"
    code.type("gp")
    assert (
        code.text == "def add(first, second):\ndef add(*numbers):\n    return sum(numbers)\n    return first + second"
    )


def test_code_is_applied_by_the_server_and_previewed(code: Window) -> None:
    ask(code)
    answer(code, f"Use this:\n\n{BLOCK}")
    code.type("gg/sum<CR>ga")
    asked = code.asked("fimble/applyCode")
    assert asked["code"] == "def add(*numbers):\n    return sum(numbers)\n"
    assert asked["position"] == {"line": 0, "character": 0}
    uri = asked["textDocument"]["uri"]
    place = {"start": {"line": 0, "character": 8}, "end": {"line": 0, "character": 21}}
    edit = {"documentChanges": [{"textDocument": {"uri": uri}, "edits": [{"range": place, "newText": "*numbers"}]}]}
    code.reply("fimble/applyCode", {"edit": edit, "diff": "@@ -1 +1 @@", "how": "instead of add"})
    assert code.float() == ["instead of add", "", "@@ -1 +1 @@"]
    code.type("<CR>")
    assert code.text.startswith("def add(*numbers):")


def test_outside_of_code_it_is_said(code: Window) -> None:
    ask(code)
    answer(code, f"Use this:\n\n{BLOCK}\n\nIt takes more.")
    code.type("gggy")
    assert "There is no block of code here." in code.messages()


def test_a_kept_conversation_goes_on(code: Window) -> None:
    listed = [{"id": "abc", "title": "What does it do?"}]
    messages = [
        {"role": "user", "content": "What does it do?", "citations": []},
        {"role": "assistant", "content": "It adds [1].", "citations": [{**CITATION, "uri": ""}]},
    ]
    code.lua("fake.results['fimble/conversations'] = ...", {"conversations": listed})
    code.lua("fake.results['fimble/conversation'] = ...", {"id": "abc", "messages": messages})
    code.lua("vim.ui.select = function(items, options, done) done(items[2]) end")
    code.nvim.command("Fimble conversations")
    wait_for(lambda: "It adds [1]." in code.text, "the conversation")
    assert code.text.startswith("# You\n\nWhat does it do?\n\n# Fimble\n\nIt adds [1].\n\n- [1] code.py:2-2\n\n# You")
    code.type("GiMore<C-s>")
    assert code.asked(CHAT)["conversation"] == "abc"


def test_a_kept_conversation_is_deleted(code: Window) -> None:
    code.lua("fake.results['fimble/conversations'] = ...", {"conversations": [{"id": "abc", "title": "Old"}]})
    code.lua("vim.ui.select = function(items, options, done) done(items[1]) end")
    code.nvim.command("Fimble conversations delete")
    assert code.asked("fimble/conversation")["delete"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("@di", ["@diagnostics", "@diff"]),
        ("see @file:co", ["@file:code.py"]),
        ("@folder:pa", ["@folder:parts/"]),
        ("@file:parts/", ["@file:parts/one.py"]),
        ("@symbol:a", []),
    ],
)
def test_mentions_are_completed(code: Window, tmp_path: Path, typed: str, offered: list[str]) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.py").touch()
    code.nvim.command("Fimble chat")
    code.nvim.command("set completeopt=menuone,noselect")
    code.type(f"{typed}<C-x><C-u>")
    assert [item["word"] for item in code.nvim.funcs.complete_info(["items"])["items"]] == offered


def test_opened_again_it_is_the_same_window(code: Window) -> None:
    ask(code)
    answer(code, "It adds.")
    code.nvim.command("wincmd p")
    code.nvim.command("Fimble chat")
    assert "It adds." in code.text
    assert len(code.nvim.current.tabpage.windows) == 2


def test_it_goes_on_with_a_server_that_was_started_again(code: Window) -> None:
    ask(code)
    answer(code, "It adds.")
    code.type("<Cmd>wincmd p<CR>")
    code.nvim.command("Fimble restart")
    running = "local server = require('fimble.client').get(); return server and server.id"
    wait_for(lambda: (code.lua(running) or 1) > 1, "the server")
    code.type("<Cmd>wincmd p<CR>iAnd?<C-s>")
    assert code.asked(CHAT)["message"] == "And?"


def test_where_no_server_runs_it_is_said(bare: Window) -> None:
    bare.setup_fake()
    bare.nvim.command("Fimble chat")
    assert "does not run for this buffer" in bare.messages()


def test_words_while_an_answer_is_written_are_not_lost_silently(code: Window) -> None:
    ask(code)
    code.asked(CHAT)
    code.nvim.command("Fimble chat another one")
    assert "still writing an answer" in code.messages()


def test_a_question_without_words_leaves_the_conversation_alone(code: Window) -> None:
    ask(code)
    answer(code, "It adds.")
    code.lua("vim.notify = function(text) said = text end")
    code.nvim.command("Fimble ask")
    assert code.lua("return said") == ":Fimble ask takes a question."
    assert "It adds." in code.text
    assert not code.requests(CHAT)


def test_undo_takes_back_what_the_user_typed_and_nothing_else(code: Window) -> None:
    ask(code, "hello")
    answer(code, "It adds.", citations=[])
    text = code.text
    code.type("u")
    assert code.text == text
    code.type("Gimore<Esc>")
    assert code.text == text + "more"
    code.type("uu")
    assert code.text == text


def test_deleted_while_an_answer_is_written_it_is_ended_and_begins_anew(code: Window) -> None:
    ask(code)
    code.asked(CHAT)
    code.nvim.command("bdelete")
    wait_for(lambda: not code.requests(CHAT), "the end of the answer")
    code.lua("fake.write('fimble/chat', 'late')")
    code.nvim.command("Fimble chat hello")
    assert code.asked(CHAT)["message"] == "hello"
    answer(code, "It adds.")
    code.type("iAnd?<C-s>")
    assert code.asked(CHAT)["message"] == "And?"
    assert "E5108" not in code.messages()
