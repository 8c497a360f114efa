"""What the server is told of the user's doings."""

from pathlib import Path

from editors.neovim.headless import Window
from editors.waiting import wait_for


def test_what_is_on_the_screen_is_told_once_it_stays(window: Window) -> None:
    window.nvim.current.buffer[:] = [f"line {number}" for number in range(200)]
    wait_for(lambda: window.notifications("fimble/didShow"), "the first view")
    before = len(window.notifications("fimble/didShow"))
    window.type("50<C-e>10<C-e>")
    window.type("10<C-e>")
    told = wait_for(lambda: window.notifications("fimble/didShow")[before:], "the new view")
    shown = told[-1]["range"]
    assert shown["start"]["line"] == 70
    assert shown["end"]["line"] == window.lua("return vim.fn.line('w$')") - 1
    assert len(told) == 1
    assert told[0]["textDocument"]["uri"] == window.lua("return vim.uri_from_bufnr(0)")


def test_what_is_copied_is_told_and_what_is_deleted_is_not(window: Window) -> None:
    window.nvim.current.buffer[:] = ["one", "two"]
    window.type("yywyiwdd")
    assert [told["text"] for told in window.notifications("fimble/didYank")] == ["one\n", "two"]


def test_what_other_tools_complain_of(window: Window) -> None:
    window.nvim.current.buffer[:] = ["import a", "x = é + b"]
    window.lua(
        """
        local one = { lnum = 1, col = 8, end_lnum = 1, end_col = 9, message = "b is unknown", severity = 1 }
        vim.diagnostic.set(vim.api.nvim_create_namespace("checker"), 0, { one })
        """
    )
    (told,) = wait_for(lambda: window.notifications("fimble/didChangeDiagnostics"), "the diagnostics")
    (diagnostic,) = told["diagnostics"]
    assert (diagnostic["message"], diagnostic["range"]["start"]["line"]) == ("b is unknown", 1)
    window.lua("vim.diagnostic.reset()")
    told = wait_for(lambda: window.notifications("fimble/didChangeDiagnostics")[1:], "their end")[0]
    assert told["diagnostics"] == []


def test_nothing_is_told_of_buffers_that_the_server_does_not_have(window: Window, tmp_path: Path) -> None:
    window.nvim.command("new")
    window.nvim.current.buffer[:] = ["secret"]
    window.type("yy")
    window.lua("vim.diagnostic.set(vim.api.nvim_create_namespace('x'), 0, { { lnum = 0, col = 0, message = 'm' } })")
    other = tmp_path / "other.py"
    other.write_text("", encoding="utf-8")
    window.open(other)
    wait_for(lambda: len(window.notifications("fimble/didShow")) >= 1, "a view of the other buffer")
    uris = {
        one["params"]["textDocument"]["uri"]
        for one in window.lua("return fake.plain(fake.notifications)")
        if one["method"].startswith("fimble/")
    }
    assert uris <= {(tmp_path / "code.py").as_uri(), other.as_uri()}
    assert window.notifications("fimble/didYank") == []
    assert window.notifications("fimble/didChangeDiagnostics") == []
