"""How a suggestion is drawn."""

from editors.neovim.headless import Window


def screen(window: Window, lines: int) -> list[str]:
    """Return the first lines of the screen."""
    window.nvim.command("redraw")
    width = window.nvim.options["columns"]
    return [
        "".join(window.nvim.funcs.screenstring(row + 1, column + 1) for column in range(width)).rstrip()
        for row in range(lines)
    ]


def test_one_line_in_the_midst_of_a_line(window: Window) -> None:
    window.type("ix = 1 # one<Home><Right><Right><Right><Right>")
    window.suggest("2 + ")
    assert screen(window, 1) == ["x = 2 + 1 # one"]


def test_several_lines_take_what_stands_behind_the_cursor_to_their_end(window: Window) -> None:
    window.type("icall(x);<Left><Left>")
    window.suggest(",\n  y)", replaced=1)
    assert screen(window, 3) == ["call(x,", "  y);", "~"]
    window.type("<Tab>")
    assert screen(window, 3) == ["call(x,", "  y);", "~"]


def test_a_short_first_line_covers_what_stands_behind_the_cursor(window: Window) -> None:
    window.type("if {something};<Home><Right><Right><Right>")
    window.suggest("\n  b\n", replaced=0)
    assert screen(window, 4) == ["f {", "  b", "something};", "~"]


def test_what_is_not_in_the_suggestion_again_is_covered(window: Window) -> None:
    window.type("if(]<Left>")
    window.suggest("x)", replaced=1)
    assert screen(window, 1) == ["f(x)"]
    window.type("<Tab>")
    assert window.text == "f(x)"


def test_tabs_are_as_wide_as_they_will_be(window: Window) -> None:
    window.nvim.command("set tabstop=4 noexpandtab")
    window.type("iif x {")
    window.suggest("\n\ty\tz\n}")
    before = screen(window, 3)
    window.type("<Tab>")
    assert before == screen(window, 3) == ["if x {", "    y   z", "}"]


def test_the_cursor_stays_before_it(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.nvim.command("redraw")
    assert window.nvim.funcs.screencol() == 3


def test_a_colour_scheme_keeps_its_highlight(window: Window) -> None:
    window.nvim.command("highlight FimbleSuggestion guifg=#123456")
    window.nvim.command("doautocmd ColorScheme")
    assert window.lua("return vim.api.nvim_get_hl(0, { name = 'FimbleSuggestion' }).fg") == 0x123456
