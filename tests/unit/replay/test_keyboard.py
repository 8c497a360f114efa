"""How many keys a text needs in an editor that indents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaying.keyboard import Keyboard, indentation_unit

PYTHON = Keyboard("    ", "    ", (":",))
GO = Keyboard("\t", "\t", ("{",))


@pytest.mark.parametrize(
    ("keyboard", "goal", "keys"),
    [
        (PYTHON, "return", 6),
        (PYTHON, "a = 1\n    b = 2", 5 + 1 + 5),
        (PYTHON, "if a:\n        b", 5 + 1 + 1),
        (PYTHON, "if a:\n        b\n    c", 5 + 1 + 1 + 2 + 1),  # Enter, Backspace
        (PYTHON, "a\n\n    b", 1 + 2 + 1),
        (PYTHON, "a = (\n        b\n    )", 5 + 1 + 1 + 1 + 1),  # the bracket goes to its level
        (PYTHON, "a\n            b", 1 + 3 + 1),  # Enter, Tab, Tab
        (GO, "if a {\n\t\tb()\n\t}", 6 + 1 + 3 + 1 + 1),
    ],
)
def test_keys_are_counted_as_an_editor_needs_them(keyboard: Keyboard, goal: str, keys: int) -> None:
    assert keyboard.count(goal) == keys


@given(goal=st.text(alphabet="ab:{}() \t\n", min_size=1, max_size=60), keyboard=st.sampled_from([GO, PYTHON]))
def test_every_text_can_be_typed(goal: str, keyboard: Keyboard) -> None:
    assert 0 < keyboard.count(goal) <= 8 * len(goal) + 8


@pytest.mark.parametrize(
    ("text", "unit"),
    [("a:\n\tb\n", "\t"), ("a\n  b\n  c\n    d\n", "  "), ("a\nb\n", "    "), ("", "    ")],
)
def test_the_unit_of_indentation_is_the_files_own(text: str, unit: str) -> None:
    assert indentation_unit(text) == unit
