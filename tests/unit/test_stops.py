import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fimble_server.engine.protocol import Stop
from fimble_server.engine.stops import end_of

TEXTS = st.text(alphabet="ab }\t);\r\n", max_size=40)
STOPS = st.builds(Stop, st.sampled_from(["line", "block"]), st.integers(0, 4), st.integers(1, 5))
LINE = Stop()


def stopped(text: str, stop: Stop) -> str | None:
    """Generate the text character by character; return where it was stopped, or None."""
    for length in range(len(text) + 1):
        if (end := end_of(text[:length], stop)) is not None:
            return text[:end]
    return None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x = 1", None), ("", None), ("x = 1\n", "x = 1"), ("x = 1\r\n", "x = 1"), ("\n    x", ""), ("a\nb\nc", "a")],
)
def test_a_line_ends_at_its_line_break(text: str, expected: str | None) -> None:
    assert stopped(text, LINE) == expected


@pytest.mark.parametrize(
    ("text", "indent", "expected"),
    [
        pytest.param("x = 1\n    y = 2\nz", 4, "x = 1\n    y = 2", id="less indented"),
        pytest.param("x = 1\n\ty = 2\nz", 1, "x = 1\n\ty = 2", id="less indented by tabs"),
        pytest.param("x = 1\r\n    y = 2\r\nz", 4, "x = 1\r\n    y = 2", id="with two characters for a line end"),
        pytest.param("x = 1\n\n    y = 2\nz", 4, "x = 1\n\n    y = 2", id="a blank line inside"),
        pytest.param("x = 1\r\n\r\n    y = 2\r\nz", 4, "x = 1\r\n\r\n    y = 2", id="a blank line inside, CRLF"),
        pytest.param("x = 1\n\n\n    y = 2", 4, "x = 1", id="two blank lines end it"),
        pytest.param("\n\n    x = 1\nz", 1, "\n\n    x = 1", id="a blank line right behind the opener"),
        pytest.param("x = 1\n\ny = 2", 0, "x = 1", id="at the margin a blank line ends it"),
        pytest.param("x = 1\n    y = 2", 4, None, id="not ended yet"),
        pytest.param("x = 1\n  ", 4, None, id="too little of the line to tell"),
    ],
)
def test_a_block_ends_before_a_line_that_is_indented_less(text: str, indent: int, expected: str | None) -> None:
    assert stopped(text, Stop("block", indent, 20)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a();\n}\n", "a();\n}"),
        ("a();\n});\nb", "a();\n});"),
        ("a();\r\n});\r\nb", "a();\r\n});"),
        ("a();\n} else {\n", "a();\n}"),
        ("a,\n  ]\n", "a,\n  ]"),
        ("a();\n}", None),
        ("a();\nb", "a();"),
    ],
)
def test_a_line_that_closes_the_block_belongs_to_it_once_it_is_complete(text: str, expected: str | None) -> None:
    assert stopped(text, Stop("block", 4, 20)) == expected


def test_a_block_has_at_most_so_many_lines() -> None:
    assert stopped("a\nb\nc\nd", Stop("block", 0, 2)) == "a\nb"


@given(TEXTS, STOPS)
@example("\r\r\n", Stop())
def test_a_cut_leaves_a_beginning_that_ends_in_no_line_break(text: str, stop: Stop) -> None:
    left = stopped(text, stop)
    assert left is None or (text.startswith(left) and not left.endswith(("\n", "\r")))


@given(TEXTS, STOPS)
def test_a_cut_keeps_to_the_number_of_lines(text: str, stop: Stop) -> None:
    left = stopped(text, stop)
    assert (text if left is None else left).count("\n") <= stop.lines
