"""Words about code: explanations, remarks at lines that were shown, and translations as new files."""

from dataclasses import replace

import pytest

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Remark, Task
from fimble_server.edits.selection import Selection, select_symbol

COMMANDS = built_in_commands()
PYTHON = language_named("python")
CODE = "import os\n\n\ndef first(items):\n    return items[0]\n"


def task(command: str, instruction: str = "", text: str = CODE) -> Task:
    return Task(COMMANDS[command], "lists.py", text, PYTHON, select_symbol(text, PYTHON, "first"), instruction)


async def test_an_explanation_is_words() -> None:
    heard: list[str] = []
    said = " It returns\n\n`items[0]`. "
    proposal = await propose(FakeWriter(texts=[said.replace("It", "It\x1b")]), task("explain"), heard.append)
    assert (proposal.answer, proposal.edit) == ("It returns\n\n`items[0]`.", None)
    assert "".join(heard) == said.replace("It", "It\x1b")


async def test_an_explanation_of_a_part_says_so() -> None:
    text = "".join(f"x{number} = {number}\n\n" for number in range(1000))
    long = Task(COMMANDS["explain"], "x.py", text, PYTHON, Selection(0, 2000))
    proposal = await propose(FakeWriter(texts=["Numbers."]), long)
    assert proposal.notice.startswith("only lines 1 to ")


async def test_a_review_speaks_of_lines_of_the_file() -> None:
    writer = FakeWriter(texts=["line 2: Fails without items.\nline 9: Is not there.\nline 2: Fails without items.\n"])
    proposal = await propose(writer, task("review"))
    assert proposal.remarks == (Remark(4, "Fails without items."),)
    assert "2     return items[0]" in writer.questions[0].messages[-1].content
    assert writer.questions[0].grammar


async def test_a_review_without_remarks_says_so() -> None:
    proposal = await propose(FakeWriter(texts=["none"]), task("review"))
    assert (proposal.remarks, proposal.notice) == ((), "the review found nothing")


@pytest.mark.parametrize(("name", "path"), [("JavaScript", "first.js"), ("ts", "first.ts"), ("Go.", "first.go")])
async def test_a_translation_is_a_new_file(name: str, path: str) -> None:
    writer = FakeWriter(texts=["function first(items) {\n  return items[0];\n}\n"])
    proposal = await propose(writer, task("translate", name))
    assert proposal.edit is not None
    assert (proposal.edit.path, proposal.edit.before) == (path, None)
    assert bool(proposal.problems) == (path == "first.go")


async def test_a_translation_with_a_secret_that_was_not_shown_says_so() -> None:
    proposal = await propose(FakeWriter(texts=['const key = "<redacted>";\n']), task("translate", "js"))
    assert "secret" in proposal.problems[0]


async def test_a_name_that_can_be_no_file_is_made_one() -> None:
    code = "A operator/(A a, A b) { return a; }\n"
    cpp = language_named("cpp")
    divide = Task(COMMANDS["translate"], "src/a.cpp", code, cpp, select_symbol(code, cpp, "operator/"), "Python")
    proposal = await propose(FakeWriter(texts=["x = 1\n"]), divide)
    assert proposal.edit is not None
    assert proposal.edit.path == "src/operator.py"


async def test_what_cannot_be_translated_is_refused() -> None:
    with pytest.raises(EditError, match="no language 'Klingon'"):
        await propose(FakeWriter(), task("translate", "Klingon"))
    with pytest.raises(EditError, match=r"first\.js is there"):
        await propose(FakeWriter(), replace(task("translate", "JavaScript"), read=lambda _: "old"))
