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
from fimble_server.edits.commenting import fit_comments
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.proposal import Task
from fimble_server.edits.selection import Selection, select_symbol

CODE = "def f(x):\r\n    # Own.\r\n    y = x  + 1\r\n\r\n    return '# no comment'\r\n"


def commented(answer: str) -> str:
    return fit_comments(show_lines(CODE, 0, 5), answer, mark="#")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            "# Adds.\ndef f(x):\n    # Own.\n    # One more.\n    y = x  + 1\n    return '# no comment'",
            CODE.replace("def", "# Adds.\r\ndef").replace("    y", "    # One more.\r\n    y"),
            id="above",
        ),
        pytest.param(
            "def f(x):\n    y = x  + 1  # One more.\n    return '# no comment'",
            CODE.replace("    y", "    # One more.\r\n    y"),
            id="behind",
        ),
        pytest.param("def f(x):\n    # Changed.\n    y = x + 2\n    return 3", CODE, id="to lines that it changed"),
        pytest.param("def f(x):\n    y = x  + 1\n    print(y)\n    return '# no comment'", CODE, id="beside new code"),
        pytest.param("Here is the code:", CODE, id="none"),
    ],
)
def test_comments_are_taken(answer: str, expected: str) -> None:
    assert commented(answer) == expected


PIECES = st.sampled_from(
    ["# a", "def f(x):", "    y = x  + 1", "    # b", "    return 1", "", "x # c", "    # Own.", "'"]
)


@settings(deadline=None)  # the first look for secrets loads what finds them
@given(st.lists(PIECES, max_size=12))
def test_the_code_is_the_same_token_by_token(answer: list[str]) -> None:
    def tokens(code: str) -> list[str]:
        found = tokenize.generate_tokens(io.StringIO(code.replace("\r\n", "\n")).readline)
        return [token.string for token in found if token.type not in {tokenize.COMMENT, tokenize.NL}]

    result = commented("\n".join(answer))
    assert tokens(result) == tokens(CODE)
    assert [line for line in split_lines(result) if line in split_lines(CODE)] == split_lines(CODE)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_no_comment_gets_into_a_string(end: str) -> None:
    text = 'def f():\n    """Do.\n\n    More é.\n    """\n    q = """\n    select 1\n    """\n    return q\n'
    answer = "\n".join(f"# {number}.\n{line}" for number, line in enumerate(text.strip().split("\n")))
    python = language_named("python")
    before = text.replace("\n", end)
    task = Task(built_in_commands()["comment"], "a.py", before, python, select_symbol(before, python, "f"))
    proposal = await propose(FakeWriter(texts=[f"```python\n{answer}\n```"]), task)
    assert proposal.edit is not None
    expected = "# 0.\n" + text.replace('    """Do', '    # 1.\n    """Do').replace("    q =", "    # 5.\n    q =")
    assert proposal.edit.after == expected.replace("    return", "    # 8.\n    return").replace("\n", end)


async def test_the_command() -> None:
    python = language_named("python")
    task = Task(built_in_commands()["comment"], "a.py", CODE, python, select_symbol(CODE, python, "f"))
    proposal = await propose(FakeWriter(texts=["```python\ndef f(x):\n    # Adds one.\n    y = x  + 1\n```"]), task)
    assert proposal.edit is not None
    assert proposal.edit.after == CODE.replace("    y", "    # Adds one.\r\n    y")


async def test_a_language_without_such_comments_is_refused() -> None:
    task = Task(built_in_commands()["comment"], "a.css", "a {}\n", language_named("css"), Selection(0, 1))
    with pytest.raises(EditError, match="no kind of comment"):
        await propose(FakeWriter(), task)
