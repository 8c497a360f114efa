from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.syntax.languages import language_named
from fimble_server.postprocess import (
    Place,
    Shown,
    cut_blank_end,
    cut_repeated_indentation,
    cut_repetition,
    cut_rest_of_line,
    cut_syntax_error,
    cut_unfinished_word,
    cut_what_follows,
    postprocess,
    refuse_line_above,
    refuse_short,
    refuse_unclosed,
    replaced_closers,
)


def at(text: str, language: str | None = None, *, explicit: bool = False, finished: bool = True) -> Place:
    """Make the place of the cursor at `|`."""
    before, _, after = text.partition("|")
    return Place(before, after, language_named(language) if language else None, explicit, finished)


def accepted(text: str, document: str, language: str | None = None) -> str | None:
    """Return the document after accepting what is shown of a text; None if nothing is."""
    place = at(document, language)
    shown = postprocess(text, place)
    return place.before + shown.text + place.after[shown.replaced :] if shown.text else None


NOWHERE = at("|")


# The filters, one by one


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("return total_pri", "return"),
        ("x = $valu", "x ="),
        ("f(a, b)", "f(a, b)"),
        ("total", ""),
        ("done\n", "done\n"),
        ("größ", ""),
    ],
)
def test_a_word_that_was_cut_in_two_is_dropped(text: str, left: str) -> None:
    assert cut_unfinished_word(text, at("|", finished=False)) == left
    assert cut_unfinished_word(text, NOWHERE) == text


@pytest.mark.parametrize(("text", "left"), [("x = 1  \n", "x = 1"), (" \t\n", ""), (" x", " x"), ("", "")])
def test_white_space_at_the_end_is_dropped(text: str, left: str) -> None:
    assert cut_blank_end(text, NOWHERE) == left


@pytest.mark.parametrize(
    ("document", "text", "left"),
    [
        pytest.param("import os\n|", "import os", "", id="the line above again"),
        pytest.param("import os\nimp|", "ort os", "", id="the rest of the line above"),
        pytest.param("    x = 1\n\n    |", "x = 1", "", id="above a blank line"),
        pytest.param("    x = 1\n    |", "x = 2", "x = 2", id="another line"),
        pytest.param("    x = 1\n|", "x = 1", "x = 1", id="another indentation"),
        pytest.param("import os\n|", "import os\nimport re", "import os\nimport re", id="more than one line"),
        pytest.param("    }\n    |", "}", "}", id="a bracket is no line"),
        pytest.param("|", "import os", "import os", id="nothing above"),
    ],
)
def test_a_copy_of_the_line_above_is_refused(document: str, text: str, left: str) -> None:
    assert refuse_line_above(text, at(document)) == left


@pytest.mark.parametrize(
    ("document", "text", "left"),
    [
        pytest.param("f(|, b)", "a, b)", "a", id="the rest of the line again"),
        pytest.param('print("|", file=out)', 'done", file=out)', "done", id="the rest of a string's line"),
        pytest.param('import { | } from "./x";', 'Cart } from "./x"; // shop', "Cart", id="and more behind it"),
        pytest.param("f(|, b)", ", b)", "", id="nothing but the rest"),
        pytest.param("f(|)", ")", "", id="nothing but the bracket"),
        pytest.param("f(|)", "g()", "g()", id="a bracket of its own"),
        pytest.param("f(|, b)", "a", "a", id="nothing of the rest"),
        pytest.param("x = |\nb", "a\nb", "a\nb", id="an empty rest"),
    ],
)
def test_what_stands_right_of_the_cursor_is_not_repeated(document: str, text: str, left: str) -> None:
    assert cut_rest_of_line(text, at(document)) == left


@pytest.mark.parametrize(
    ("document", "text", "left"),
    [
        pytest.param("    |\n    return x\n", "y = 1\n    return x", "y = 1", id="the next line of code"),
        pytest.param("    |\n\n    return x\n", "y = 1\n    return x\nz", "y = 1", id="behind a blank line"),
        pytest.param("f {\n    |\n}\n", "a();\n}", "a();", id="the brace that the editor closed"),
        pytest.param("f {\n    if (x) {\n        |\n    }\n}\n", "a();\n    }\n}", "a();", id="nested braces"),
        pytest.param("    if (a) {|\n}\n", "\n        b();\n    }", "\n        b();\n    }", id="another brace"),
        pytest.param("    |\n    return x\n", "return x", "", id="all of it is there"),
        pytest.param("    ret|\n    return x\n", "urn x", "", id="all of the line is there"),
        pytest.param("    |\n    return x\n", "return xy", "return xy", id="only the beginning is there"),
        pytest.param("|\n\n\n\n\n\nreturn x\n", "y\nreturn x", "y\nreturn x", id="far below"),
        pytest.param("|", "y", "y", id="nothing follows"),
    ],
)
def test_lines_that_follow_already_are_dropped(document: str, text: str, left: str) -> None:
    assert cut_what_follows(text, at(document)) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("a = 1\n" * 3, "a = 1", id="one line three times"),
        pytest.param("x\n" + "a = 1\nb = 2\n" * 3, "x\na = 1\nb = 2", id="two lines three times"),
        pytest.param("a = 1\na = 1", "a = 1\na = 1", id="twice is no loop"),
        pytest.param("x = " + "abc + " * 4 + "d", "x =", id="a piece of a line again and again"),
        pytest.param("for x in y:\n" + " " * 32 + "f(x)", "for x in y:\n" + " " * 32 + "f(x)", id="deep indentation"),
        pytest.param("\t" * 16 + "x", "\t" * 16 + "x", id="tabs"),
        pytest.param("# " + "-" * 60, "# " + "-" * 60, id="a line of dashes"),
        pytest.param("a\n\n\n\nb", "a\n\n\n\nb", id="blank lines"),
        pytest.param("x = y", "x = y", id="no loop"),
    ],
)
def test_loops_are_cut(text: str, left: str) -> None:
    assert cut_repetition(text, NOWHERE) == left


def test_looking_for_loops_is_fast_in_a_long_line() -> None:
    started = process_time()
    cut_repetition("".join(chr(97 + number * number % 23) for number in range(3000)), NOWHERE)
    assert process_time() - started < 1.0  # far less on a quiet machine


@pytest.mark.parametrize(
    ("document", "language", "text", "left"),
    [
        pytest.param("x = |", "python", "1 + 2", "1 + 2", id="no error"),
        pytest.param("|", "python", "x = 1 + )", "", id="an error"),
        pytest.param("x = 1|", "python", " + )", "", id="an error on a line that has none"),
        pytest.param("def f():\n    |", "python", "x = 1\n    y = = 2", "x = 1", id="an error in a later line"),
        pytest.param("f(|", "python", "a, b)", "a, b)", id="it mends an error"),
        pytest.param("x = (\n|\n\ny = 1\n", "python", "1", "1", id="an error that was there before"),
        pytest.param("if |", "python", "x > 3:", "x > 3:", id="a block is opened"),
        pytest.param("return |", "python", "Response(", "Response(", id="a bracket is opened"),
        pytest.param("f(|", "python", "a,", "a,", id="a list goes on"),
        pytest.param("x = {\n    1: 2|\n}", "python", " + )", "", id="an error in a bracket"),
        pytest.param("f(|)", "python", "a)", "a)", id="the closed bracket counts once"),
        pytest.param("int main() {\n    |\n}", "c", "return 0;", "return 0;", id="C"),
        pytest.param("func main() {\n\t|\n}", "go", "x := [", "x := [", id="Go, a bracket is opened"),
        pytest.param("|", "typescript", "const x = (a: number => a;", "", id="TypeScript"),
        pytest.param("x = |", None, "1 + )", "1 + )", id="no language"),
        pytest.param("x = '\ud800' + |", "python", "y", "y", id="a lone surrogate"),
    ],
)
def test_a_new_syntax_error_is_not_shown(document: str, language: str | None, text: str, left: str) -> None:
    assert cut_syntax_error(text, at(document, language)) == left


def test_a_text_that_was_cut_off_cannot_be_judged() -> None:
    assert cut_syntax_error("f(a, b", at("|", "python", finished=False)) == "f(a, b"
    assert cut_syntax_error("f(a, b", at("|", "python")) == ""


def test_a_long_document_is_not_parsed() -> None:
    assert cut_syntax_error("1 + )", at("x = 1\n" * 20_000 + "x = |", "python")) == "1 + )"


@pytest.mark.parametrize("text", ["x", ")", "});", '")', "]", " ,"])
def test_what_is_quicker_typed_than_read_is_refused_but_on_an_explicit_request(text: str) -> None:
    assert refuse_short(text, NOWHERE) == ""
    assert refuse_short(text, at("|", explicit=True)) == text


@pytest.mark.parametrize("text", ["xy", "x)", "a\n", "+="])
def test_a_longer_text_is_shown(text: str) -> None:
    assert refuse_short(text, NOWHERE) == text or len(text.strip()) == 1


# What the text takes the place of


@pytest.mark.parametrize(
    ("document", "text", "replaced"),
    [
        ("f(|)", "a)", 1),
        ("f(|)", "a", 0),
        ("f(|)", "g()", 0),
        ("f(|)", "g())", 1),
        ("f([|])", "1])", 2),
        ("f([|])", "1]", 1),
        ("f(|)", "a); g(b", 1),
        ("f(|)", ")", 1),
        ('f("|")', 'a")', 2),
        ('f("|")', "a", 0),
        ('f("|")', "it's", 0),
        ('f("|")', "it's\")", 2),
        ('f("|")', 'say \\"hi\\"")', 2),
        ('f("|")', 'it\\"s")', 2),
        ("f(`|`)", "a${b}`)", 2),
        ('f("|");', 'a\\n");', 3),
        ("int x = |;", "5;", 1),
        ("int x = |;", "5", 0),
        ("if x|:", " > 3:", 1),
        ("def f(|):", "self, x):", 2),
        ("def f(|):", "self) -> int:", 2),
        ("{ a: |, b }", "1,", 1),
        ("[a|, b]", ", c", 0),
        ("const { | } = x", "a } = x", 2),
        ("f( | )", "a )", 2),
        ("x = |y", ")", 0),
        ("|", "a)", 0),
    ],
)
def test_brackets_quotes_and_separators_are_not_doubled(document: str, text: str, replaced: int) -> None:
    assert replaced_closers(text, at(document)) == replaced


@given(st.text(alphabet="a()[]{}\"'\\;, ", max_size=20), st.text(alphabet="()[]{}\"'; x\n", max_size=10))
def test_what_is_replaced_is_never_code(text: str, after: str) -> None:
    replaced = replaced_closers(text, Place("f(", after))
    assert 0 <= replaced <= len(after.partition("\n")[0])
    assert "x" not in after[:replaced]


# All together: real places


@pytest.mark.parametrize(
    ("document", "language", "text", "result"),
    [
        pytest.param("print(|)", "python", "total)", "print(total)", id="Python, closed bracket"),
        pytest.param('x["|"]', "python", 'name"]', 'x["name"]', id="Python, closed quote and bracket"),
        pytest.param("x = |", "python", "1", None, id="a single character"),
        pytest.param("def f(|):\n    pass\n", "python", "self, x):", "def f(self, x):\n    pass\n", id="Python, colon"),
        pytest.param('printf("|");\n', "c", 'hello\\n");', 'printf("hello\\n");\n', id="C, a whole statement"),
        pytest.param("for (int i = 0; |)", "c", "i < n; i++)", "for (int i = 0; i < n; i++)", id="C, a loop"),
        pytest.param(
            "func f() {\n\t|\n}\n", "go", "return nil\n}", "func f() {\n\treturn nil\n}\n", id="Go, a closed block"
        ),
        pytest.param(
            "items.map((|));\n",
            "typescript",
            "item) => item.id);",
            "items.map((item) => item.id);\n",
            id="TypeScript",
        ),
        pytest.param(
            "const f = () => {\n  |\n};\n",
            "typescript",
            "return 1;\n};",
            "const f = () => {\n  return 1;\n};\n",
            id="TypeScript, a closed block",
        ),
        pytest.param("use(|", "python", " \n", None, id="nothing but white space"),
    ],
)
def test_accepting_leaves_the_document_as_a_person_would_write_it(
    document: str, language: str, text: str, result: str | None
) -> None:
    assert accepted(text, document, language) == result


def test_the_filters_that_changed_the_text_are_named() -> None:
    assert postprocess("a = 1\n" * 3 + "b", at("|")) == Shown("a = 1", 0, ("cut_repetition",))
    assert postprocess("x", at("|")) == Shown("", 0, ("refuse_short",))
    assert postprocess("x = 1  ", at("|")) == Shown("x = 1")


@given(st.text(alphabet="ab (){}\n\t\"'=:;", max_size=40), st.text(alphabet="ab ()\n", max_size=20), st.booleans())
def test_what_is_shown_is_a_beginning_of_the_text_and_not_blank(text: str, after: str, finished: bool) -> None:  # noqa: FBT001
    shown = postprocess(text, Place("x = ", after, language_named("python"), finished=finished))
    assert text.startswith(shown.text)
    assert shown.text == shown.text.rstrip()


@pytest.mark.parametrize(
    ("text", "document", "left"),
    [
        ("\treturn a - b", "func f() int {\n\t|", "return a - b"),
        ("    return 1", "def f():\n    |", "return 1"),
        ("    return 1", "def f():\n    if x:\n    |", "    return 1"),
        ("    y = 2", "    x = 1\n    |", "y = 2"),
        ("    y = 2", "    x = 1\n|", "    y = 2"),
        (" + 1", "    x = y|", " + 1"),
    ],
)
def test_indentation_that_is_there_already_is_not_repeated(text: str, document: str, left: str) -> None:
    language = "go" if "func" in document else "python"
    assert cut_repeated_indentation(text, at(document, language)) == left


@pytest.mark.parametrize(
    ("text", "document", "left"),
    [
        ("2), add(3,", "f(g(1, |))", ""),
        ("2), add(3)", "f(g(1, |))", "2), add(3)"),
        ("2), add(3,", "f(g(1, |", "2), add(3,"),
        ("a[0", "f(|)", ""),
    ],
)
def test_a_bracket_is_not_left_open_in_the_middle_of_a_line(text: str, document: str, left: str) -> None:
    assert refuse_unclosed(text, at(document)) == left
