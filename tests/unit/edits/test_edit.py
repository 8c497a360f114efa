"""A command from the code to the proposal: asked in form, put in place, checked, asked once more, never half done."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_prompts.fim import Snippet
from fimble_server.edits.changes import Change, apply_changes, inverse, split_lines
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF, NO_CODE, UNCHANGED
from fimble_server.edits.selection import Selection, select_symbol
from fimble_server.engine.protocol import Generate, Generated

CODE = """import math

class Circle:
    name = 'circle'

    def area(self, radius):
        note = 'of a circle'
        return math.pi * radius

    def other(self):
        pass
"""
FIXED = "def area(self, radius):\n    note = 'of a circle'\n    return math.pi * radius ** 2"
COMMANDS = built_in_commands()
PYTHON = language_named("python")


def task(text: str = CODE, symbol: str = "area", command: str = "fix", instruction: str = "") -> Task:
    return Task(COMMANDS[command], "circle.py", text, PYTHON, select_symbol(text, PYTHON, symbol), instruction)


async def run(wanted: Task, *answers: str) -> tuple[Proposal, FakeWriter]:
    writer = FakeWriter(texts=list(answers))
    return await propose(writer, wanted), writer


async def test_a_fix_is_the_change_of_one_place() -> None:
    proposal, writer = await run(task(), FIXED)
    assert proposal.edit is not None
    place = CODE.index("radius\n\n") + len("radius")
    assert proposal.edit.changes == (Change(place, place, " ** 2"),)
    assert proposal.problems == ()
    assert (proposal.prompt_tokens, proposal.answer_tokens) == (30, len(FIXED) // 3)
    (question,) = writer.questions
    assert question.opening == "```python\n"
    assert question.stop == ("\n```",)
    assert "def area(self, radius):\n    note" in question.messages[-1].content
    assert "other" not in question.messages[-1].content


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"{FIXED}\n", id="a line end"),
        pytest.param(f"```python\n{FIXED}\n```", id="one more fence"),
        pytest.param(FIXED.replace("'", '"'), id="other quotes"),
        pytest.param("\n".join(f"    {line}" for line in FIXED.split("\n")), id="indented"),
        pytest.param(f"import math\n\n{FIXED}", id="an import that is there"),
        pytest.param(f"{FIXED}\n\n# Example\nprint(Circle().area(2))", id="an example of use"),
        pytest.param(FIXED.replace("\n", "  \n"), id="spaces at the ends of lines"),
    ],
)
async def test_what_models_add_is_left_out(answer: str, end: str) -> None:
    proposal, _ = await run(task(CODE.replace("\n", end)), answer)
    assert proposal.edit is not None
    assert proposal.edit.after == CODE.replace("radius\n\n", "radius ** 2\n\n").replace("\n", end)


async def test_code_that_does_not_parse_is_asked_for_once_more_with_the_error() -> None:
    broken = FIXED.replace("** 2", "** (2")
    proposal, writer = await run(task(), broken, FIXED)
    assert proposal.problems == ()
    assert proposal.edit is not None
    assert "radius ** 2\n" in (proposal.edit.after or "")
    assert [message.role for message in writer.questions[1].messages] == ["system", "user", "assistant", "user"]
    assert broken in writer.questions[1].messages[2].content
    assert "does not parse any more" in writer.questions[1].messages[3].content


async def test_code_that_still_does_not_parse_is_shown_as_such() -> None:
    broken = FIXED.replace("** 2", "** (2")
    proposal, writer = await run(task(), broken, broken)
    assert len(writer.questions) == 2
    assert proposal.edit is not None
    assert "line 8" in proposal.problems[0]


async def test_the_same_code_is_asked_for_once_more_with_a_thought_before_it() -> None:
    same = FIXED.replace(" ** 2", "")
    proposal, writer = await run(task(), same, "The radius has to be squared.", FIXED)
    assert proposal.edit is not None
    assert writer.questions[2].messages[2].content == "The radius has to be squared."
    proposal, _ = await run(task(), same, "Nothing is wrong.", same)
    assert (proposal.edit, proposal.notice) == (None, UNCHANGED)


@pytest.mark.parametrize(("answer", "notice"), [("", NO_CODE), ("```", NO_CODE), ("\n\n```\n", NO_CODE)])
async def test_no_code_is_said(answer: str, notice: str) -> None:
    proposal, _ = await run(task(), answer, answer)
    assert (proposal.edit, proposal.notice) == (None, notice)


async def test_an_answer_that_is_cut_off_changes_nothing() -> None:
    writer = FakeWriter(texts=[FIXED], is_cut_off=True)
    proposal = await propose(writer, task())
    assert (proposal.edit, proposal.notice) == (None, CUT_OFF)


async def test_the_text_streams_as_it_comes() -> None:
    heard: list[str] = []
    await propose(FakeWriter(texts=[FIXED]), task(), heard.append)
    assert len(heard) > 5
    assert "".join(heard) == FIXED


async def test_an_instruction_is_what_is_asked() -> None:
    proposal, writer = await run(task(command="edit", instruction="Square {name} & the radius."), FIXED)
    assert proposal.edit is not None
    assert "Square {name} & the radius." in writer.questions[0].messages[-1].content
    with pytest.raises(EditError, match="needs an instruction"):
        await run(task(command="edit", instruction="  "))


async def test_what_the_code_uses_and_what_tools_say_stand_before_it() -> None:
    wanted = replace(
        task(), snippets=[Snippet("a.py", 0, 1, "def used(): ...", "types")], diagnostics=["undefined name `radius`"]
    )
    _, writer = await run(wanted, FIXED)
    content = writer.questions[0].messages[-1].content
    assert content.index("def used(): ...") < content.index("undefined name") < content.index("def area")


async def test_code_with_fences_is_shown_in_a_longer_one() -> None:
    text = 'def f():\n    """\n    ```\n    f()\n    ```\n    """\n    return 1\n'
    answer = text.replace("1", "2").rstrip()
    proposal, writer = await run(task(text, "f"), answer)
    assert writer.questions[0].opening == "````python\n"
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("1", "2")


async def test_a_long_selection_is_written_window_by_window() -> None:
    functions = [f"def f{number}(x):\n" + "    x += 1\n" * 40 + "    return x\n" for number in range(20)]
    text = "\n\n".join(functions)
    wanted = Task(COMMANDS["fix"], "long.py", text, PYTHON, Selection(0, len(split_lines(text))))

    class Echo(FakeWriter):
        """Changes every function that it is shown."""

        async def generate(self, request: Generate) -> AsyncIterator[str | Generated]:
            code = request.messages[-1].content.partition("```python\n")[2].rpartition("\n```")[0]
            self.texts.append(code.replace("return x", "return -x"))
            async for piece in super().generate(request):
                yield piece

    writer = Echo()
    proposal = await propose(writer, wanted)
    assert len(writer.questions) == 3
    assert max(len(question.messages[-1].content) for question in writer.questions) < 6000
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("return x", "return -x")


TEXTS = st.lists(st.sampled_from(["x = 1\n", "    y\r\n", "\tz\r", "def f():\n", "'😀'\n", "\n", "(\n"]), max_size=15)


@given(TEXTS.map("".join), st.lists(st.sampled_from(["a", "    b", "```", "def g():", ""]), max_size=6), st.data())
def test_no_answer_changes_what_is_outside(text: str, answer: list[str], data: st.DataObject) -> None:
    text = f"first\n{text}"
    lines = split_lines(text)
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    wanted = Task(COMMANDS["fix"], "a.py", text, PYTHON, Selection(start, end))
    said = "\n".join(answer)
    proposal = asyncio.run(propose(FakeWriter(texts=[said] * 3), wanted))
    if proposal.edit is None:
        assert proposal.notice
        return
    after = proposal.edit.after or ""
    before, behind = "".join(lines[:start]), "".join(lines[end:])
    assert after.startswith(before)
    assert after[len(before) :].endswith(behind)
    undone = inverse(text, proposal.edit.changes)
    assert apply_changes(apply_changes(text, proposal.edit.changes), undone).encode() == text.encode()


@pytest.mark.parametrize("pieces", range(0, len(FIXED) // 3 + 1, 5))
async def test_an_answer_cancelled_anywhere_leaves_nothing(pieces: int) -> None:
    heard: list[str] = []
    arrived = asyncio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        if len(heard) > pieces:
            arrived.set()

    wanted = task()
    running = asyncio.ensure_future(propose(FakeWriter(texts=[FIXED]), wanted, hear))
    async with asyncio.timeout(5):
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert wanted.text == CODE
