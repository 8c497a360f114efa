"""When a suggestion is asked for, shown, kept, and dropped."""

from pathlib import Path

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for


def test_typing_asks_and_the_answer_appears(window: Window) -> None:
    window.type("ire")
    asked = window.asked()
    assert asked["position"] == {"line": 0, "character": 2}
    assert asked["context"] == {"triggerKind": 2}
    window.suggest("turn value")
    assert window.ghost() == "turn value"
    assert window.text == "re"


def test_the_capability_is_announced(window: Window) -> None:
    announced = window.lua("return fake.initialized_with")
    assert announced["capabilities"]["textDocument"]["inlineCompletion"] == {"dynamicRegistration": False}


def test_the_server_has_the_text_that_it_is_asked_about(window: Window) -> None:
    window.type("iab")
    window.asked()
    methods = [one["method"] for one in window.lua("return fake.plain(fake.notifications)")]
    changes = window.notifications("textDocument/didChange")
    assert "textDocument/didOpen" in methods
    assert "".join(change["text"] for one in changes for change in one["contentChanges"]) == "ab"


def test_only_the_newest_request_is_open_and_the_others_are_cancelled(window: Window) -> None:
    for key in ("ia", "b", "c"):
        window.type(key)
        window.asked()
    (request,) = window.requests()
    assert request["position"]["character"] == 3
    assert len(window.notifications("$/cancelRequest")) == 2


def test_one_key_asks_once(window: Window) -> None:
    window.type("i")
    window.asked()
    window.type("a")
    asked = [one for one in window.lua("return fake.plain(fake.requests)") if "inline" in one["method"]]
    assert [one["params"]["position"]["character"] for one in asked] == [0, 1]


def test_an_answer_for_an_older_text_is_dropped(window: Window) -> None:
    window.type("ia")
    window.asked()
    window.lua("old = fake.open_requests('textDocument/inlineCompletion')[1]")
    window.type("b")
    window.lua("fake.answer({ { text = 'stale' } }, old)")
    assert window.ghost() == ""
    window.suggest("fresh")
    assert window.ghost() == "fresh"


def test_an_answer_after_leaving_insert_mode_is_dropped(window: Window) -> None:
    window.type("ia")
    window.asked()
    window.type("<Esc>")
    window.lua("fake.answer({ { text = 'late' } })")
    assert window.ghost() == ""


def test_an_answer_is_dropped_if_a_script_changed_the_text_meanwhile(window: Window) -> None:
    window.type("ia")
    window.asked()
    window.lua("vim.api.nvim_buf_set_lines(0, 1, 1, false, { 'by a script' }); fake.answer({ { text = 'late' } })")
    assert window.ghost() == ""


def test_a_failure_shows_nothing(window: Window) -> None:
    window.type("ia")
    window.asked()
    window.lua("fake.requests[#fake.requests].answer({ code = -32603, message = 'broken' }, nil)")
    assert window.ghost() == ""
    assert "broken" not in window.messages()


def test_leaving_insert_mode_takes_the_suggestion_away(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.type("<Esc>")
    assert window.ghost() == ""


def test_typing_along_shrinks_the_suggestion_and_asks_nobody(window: Window) -> None:
    window.type("ir")
    window.suggest("eturn\n    value")
    sent = len(window.lua("return fake.plain(fake.requests)"))
    for key, left in (("e", "turn\n    value"), ("t", "urn\n    value")):
        window.type(key)
        assert window.ghost() == left
    assert len(window.lua("return fake.plain(fake.requests)")) == sent


def test_typing_along_never_leaves_the_screen_without_it(window: Window) -> None:
    """Whenever the screen may be drawn, the suggestion is there."""
    window.type("ir")
    window.suggest("eturn")
    window.lua(
        """
        seen = {}
        vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace("watch"), {
          on_win = function()
            local namespace = vim.api.nvim_get_namespaces()["fimble.ghost"]
            table.insert(seen, #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {}))
            return false
          end,
        })
        """
    )
    window.nvim.ui_attach(80, 24, rgb=True)
    window.type("etu")
    window.nvim.command("redraw")
    assert set(window.lua("return seen")) == {1}


def test_typing_something_else_takes_it_away_and_asks_anew(window: Window) -> None:
    window.type("ir")
    window.suggest("eturn")
    window.type("x")
    assert window.ghost() == ""
    assert window.asked()["position"]["character"] == 2


def test_typed_to_its_end_it_is_gone_and_the_server_is_asked(window: Window) -> None:
    window.type("ir")
    window.suggest("et")
    window.type("et")
    assert window.ghost() == ""
    assert window.asked()["position"]["character"] == 3


def test_moving_the_cursor_takes_it_away(window: Window) -> None:
    window.type("iab<Left>")
    window.suggest("x")
    window.type("<Left>")
    assert window.ghost() == ""
    assert window.asked()["position"]["character"] == 0


def test_dismissed_it_stays_away_until_the_text_changes(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.type("<M-d>")
    assert window.ghost() == ""
    for key in ("<Left>", "<Right>"):
        window.type(key)
        assert not window.requests()
    assert window.mode == "i"
    window.type("t")
    window.suggest("urn")
    assert window.ghost() == "urn"


def test_next_asks_for_several_and_goes_round(window: Window) -> None:
    window.type("ir")
    window.suggest("one")
    window.type("<M-n>")
    assert window.asked()["context"] == {"triggerKind": 1}
    assert window.ghost() == "one"
    window.suggest("one", "two", "three")
    shown = [window.ghost()]
    for _ in range(3):
        window.type("<M-n>")
        shown.append(window.ghost())
    assert shown == ["two (2/3)", "three (3/3)", "one (1/3)", "two (2/3)"]


def test_asked_for_several_the_answer_to_the_request_before_is_dropped(window: Window) -> None:
    window.type("ir")
    window.asked()
    window.lua("old = fake.open_requests('textDocument/inlineCompletion')[1]")
    window.type("<M-n>")
    window.lua("fake.answer({ { text = 'one' } }, old)")
    assert window.ghost() == ""
    window.suggest("one", "two")
    assert window.ghost() == "one (1/2)"


def test_the_chosen_candidate_stays_chosen_while_it_is_typed(window: Window) -> None:
    window.type("ir")
    window.type("<M-n>")
    window.suggest("eturn 1", "eturn 2")
    window.type("<M-n>")
    window.type("eturn")
    assert window.ghost() == " 2 (2/2)"


def test_asked_for_in_normal_mode_insert_mode_begins(window: Window) -> None:
    window.type("iab<Esc>")
    window.nvim.command("Fimble complete")
    wait_for(lambda: window.mode == "i" and window.requests(), "a request in insert mode")
    wait_for(lambda: window.asked()["context"]["triggerKind"] == 1, "an explicit one")
    window.suggest("c")
    assert window.ghost() == "c (1/1)"


def test_asked_for_in_vain_it_is_said(window: Window) -> None:
    window.lua("vim.api.nvim_echo = function(chunks) said = chunks[1][1] end")
    window.type("ir<M-n>")
    window.suggest()
    assert window.lua("return said") == "Fimble has no suggestion here."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_are_in_the_encoding_agreed_on(bare: Window, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.lua("fake.encoding = ...", encoding)
    bare.open(tmp_path / "code.py")
    bare.type("i# 😀é)<Left>")
    units = len("# 😀é".encode(encoding + ("" if encoding == "utf-8" else "-le")))
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    assert wait_for(lambda: bare.asked()["position"]["character"] == units // width, "the position")
    bare.suggest("ü, 😀) # end", replaced=1)
    assert bare.ghost() == "ü, 😀| # end"
    bare.type("<Tab>")
    assert bare.text == "# 😀éü, 😀) # end"


def test_an_item_that_begins_before_the_cursor_is_shown_from_it_on(window: Window) -> None:
    window.type("ire")
    window.asked()
    window.lua("fake.answer({ { text = 'return', before = 2 }, { text = 'other', before = 2 } })")
    assert window.ghost() == "turn"


def test_no_requests_without_the_server(bare: Window, tmp_path: Path) -> None:
    bare.setup_fake()
    bare.nvim.command("enew")
    bare.type("iab")
    assert not bare.requests()


def test_what_was_typed_before_the_server_was_there_is_asked_about_when_it_is(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.nvim.command(f"edit {tmp_path / 'code.py'}")
    bare.type("iab")
    bare.setup_fake()
    assert bare.asked()["position"]["character"] == 2
    bare.suggest("c")
    assert bare.ghost() == "c"
