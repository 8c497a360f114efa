"""What a range, a cursor or a name selects: whole lines, and what belongs to a definition."""

import pytest

from fimble_indexer.syntax.languages import language_named
from fimble_server.edits.files import EditError
from fimble_server.edits.selection import select_at, select_lines, select_symbol

PYTHON = language_named("python")
CODE = """import os

# Adds.
@cache
def plus(a, b):
    return a + b


class Shop:
    def plus(self):

        return 1

total = 3
count = 4
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(5, (2, 6), id="with decorator and comment"),
        pytest.param(2, (2, 6), id="from the comment above"),
        pytest.param(10, (9, 12), id="the innermost, from a blank line in it"),
        pytest.param(8, (8, 12), id="a class"),
        pytest.param(14, (13, 15), id="lines between blank ones"),
        pytest.param(15, (13, 15), id="behind the last line end"),
        pytest.param(0, (0, 1), id="the first line"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_cursor_selects_what_it_is_in(line: int, expected: tuple[int, int], end: str) -> None:
    found = select_at(CODE.replace("\n", end), PYTHON, line)
    assert (found.start_line, found.end_line) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected", "name"),
    [
        (3, 6, (3, 6), "plus"),
        (2, 6, (2, 6), "plus"),
        (1, 8, (2, 6), "plus"),
        (9, 11, (9, 10), None),
        (5, 6, (5, 6), None),
        (13, 99, (13, 15), None),
    ],
)
def test_a_range_is_whole_lines_without_blank_ends(
    start: int, end: int, expected: tuple[int, int], name: str | None
) -> None:
    found = select_lines(CODE, PYTHON, start, end)
    assert (found.start_line, found.end_line) == expected
    assert (found.definition.name if found.definition else None) == name


def test_a_function_that_is_a_value_has_the_comment_above_it() -> None:
    code = "/* Adds\n  two */\nconst plus = (a, b) => {\n  return a + b\n}\n"
    found = select_symbol(code, language_named("javascript"), "plus")
    assert (found.start_line, found.end_line) == (0, 5)


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("int n; /* of items */", 1),
        ("int n; /* of\n items */", 2),
        ("/* a */ /* b */", 0),
        ("/*\n * src/*.c\n */\n// c", 0),
        ("*/", 1),
    ],
)
def test_a_comment_behind_code_belongs_to_that_code(above: str, line: int) -> None:
    assert select_symbol(f"{above}\nvoid f(void) {{}}\n", language_named("c"), "f").start_line == line


def test_a_name_that_is_not_the_only_one_is_refused_with_the_places() -> None:
    assert select_symbol(CODE, PYTHON, "Shop.plus").start_line == 9
    with pytest.raises(EditError, match=r"plus in line 4, Shop\.plus in line 10"):
        select_symbol(CODE, PYTHON, "plus")
    with pytest.raises(EditError, match="no definition 'minus'"):
        select_symbol(CODE, PYTHON, "minus")


@pytest.mark.parametrize(("start", "end"), [(15, 16), (99, 100), (-1, 2), (6, 8), (3, 3)])
def test_no_code_is_refused(start: int, end: int) -> None:
    with pytest.raises(EditError, match="there is no"):
        select_lines(CODE, PYTHON, start, end)


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n"])
def test_an_empty_file_has_nothing_to_select(text: str) -> None:
    with pytest.raises(EditError, match="there is no"):
        select_at(text, PYTHON, 0)
