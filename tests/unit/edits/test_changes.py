"""Changes are exact, as small as can be, and follow a text that somebody else changes."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from changing import apply_changes
from fimble_server.documents import Document
from fimble_server.edits.changes import (
    Change,
    FileEdit,
    changes_between,
    rebased,
    split_lines,
    unified_diff,
)
from fimble_server.lsp.positions import offset_at, range_at

LINES = st.sampled_from(["", "a", "b = 1", "    b = 2", "\tcall(é)", "😀", "a\f b", "\u2028", "e\u0301", "\ufeffx"])
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])
TEXTS = st.lists(st.tuples(LINES, ENDS).map("".join), max_size=12).flatmap(
    lambda lines: LINES.map(lambda last: "".join(lines) + last)
)


@given(TEXTS, TEXTS)
@example("a\r\nb", "a\nb")
@example("a\rb", "a\r\nb")
@example("a\r\r\n", "a\r\n")
def test_changes_make_the_one_text_the_other(old: str, new: str) -> None:
    changes = changes_between(old, new)
    assert apply_changes(old, changes) == new
    assert (changes == ()) == (old == new)


@given(TEXTS, TEXTS)
@example("a\r\nb", "a\nb")
@example("x\r\n", "x\r\ny")
def test_every_change_has_a_range_of_the_protocol(old: str, new: str) -> None:
    document = Document("file:///a.py", old)
    for change in changes_between(old, new):
        found = range_at(document, change.start, change.end)
        assert (offset_at(document, found.start), offset_at(document, found.end)) == (change.start, change.end)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_is_around_the_difference_is_not_touched(before: str, old: str, new: str, after: str) -> None:
    # Among equal lines it cannot be told which one is new: what is around begins and ends with others.
    before, after = f"{before}<\n", f"\n>{after}"
    for change in changes_between(before + old + after, before + new + after):
        assert len(before) - 1 <= change.start
        assert change.end <= len(before) + len(old) + 1


def test_a_word_is_a_change_of_that_word() -> None:
    old = "def area(width, height):\n    return width + height\n\n\nprint(area(2, 3))\n"
    new = old.replace("+", "*").replace("3)", "4)")
    assert changes_between(old, new) == (Change(42, 43, "*"), Change(67, 68, "4"))


def test_texts_with_nothing_in_common_are_replaced_in_a_moment() -> None:
    old = "".join(f"old {number}\n" for number in range(6000))
    new = "".join(f"new {number}\n" for number in range(6000))
    assert apply_changes(old, changes_between(old, new)) == new


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_lines_are_found_again_among_others(
    before: str, place: str, after: str, new_before: str, new_after: str
) -> None:
    lines = [split_lines(f"{text}\n") for text in (before, place, after, new_before, new_after)]
    old, new = [*lines[0], *lines[1], *lines[2]], [*lines[3], *lines[1], *lines[4]]
    start, size = len(lines[0]), len(lines[1])
    found = rebased(start, start + size, old, new)
    assert found is None or new[found : found + size] == lines[1]


def test_lines_that_somebody_changed_are_lost() -> None:
    old = ["one\n", "two\n", "three\n"]
    assert rebased(1, 2, old, ["zero\n", *old]) == 2
    assert rebased(1, 2, old, [*old, "four\n"]) == 1
    assert rebased(1, 2, old, ["one\n", "two!\n", "three\n"]) is None
    assert rebased(1, 2, old, ["one\n", "!two\n", "three\n"]) is None
    assert rebased(0, 3, old, ["one\n", "new\n", "two\n", "three\n"]) is None
    assert rebased(3, 3, old, ["zero\n", *old]) == 4
    assert rebased(1, 2, old, []) is None


@given(TEXTS)
def test_lines_join_to_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text
    assert [line for line in split_lines(text) if not line] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\nc\n", "a\nB\nc\n", id="a line"),
        pytest.param("a\nb", "a\nb\nc", id="no line end at the end"),
        pytest.param("a\r\nb\r\n", "a\r\nB\r\n", id="CRLF"),
        pytest.param("a\rb\r", "a\rB\r", id="CR"),
        pytest.param(None, "new\n", id="a new file"),
        pytest.param("old\n", None, id="a removed file"),
    ],
)
def test_git_applies_the_diff(tmp_path: Path, before: str | None, after: str | None) -> None:
    file = tmp_path / "some file.py"
    if before is not None:
        file.write_bytes(before.encode())
    diff = unified_diff("some file.py", before, after)
    apply = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(apply, cwd=tmp_path, input=diff.encode(), check=True, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert (file.read_bytes().decode() if file.exists() else None) == after


def test_an_edit_of_nothing_is_no_change_and_no_diff() -> None:
    edit = FileEdit("a.py", "a\n", "a\n")
    assert (edit.changes, edit.diff) == ((), "")


@given(TEXTS, TEXTS, TEXTS, TEXTS)
@example("zero", "a\nb", "a\nb\nc", "")
@example("", "\n", "", "")
def test_an_edit_of_a_newer_text_changes_the_same_lines(above: str, old: str, new: str, below: str) -> None:
    edit = FileEdit("a.py", f"<\n{old}\n>\n", f"<\n{new}\n>\n")
    newer = f"{above}\n<\n{old}\n>\n{below}"
    moved = edit.onto(newer)
    assert moved is not None
    assert apply_changes(newer, moved.changes) == f"{above}\n<\n{new}\n>\n{below}"


def test_an_edit_of_lines_that_somebody_changed_is_given_up() -> None:
    edit = FileEdit("a.py", "one\ntwo\nthree\n", "one\n2\nthree\n")
    assert edit.onto("one\ntwo!\nthree\n") is None
    assert edit.onto(None) is None
    moved = edit.onto("zero\none\ntwo\nthree\n")
    assert moved is not None
    assert moved.after == "zero\none\n2\nthree\n"
    assert FileEdit("a.py", None, "new").onto("") is None
    assert FileEdit("a.py", None, "new").onto(None) == FileEdit("a.py", None, "new")
