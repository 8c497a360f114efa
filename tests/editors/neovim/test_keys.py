"""Keys that have nothing to do with Fimble at the moment do what they did without it."""

from pathlib import Path

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for


def test_tab_without_a_suggestion_is_a_tab(window: Window) -> None:
    window.nvim.command("setlocal noexpandtab")
    window.type("ia<Tab>b")
    assert window.text == "a\tb"


def test_tab_without_a_suggestion_is_what_the_user_mapped(window: Window) -> None:
    window.nvim.command("inoremap <Tab> mapped")
    window.type("i<Tab>")
    assert window.text == "mapped"


def test_also_if_that_is_an_expression_or_a_function(window: Window) -> None:
    window.lua("vim.keymap.set('i', '<Tab>', function() return '<Lt>x>' end, { expr = true })")
    window.type("i<Tab>")
    assert window.text == "<x>"
    window.lua("vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ 'put' }, 'c', false, true) end)")
    window.type("<Tab>")
    assert window.text == "<x>put"
    window.nvim.command("inoremap <expr> <Tab> 1 + 1")
    window.type("<Tab>")
    assert window.text == "<x>put2"


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ('inoremap <expr> <Tab> "\\<Left>"', "acb"),
        ("inoremap <expr> <Tab> '<Left>'", "acb"),
        ("imap <expr> <Tab> v:false ? '<Plug>(jump)' : '<Tab>'", "ab\tc"),
        ("imap <Tab> <Tab>x", "ab\txc"),
        ("imap <Tab> <C-k>a:", "abäc"),
    ],
)
def test_special_keys_and_the_key_itself_are_what_they_are_without_fimble(
    window: Window, mapping: str, text: str
) -> None:
    window.nvim.command("setlocal noexpandtab")
    window.nvim.command(mapping)
    window.type("iab<Tab>c")
    assert window.text == text


def test_a_mapping_of_the_buffer_is_kept_too(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.nvim.command("autocmd FileType python inoremap <buffer> <Tab> local")
    bare.open(tmp_path / "code.py")
    bare.type("i<Tab>")
    assert bare.text == "local"


def test_an_alt_key_without_a_suggestion_does_not_leave_insert_mode(window: Window) -> None:
    window.type("iab<M-w><M-l><M-d>c")
    assert (window.text, window.mode) == ("abc", "i")


def test_keys_of_the_completion_menu_stay_its_own(window: Window) -> None:
    window.nvim.command("set completeopt=menuone,noselect")
    window.type("iapple apple_pie ")
    window.suggest("from Fimble")
    window.type("app<C-n>")
    assert window.nvim.funcs.pumvisible() == 1
    assert window.ghost() == ""
    window.type("<Tab>")
    assert "from Fimble" not in window.text


def test_a_suggestion_never_appears_beside_the_completion_menu(window: Window) -> None:
    window.nvim.command("set completeopt=menuone,noselect")
    window.type("iapple ")
    window.type("app")
    window.asked()
    window.type("<C-n>")
    window.lua("fake.answer({ { text = 'late' } })")
    assert window.nvim.funcs.pumvisible() == 1
    assert window.ghost() == ""


def test_nothing_is_asked_for_while_the_menu_is_open(window: Window) -> None:
    window.type("iapp")
    window.suggest("lication")
    menu = "vim.fn.complete(1, { 'apple', 'apply' })"
    window.type(f"<Cmd>lua {menu} {menu}<CR>")
    window.type("<M-n>")
    window.type("")
    assert window.nvim.funcs.pumvisible() == 1
    assert not window.requests()
    assert window.text == "apple"


def test_it_comes_when_the_menu_has_gone(window: Window) -> None:
    window.nvim.command("set completeopt=menuone,noselect")
    window.type("iapple app<C-n><C-y>")
    wait_for(lambda: window.nvim.funcs.pumvisible() == 0, "the menu to close")
    window.suggest("lication")
    assert window.ghost() == "lication"
    window.type("<Tab>")
    assert window.text == "apple application"


def test_tab_belongs_to_the_snippet_while_it_has_places_to_fill(window: Window) -> None:
    window.type("i")
    window.lua("vim.snippet.expand('for ${1:x} in ${2:y}:$0')")
    window.type("item")
    window.suggest("_count")
    window.type("<Tab>")
    assert window.text == "for item in y:"
    assert window.mode == "s"
    window.type("items<Tab>")
    window.suggest("\n    pass")
    window.type("<Tab>")
    assert window.text == "for item in items:\n    pass"


def test_in_a_snippet_the_other_keys_still_accept(window: Window) -> None:
    window.type("i")
    window.lua("vim.snippet.expand('f(${1:x}, ${2:y})$0')")
    window.type("item")
    window.suggest("_count")
    window.type("<M-l>")
    assert window.text == "f(item_count, y)"


@pytest.mark.parametrize(("keys", "typed"), [({"accept": "<C-l>"}, "<C-l>"), ({"accept": "<S-Tab>"}, "<S-Tab>")])
def test_another_key_can_be_chosen(bare: Window, tmp_path: Path, keys: dict[str, str], typed: str) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake(keys=keys)
    bare.open(tmp_path / "code.py")
    bare.type("ire")
    bare.suggest("turn")
    bare.nvim.command("setlocal noexpandtab")
    bare.type(f"{typed}<Tab>x")
    assert bare.text == "return\tx"


def test_no_keys_at_all(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake(keys=False)
    bare.open(tmp_path / "code.py")
    bare.type("ire")
    bare.suggest("turn")
    assert bare.lua("return vim.api.nvim_buf_get_keymap(0, 'i')") == []
    bare.lua("require('fimble').accept()")
    wait_for(lambda: bare.text == "return", "the text")
