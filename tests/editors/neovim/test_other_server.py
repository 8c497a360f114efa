"""Beside another language server, whose completion menu and snippets Neovim itself shows."""

from typing import Any

import pytest

from editors.neovim.headless import HERE, Window
from editors.waiting import wait_for

COMPLETION = "textDocument/completion"
ITEMS = [
    {"label": "append", "insertText": "append(${1:item})$0", "insertTextFormat": 2},
    {"label": "clear", "insertText": "clear()", "insertTextFormat": 1},
]


@pytest.fixture
def both(window: Window) -> Window:
    """Neovim with both servers, and the other one's menu after each dot."""
    window.lua(
        """
        other = dofile(...)
        other.capabilities = { inlineCompletionProvider = false, completionProvider = { triggerCharacters = { "." } } }
        local id = vim.lsp.start({ name = "other", cmd = other.connect })
        vim.lsp.completion.enable(true, id, 0, { autotrigger = true })
        """,
        str(HERE / "fake_server.lua"),
    )
    window.nvim.command("set completeopt=menuone,noselect")
    return window


def offer(window: Window, items: list[dict[str, Any]]) -> None:
    """Let the other server answer with these items, and wait for the menu."""
    asked = "return #other.open_requests(...) > 0"
    wait_for(lambda: window.lua(asked, COMPLETION), "a request for the menu")
    window.lua(
        "local method, items = ...; local request = other.open_requests(method)[1]; request.answered = true;"
        "request.answer(nil, items)",
        COMPLETION,
        items,
    )
    wait_for(window.nvim.funcs.pumvisible, "the menu")


def test_the_menu_takes_the_place_of_a_suggestion(both: Window) -> None:
    both.type("ivalues.")
    both.suggest("pop()")
    assert both.ghost() == "pop()"
    offer(both, ITEMS)
    assert both.ghost() == ""
    both.type("<C-n><C-n><Tab>")
    assert "pop" not in both.text


def test_a_suggestion_that_comes_behind_the_menu_is_dropped(both: Window) -> None:
    both.type("ivalues.")
    both.asked()
    offer(both, ITEMS)
    both.lua("fake.answer({ { text = 'late' } })")
    assert both.ghost() == ""
    assert both.nvim.funcs.pumvisible()


def test_a_snippet_of_the_menu_is_filled_with_suggestions_and_left_by_tab(both: Window) -> None:
    both.type("ivalues.")
    offer(both, ITEMS)
    both.type("<C-n><C-y>")
    wait_for(lambda: both.text == "values.append(item)", "the snippet")
    wait_for(lambda: both.mode == "s", "its first place")
    both.type("fir")
    both.suggest("st")
    assert both.ghost() == "st"
    both.type("<M-l>")
    assert both.text == "values.append(first)"
    both.type("<Tab>")
    assert (both.text, both.cursor) == ("values.append(first)", (1, len("values.append(first)")))
    both.suggest("  # the end")
    both.type("<Tab>")
    assert both.text == "values.append(first)  # the end"
