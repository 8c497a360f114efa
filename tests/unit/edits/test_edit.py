"""A command from the code to the proposal: asked in form, put in place, checked, asked once more, never half done."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changing import apply_changes
from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_prompts.fim import Snippet
from fimble_server.edits.changes import Change, split_lines
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF, NO_CODE, UNCHANGED
from fimble_server.edits.selection import Selection, select_symbol
from fimble_server.edits.tidying import BlockStream, block_of
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


def block(code: str) -> str:
    return f"Here it is:\n\n```python\n{code}\n```\nThat was it."


async def run(wanted: Task, *answers: str) -> tuple[Proposal, FakeWriter]:
    writer = FakeWriter(texts=[block(answer) for answer in answers])
    return await propose(writer, wanted), writer


async def test_a_fix_is_the_change_of_one_place() -> None:
    proposal, writer = await run(task(), FIXED)
    assert proposal.edit is not None
    place = CODE.index("radius\n\n") + len("radius")
    assert proposal.edit.changes == (Change(place, place, " ** 2"),)
    assert proposal.problems == ()
    assert (proposal.prompt_tokens, proposal.answer_tokens) == (30, len(block(FIXED)) // 3)
    (question,) = writer.questions
    assert question.stop == ("\n```\n",)
    assert "def area(self, radius):\n    note" in question.messages[-1].content
    assert "other" not in question.messages[-1].content


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"{FIXED}\n", id="a line end"),
        pytest.param(f"```python\n{FIXED}", id="one more fence"),
        pytest.param(indent(FIXED, "    ").replace("    def", "class Circle:\n    def", 1), id="its class around it"),
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
    assert [message.role for message in writer.questions[1].messages] == ["user", "assistant", "user"]
    assert broken in writer.questions[1].messages[1].content
    assert "does not parse any more" in writer.questions[1].messages[2].content


async def test_code_that_still_does_not_parse_is_shown_as_such() -> None:
    broken = FIXED.replace("** 2", "** (2")
    proposal, writer = await run(task(), broken, broken)
    assert len(writer.questions) == 2
    assert proposal.edit is not None
    assert "line 8" in proposal.problems[0]


async def test_the_same_code_is_asked_for_once_more() -> None:
    same = FIXED.replace(" ** 2", "")
    proposal, writer = await run(task(), same, FIXED)
    assert proposal.edit is not None
    assert writer.questions[1].messages[2].content.startswith("That is the code as it was.")
    proposal, _ = await run(task(), same, same)
    assert (proposal.edit, proposal.notice) == (None, UNCHANGED)


@pytest.mark.parametrize(
    "answer", ["", "```", "\n\n```\n", "I cannot do that.", "```python\n```", "```python\n\n\n```\n"]
)
async def test_no_code_is_said(answer: str) -> None:
    proposal = await propose(FakeWriter(texts=[answer, ""]), task())
    assert (proposal.edit, proposal.notice) == (None, NO_CODE)


async def test_code_is_begun_for_a_model_that_only_talks() -> None:
    writer, heard = FakeWriter(texts=["The radius is squared.", FIXED]), list[str]()
    proposal = await propose(writer, task(), heard.append)
    assert proposal.edit is not None
    assert "** 2" in (proposal.edit.after or "")
    assert writer.questions[1].opening.startswith("```")
    assert "".join(heard) == FIXED


async def test_definitions_that_the_answer_leaves_out_stay() -> None:
    whole = Task(COMMANDS["edit"], "circle.py", CODE, PYTHON, Selection(0, 11), "Do it.")
    proposal, _ = await run(whole, "class Circle:\n    def other(self):\n        return 1")
    assert proposal.edit is not None
    assert proposal.edit.after == CODE.replace("pass", "return 1")
    text = f"{CODE}\n\n# Two.\ndef two():\n    return 1\n\n\ndef three():\n    return 3\n"
    whole = Task(COMMANDS["edit"], "circle.py", text, PYTHON, Selection(0, len(split_lines(text))), "Do it.")
    proposal, _ = await run(whole, "import os\n\ndef two():\n    return 2")
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("return 1", "return 2").replace("math\n", "math\nimport os\n", 1)
    proposal, _ = await run(whole, "def two():\n    return four()\n\n\ndef four():\n    return 4")
    assert proposal.edit is not None
    assert proposal.edit.after == "def two():\n    return four()\n\n\ndef four():\n    return 4\n"


async def test_what_a_comment_stands_for_stays() -> None:
    text = "def one():\n    first()\n    second()\n    return 1\n\n\ndef two():\n    return 2\n"
    whole = Task(COMMANDS["edit"], "a.py", text, PYTHON, Selection(0, 8), "Return 3.")
    proposal, _ = await run(whole, "def one():\n    # ... existing code ...\n    return 3\n\n\n# ... existing code ...")
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("return 1", "return 3")
    unsure = "def one():\n    # ... existing code ...\n    third()\n    # ... existing code ...\n    return 3"
    proposal, writer = await run(whole, unsure, unsure)
    assert proposal.edit is None
    assert "leaves out" in proposal.notice
    assert "leaves out" in writer.questions[1].messages[2].content


async def test_what_the_instruction_speaks_of_may_go() -> None:
    text = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
    whole = Task(COMMANDS["edit"], "a.py", text, PYTHON, Selection(0, 9), "Remove the function two.")
    proposal, _ = await run(whole, "import os\n\n\ndef one():\n    return 1")
    assert proposal.edit is not None
    assert proposal.edit.after == text[: text.index("\n\n\ndef two")] + "\n"
    circle = Task(COMMANDS["edit"], "circle.py", CODE, PYTHON, Selection(0, 11), "Remove other.")
    proposal, _ = await run(circle, CODE[: CODE.index("\n    def other")])
    assert proposal.edit is not None
    assert proposal.edit.after == CODE[: CODE.index("\n    def other")]
    proposal, _ = await run(replace(whole, instruction="Remove unused imports."), text.partition("\n\n\n")[2])
    assert proposal.edit is not None
    assert proposal.edit.after == text.partition("\n\n\n")[2]


async def test_a_decorator_and_a_comment_can_be_taken_away() -> None:
    text = "class A:\n    # Old.\n    @staticmethod\n    def f(x):\n        return x\n"
    proposal, _ = await run(task(text, "f", "edit", "Make it a method."), "def f(self, x):\n    return x")
    assert proposal.edit is not None
    assert proposal.edit.after == "class A:\n    def f(self, x):\n        return x\n"


async def test_an_import_inside_of_the_code_stays() -> None:
    text = "import os\n\n\ndef one():\n    import os\n    return 1\n"
    answer = "def one():\n    import os\n    return os"
    proposal, _ = await run(task(text, "one"), answer)
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("return 1", "return os")


@given(st.integers(1, 9))
def test_the_stream_is_the_block_whatever_the_pieces(size: int) -> None:
    code = "a = '`'\n\nb = '```'\n"
    for answer in (
        f"So:\n```python\n{code}```\nDone",
        f"```\n{code.rstrip()}",
        f"```\n{code}",
        "```",
        "no",
        f"```\n{code}``",
    ):
        heard: list[str] = []
        stream = BlockStream(heard.append)
        for start in range(0, len(answer), size):
            stream.hear(answer[start : start + size])
        stream.close()
        assert "".join(heard).strip("\n`") == ((block_of(answer) or "").strip("\n`"))


async def test_an_answer_that_is_cut_off_changes_nothing() -> None:
    cut = FakeWriter(texts=[f"```python\n{FIXED}", FIXED], is_cut_off=True)
    proposal = await propose(cut, task())
    assert (proposal.edit, proposal.notice) == (None, CUT_OFF)
    assert cut.questions[1].opening == "```python\n", "it was asked for the code alone"
    cut_behind_the_code = FakeWriter(texts=[block(FIXED)], is_cut_off=True)
    assert (await propose(cut_behind_the_code, task())).edit is not None


async def test_the_text_streams_as_it_comes() -> None:
    heard: list[str] = []
    await propose(FakeWriter(texts=[block(FIXED)]), task(), heard.append)
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
    writer = FakeWriter(texts=[f"````python\n{answer}\n````\n"])
    proposal = await propose(writer, task(text, "f"))
    assert "````python\n" in writer.questions[0].messages[0].content
    assert writer.questions[0].stop == ("\n````\n",)
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("1", "2")


@pytest.mark.parametrize("fence", ["```", "````"])
async def test_the_fences_of_a_text_are_its_own(fence: str) -> None:
    text = "Run it:\n\n```sh\nfimble lsp\n```\n\nOr:\n\n```sh\nfimble\n```\n"
    wanted = Task(COMMANDS["edit"], "a.md", text, language_named("markdown"), Selection(0, 11), "Say start.")
    answer = f"{fence}markdown\n{text.replace('Run', 'Start')}{fence}\n"
    proposal = await propose(FakeWriter(texts=[answer]), wanted)
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("Run", "Start")
    cut = FakeWriter(texts=[answer.partition("Or:")[0]] * 2, is_cut_off=True)
    assert (await propose(cut, wanted)).notice == CUT_OFF


async def test_a_long_selection_is_written_window_by_window() -> None:
    functions = [f"def f{number}(x):\n" + "    x += 1\n" * 40 + "    return x\n" for number in range(20)]
    text = "\n\n".join(functions)
    wanted = Task(COMMANDS["fix"], "long.py", text, PYTHON, Selection(0, len(split_lines(text))))

    class Echo(FakeWriter):
        """Changes every function that it is shown."""

        async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
            code = request.messages[-1].content.partition("```python\n")[2].rpartition("\n```")[0]
            self.texts.append(block(code.replace("return x", "return -x")))
            async for piece in super().generate(request):
                yield piece

    writer = Echo()
    proposal = await propose(writer, wanted)
    assert len(writer.questions) == 3
    assert max(len(question.messages[-1].content) for question in writer.questions) < 6000
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("return x", "return -x")


TEXTS = st.lists(st.sampled_from(["x = 1\n", "    y\r\n", "\tz\r", "def f():\n", "'😀'\n", "\n", "(\n"]), max_size=15)


@settings(deadline=None)  # the first look for secrets loads what finds them
@given(TEXTS.map("".join), st.lists(st.sampled_from(["a", "    b", "```", "def g():", ""]), max_size=6), st.data())
def test_no_answer_changes_what_is_outside(text: str, answer: list[str], data: st.DataObject) -> None:
    text = f"first\n{text}"
    lines = split_lines(text)
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    wanted = Task(COMMANDS["fix"], "a.py", text, PYTHON, Selection(start, end))
    said = "\n".join(answer)
    proposal = asyncio.run(propose(FakeWriter(texts=[block(said)] * 2), wanted))
    if proposal.edit is None:
        assert proposal.notice
        return
    after = proposal.edit.after or ""
    before, behind = "".join(lines[:start]), "".join(lines[end:])
    assert after.startswith(before)
    assert after[len(before) :].endswith(behind)
    assert apply_changes(text, proposal.edit.changes) == after


@pytest.mark.parametrize("pieces", range(0, len(FIXED) // 3 - 3, 5))
async def test_an_answer_cancelled_anywhere_leaves_nothing(pieces: int) -> None:
    heard: list[str] = []
    arrived = asyncio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        if len(heard) > pieces:
            arrived.set()

    wanted = task()
    running = asyncio.ensure_future(propose(FakeWriter(texts=[block(FIXED)]), wanted, hear))
    async with asyncio.timeout(5):
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert wanted.text == CODE
