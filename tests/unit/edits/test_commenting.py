"""Comments go between the lines of code, of which not a character changes."""

import io
import tokenize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_server.edits.changes import split_lines
from fimble_server.edits.commenting import steps_of
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import UNCHANGED
from fimble_server.edits.selection import Selection, select_symbol

PYTHON = language_named("python")
CODE = "def f(x):\r\n    y = x  + 1\r\n    z = '# no comment'\r\n\r\n    # Own.\r\n    return y + z\r\n"


async def commented(text: str, *answers: str, writer: FakeWriter | None = None) -> Proposal:
    task = Task(built_in_commands()["comment"], "a.py", text, PYTHON, select_symbol(text, PYTHON, "f"))
    return await propose(writer or FakeWriter(texts=list(answers)), task)


@pytest.mark.parametrize(
    ("language", "mark", "text", "expected"),
    [
        pytest.param(
            "python",
            "#",
            'def f(x):\n    """Do."""\n    a = 1\n    b = 2\n\n    c = g(\n        a,\n    )\n    return c\n',
            ["a = 1", "c = g(", "return c"],
            id="where a body, a paragraph, several lines or an end begin",
        ),
        pytest.param(
            "python",
            "#",
            "for x in y:\n    if x:\n        raise x\n    else:\n        z()\n",
            ["for x in y:", "raise x", "z()"],
            id="not for the first of a body whose head has one",
        ),
        pytest.param("python", "#", 'a = """\nb = 1\n"""\n# Own.\nreturn_ = f(a)\n', ['a = """'], id="not in strings"),
        pytest.param(
            "typescript",
            "//",
            "function f(): number {\n  let a = 0;\n  for (const b of c) {\n    a += b;\n  }\n  return a;\n}\n",
            ["let a = 0;", "for (const b of c) {", "return a;"],
            id="typescript",
        ),
        pytest.param(
            "go", "//", "package p\n\nfunc f() int {\n\ta := 1\n\treturn a\n}\n", ["a := 1", "return a"], id="go"
        ),
        pytest.param("ruby", "#", "def f(x)\n  y = x + 1\n  return y\nend\n", ["y = x + 1", "return y"], id="ruby"),
    ],
)
def test_steps_are_where_comments_help(language: str, mark: str, text: str, expected: list[str]) -> None:
    found = language_named(language)
    assert found is not None
    lines = text.split("\n")
    assert [lines[step].strip() for step in steps_of(text, found, mark)] == expected


async def test_each_comment_is_written_where_it_will_stand() -> None:
    writer = FakeWriter(texts=["Adds one.", "1. Ends."])
    text = "def f(x):\n    y = x + 1\n    return y\n"
    proposal = await commented(text, writer=writer)
    assert [question.opening for question in writer.questions] == [
        "```python\ndef f(x):\n    #",
        "```python\ndef f(x):\n    # Adds one.\n    y = x + 1\n    #",
    ]
    assert proposal.edit is not None
    assert proposal.edit.after == "def f(x):\n    # Adds one.\n    y = x + 1\n    # Ends.\n    return y\n"


async def test_line_ends_and_own_comments_stay() -> None:
    proposal = await commented(CODE, "Adds one.")
    assert proposal.edit is not None
    assert proposal.edit.after == CODE.replace("    y =", "    # Adds one.\r\n    y =")


@pytest.mark.parametrize("answer", ["", "  ", "```", "Own."])
async def test_what_is_no_new_comment_is_left_out(answer: str) -> None:
    proposal = await commented(CODE, answer)
    assert (proposal.edit, proposal.notice) == (None, UNCHANGED)


async def test_the_same_is_not_said_twice() -> None:
    proposal = await commented("def f(x):\n    y = 1\n    return y\n", "Sets.", "sets.")
    assert proposal.edit is not None
    assert proposal.edit.after == "def f(x):\n    # Sets.\n    y = 1\n    return y\n"


LINES = st.sampled_from(
    [
        "    y = x  + 1",
        "    if x:",
        "        y = 2",
        "    # Own.",
        '    z = """',
        '    """',
        "    return 1",
        "",
        "    g('#')",
    ]
)


@settings(deadline=None)  # the first look for secrets loads what finds them
@given(st.lists(LINES, max_size=12), st.lists(st.text(max_size=20), max_size=12), st.sampled_from(["\n", "\r\n"]))
async def test_the_code_stays(body: list[str], answers: list[str], end: str) -> None:
    text = end.join(["def f(x):", "    pass", *body, ""])
    task = Task(built_in_commands()["comment"], "a.py", text, PYTHON, Selection(0, text.count("\n")))
    proposal = await propose(FakeWriter(texts=[*answers, *[""] * 30]), task)
    after = proposal.edit.after if proposal.edit and proposal.edit.after else text
    remaining = iter(split_lines(after))
    assert all(line in remaining for line in split_lines(text)), "each line is there, in its order"
    assert tokens(after) == tokens(text)


def tokens(code: str) -> list[str] | None:
    try:
        found = list(tokenize.generate_tokens(io.StringIO(code.replace("\r\n", "\n")).readline))
    except (tokenize.TokenError, IndentationError):
        return None
    return [token.string for token in found if token.type not in {tokenize.COMMENT, tokenize.NL}]


async def test_a_language_without_such_comments_is_refused() -> None:
    task = Task(built_in_commands()["comment"], "a.css", "a {}\n", language_named("css"), Selection(0, 1))
    with pytest.raises(EditError, match="no kind of comment"):
        await propose(FakeWriter(), task)
