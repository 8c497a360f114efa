"""The part that uses Neovim's own inline completion, against a stand-in for it as 0.12 documents it."""

from pathlib import Path
from typing import Any

import pytest

from editors.neovim.headless import Window

STAND_IN = """
native = { enabled = {} }
vim.lsp.inline_completion = {
  is_enabled = function(filter) return native.enabled[filter.bufnr] == true end,
  enable = function(on, filter) native.enabled[filter.bufnr] = on; if not on then native.item = nil end end,
  get = function(options)
    local item = native.item
    if not item then return false end
    vim.schedule(function() native.item = nil; options.on_accept(item) end)
    return true
  end,
}
"""


@pytest.fixture
def native(bare: Window, tmp_path: Path) -> Window:
    """A window in which Neovim seems to show inline completion by itself."""
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.lua(STAND_IN)
    bare.setup_fake()
    bare.open(tmp_path / "code.py")
    return bare


def show(window: Window, text: str, column: int) -> None:
    """Let Neovim show a suggestion that was asked for at a column."""
    item: dict[str, Any] = {
        "insert_text": text,
        "range": {"start_row": 0, "start_col": column, "end_row": 0, "end_col": column},
        "client_id": window.lua("return require('fimble.client').get().id"),
    }
    window.lua("native.item = ...", item)


def is_on(window: Window) -> bool:
    return bool(window.lua("return native.enabled[vim.api.nvim_get_current_buf()]"))


def test_neovim_is_told_to_show_them_and_asks_itself(native: Window) -> None:
    assert is_on(native)
    native.type("iab")
    assert not native.requests()


def test_tab_accepts_what_neovim_shows(native: Window) -> None:
    native.type("ire")
    show(native, "turn 1\r\n", 2)
    native.type("<Tab>")
    native.type("")
    assert native.text == "return 1\n"
    assert is_on(native)


def test_what_was_typed_since_is_not_inserted_again(native: Window) -> None:
    native.type("ire")
    show(native, "turn", 2)
    native.type("tu<Tab>")
    native.type("")
    assert native.text == "return"


def test_what_does_not_agree_any_more_leaves_the_key_to_the_user(native: Window) -> None:
    native.nvim.command("setlocal noexpandtab")
    native.type("ire")
    show(native, "turn", 2)
    native.type("x<Tab>")
    native.type("")
    assert native.text == "rex\t"


def test_beside_the_menu_neovim_shows_none(native: Window) -> None:
    native.nvim.command("set completeopt=menuone,noselect")
    native.type("iapple app<C-n>")
    assert native.nvim.funcs.pumvisible() == 1
    assert not is_on(native)
    native.type("<C-y>")
    assert is_on(native)


def test_after_a_part_the_rest_stays(native: Window) -> None:
    native.type("ix = ")
    show(native, "foo(1)", 4)
    native.type("<M-w>")
    native.type("")
    assert (native.text, native.ghost(), is_on(native)) == ("x = foo", "(1)", False)
    native.type("<Tab>")
    native.type("")
    assert (native.text, native.ghost(), is_on(native)) == ("x = foo(1)", "", True)


def test_several_candidates_are_shown_by_the_plugin_alone(native: Window) -> None:
    native.type("ir<M-n>")
    assert not is_on(native)
    native.suggest("one", "two")
    native.type("<M-n>")
    assert native.ghost() == "two (2/2)"
    native.type("x")
    assert (native.ghost(), is_on(native)) == ("", True)


def test_dismissed_it_stays_away_until_the_text_changes(native: Window) -> None:
    native.type("iab")
    show(native, "c", 2)
    native.type("<M-d>")
    native.type("<Left>")
    assert not is_on(native)
    native.type("x")
    assert is_on(native)


def test_switched_off_neovim_shows_none(native: Window) -> None:
    native.nvim.command("Fimble toggle buffer")
    assert not is_on(native)
    native.type("iab<Esc>")
    assert not is_on(native)
    native.nvim.command("Fimble toggle buffer")
    assert is_on(native)


def test_the_plugin_can_be_told_to_draw_all_the_same(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.lua(STAND_IN)
    bare.setup_fake(ghost_text="own")
    bare.open(tmp_path / "code.py")
    bare.type("ire")
    bare.suggest("turn")
    assert bare.ghost() == "turn"
    assert not is_on(bare)
