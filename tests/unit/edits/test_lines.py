"""What a model repeats comes back byte for byte; what it changes fits its surroundings."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fimble_server.edits.changes import split_lines
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import put_back, show_lines

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
LINES = st.sampled_from(["", "a = 'x'", "    b = 2  ", '\tc = "y"', "  😀", "x\f\u2028y", f"t = '{KEY}'", "\udcff"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.lists(st.tuples(LINES, ENDS).map("".join), min_size=1, max_size=12).map("".join)


@settings(deadline=None)  # the first look for secrets loads what finds them
@given(TEXTS, st.data())
@example("    a = 1\r\n\r\n    b = 2", None)
def test_an_answer_that_repeats_the_code_changes_no_byte(text: str, data: st.DataObject | None) -> None:
    lines = split_lines(text)
    start = data.draw(st.integers(0, len(lines) - 1)) if data else 0
    end = data.draw(st.integers(start + 1, len(lines))) if data else len(lines)
    shown = show_lines(text, start, end)
    assert len(shown.shown) == end - start
    assert KEY not in shown.code
    shown.code.encode()
    assert put_back(shown, shown.code, keep_quotes=True) == "".join(lines[start:end])


@settings(deadline=None)  # the first look for secrets loads what finds them
@given(TEXTS, st.lists(st.sampled_from(["x", "    y", "\tz", ""]), min_size=1, max_size=5).map("\n".join))
def test_what_is_put_back_is_whole_lines(text: str, answer: str) -> None:
    shown = show_lines(text, 0, len(split_lines(text)))
    result = put_back(shown, answer, keep_quotes=False)
    assert result.split("\n")[-1] == "" or not text.endswith("\n")


def test_a_method_keeps_its_depth_its_quotes_and_its_line_ends() -> None:
    text = "class A:\r\n    def f(self):\r\n        x = 'a'  \r\n        return x\r\n"
    shown = show_lines(text, 1, 4)
    assert shown.code == "def f(self):\n    x = 'a'  \n    return x"
    answer = 'def f(self):\n    x = "a"\n    return x + 1'
    assert put_back(shown, answer, keep_quotes=True) == text[10:].replace("return x", "return x + 1")


def test_quotes_are_changed_where_they_were_wrong() -> None:
    shown = show_lines("x = 'it's'\n", 0, 1)
    assert put_back(shown, 'x = "it\'s"', keep_quotes=False) == 'x = "it\'s"\n'


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        pytest.param(
            "f() {\n\ta\n}\n", "f() {\n    a\n    if (b) {\n        c\n    }\n}", "\tif (b) {\n\t\tc", id="tabs"
        ),
        pytest.param("f() {\n\ta\n}\n", "f() {\n  a\n  if (b) {\n    c\n  }\n}", "\tif (b) {\n\t\tc", id="tabs by two"),
        pytest.param(
            "f() {\n    a\n}\n", "f() {\n\ta\n\tif (b) {\n\t\tc\n\t}\n}", "    if (b) {\n        c", id="spaces"
        ),
    ],
)
def test_new_lines_are_indented_as_the_file_is(text: str, answer: str, expected: str) -> None:
    shown = show_lines(text, 0, 3)
    assert expected in put_back(shown, answer, keep_quotes=True)


def test_an_answer_that_is_indented_as_a_whole_is_not_indented_twice() -> None:
    shown = show_lines("class A:\n    x = 1\n", 1, 2)
    assert put_back(shown, "    x = 2", keep_quotes=True) == "    x = 2\n"


def test_the_last_line_without_an_end_stays_so() -> None:
    shown = show_lines("a\nb", 0, 2)
    assert put_back(shown, "a\nb\nc", keep_quotes=True) == "a\nb\nc"
    assert put_back(show_lines("a\nb", 0, 1), "x\ny", keep_quotes=True) == "x\ny\n"


def test_of_lines_whose_secrets_look_alike_all_stay_or_none() -> None:
    body = "".join(f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC{number}\n" for number in range(5))
    text = f'K = """-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----"""\nx = 1\n'
    shown = show_lines(text, 0, 8)
    first, *rest = shown.code.replace("x = 1", "x = 2").split("\n")
    assert put_back(shown, "\n".join([first, *rest]), keep_quotes=True) == text.replace("x = 1", "x = 2")
    assert put_back(shown, "x = 2", keep_quotes=True) == "x = 2\n"
    with pytest.raises(EditError, match="secret"):
        put_back(shown, "\n".join([first, *rest[2:]]), keep_quotes=True)


def test_a_line_with_a_secret_comes_back_and_cannot_be_changed() -> None:
    text = f'token = "{KEY}"\nuse(token)\n'
    shown = show_lines(text, 0, 2)
    assert KEY not in shown.code
    kept, _, _ = shown.code.partition("\n")
    assert put_back(shown, f"{kept}\nuse(token, 1)", keep_quotes=True) == text.replace("(token)", "(token, 1)")
    with pytest.raises(EditError, match="secret"):
        put_back(shown, f"{kept.replace('token', 'TOKEN')}\nuse(TOKEN)", keep_quotes=True)
