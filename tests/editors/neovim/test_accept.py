"""Accepting a suggestion in whole and in parts, and taking that back."""

from pathlib import Path

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for


def accepted(window: Window) -> list[list[int]]:
    """Return the arguments of the acceptances that the server was told of."""
    found = window.lua("return fake.plain(fake.requests)")
    return [one["params"]["arguments"] for one in found if one["params"].get("command") == "fimble.accept"]


def test_tab_accepts_all_of_it_and_tells_the_server(window: Window) -> None:
    window.type("idef f():")
    window.suggest("\n    return 1\n")
    window.type("<Tab>")
    assert window.text == "def f():\n    return 1\n"
    assert window.cursor == (3, 0)
    assert window.ghost() == ""
    assert accepted(window) == [[0]]
    assert window.asked()["position"] == {"line": 2, "character": 0}


def test_the_server_is_told_which_candidate_it_was(window: Window) -> None:
    window.type("ir<M-n>")
    window.suggest("1", "2", "3")
    window.type("<M-n><M-n><Tab>")
    assert (window.text, accepted(window)) == ("r3", [[2]])


def test_word_by_word(window: Window) -> None:
    window.type("ix = ")
    window.suggest("foo_bar(one, 2)\n    .baz")
    seen = []
    for _ in range(8):
        window.type("<M-w>")
        seen.append(window.text)
    assert seen == [
        "x = foo_bar",
        "x = foo_bar(",
        "x = foo_bar(one",
        "x = foo_bar(one,",
        "x = foo_bar(one, 2",
        "x = foo_bar(one, 2)",
        "x = foo_bar(one, 2)\n    .",
        "x = foo_bar(one, 2)\n    .baz",
    ]
    assert accepted(window) == [[0]]


def test_a_part_leaves_the_rest_on_the_screen_and_tells_nothing(window: Window) -> None:
    window.type("ix = ")
    window.suggest("foo(1)\nbar")
    window.type("<M-w>")
    assert window.ghost() == "(1)\nbar"
    assert accepted(window) == []


def test_line_by_line(window: Window) -> None:
    window.type("iif x:")
    window.suggest(" # why\n    y\n\n    z")
    seen = []
    for _ in range(3):
        window.type("<M-l>")
        seen.append(window.text)
    assert seen == ["if x: # why", "if x: # why\n    y", "if x: # why\n    y\n\n    z"]
    assert accepted(window) == [[0]]


@pytest.mark.parametrize("key", ["<Tab>", "<M-w>", "<M-l>"])
def test_undo_takes_back_what_was_accepted_and_nothing_else(window: Window, key: str) -> None:
    window.type("ix = ")
    window.suggest("foo(1)\nbar\nbaz")
    window.type(key)
    after = window.text
    window.type("typed<Esc>")
    texts = [window.text]
    for _ in range(3):
        window.type("u")
        texts.append(window.text)
    assert texts == [after + "typed", after, "x = ", ""]
    window.type("<C-r><C-r><C-r>")
    assert window.text == after + "typed"


def test_an_automatic_closing_bracket_is_replaced(window: Window) -> None:
    window.type("iprint()<Left>")
    window.suggest("a, b)", replaced=1)
    assert window.ghost() == "a, b"
    window.type("<Tab>")
    assert (window.text, window.cursor) == ("print(a, b)", (1, 11))


def test_in_parts_it_is_never_there_twice(window: Window) -> None:
    window.type("iprint()<Left>")
    window.suggest("a) + 1", replaced=1)
    seen = []
    for _ in range(4):
        window.type("<M-w>")
        seen.append((window.text, window.ghost()))
    assert seen == [("print(a)", " + 1"), ("print(a)", " + 1"), ("print(a) +", " 1"), ("print(a) + 1", "")]


def test_typed_over_by_hand_it_is_never_there_twice(window: Window) -> None:
    """As plugins for pairs do it: the typed bracket moves the cursor behind the one that is there."""
    window.type("iprint()<Left>")
    window.suggest("a) + 1", replaced=1)
    window.type("a<Right>")
    assert window.ghost() == " + 1"
    window.type("<Tab>")
    assert window.text == "print(a) + 1"


def test_lines_end_as_the_files_do(bare: Window, tmp_path: Path) -> None:
    file = tmp_path / "dos.py"
    file.write_bytes(b"a\r\nb\r\n")
    bare.setup_fake()
    bare.open(file)
    bare.type("ox")
    bare.suggest("1\r\nx2")
    assert bare.ghost() == "1\nx2"
    bare.type("<Tab><Esc>:write<CR>")
    wait_for(lambda: file.read_bytes() == b"a\r\nx1\r\nx2\r\nb\r\n", "the file")


def test_nothing_is_accepted_that_a_script_made_wrong_meanwhile(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.lua("vim.api.nvim_buf_set_text(0, 0, 0, 0, 2, { 'other' }); require('fimble').accept()")
    window.type("")
    assert window.text == "other"


def test_characters_of_several_bytes(window: Window) -> None:
    window.type("is = '")
    window.suggest("grüße 😀 ok'")
    window.type("<M-w>")
    assert window.text == "s = 'grüße"
    window.type("<M-w>")
    assert window.text == "s = 'grüße 😀"
    window.type("<Tab>x")
    assert window.text == "s = 'grüße 😀 ok'x"
