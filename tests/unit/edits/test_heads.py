"""What a model is given to go on from, where something is missing or is to be written anew."""

import pytest

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_server.edits.edit import propose
from fimble_server.edits.heads import documented_head, missing_head
from fimble_server.edits.proposal import Task
from fimble_server.edits.replacing import UNCHANGED
from fimble_server.edits.selection import select_symbol

DOCUMENTED = 'def double(x):\n    """Return twice x."""\n    return x\n'
IN_JAVASCRIPT = "/* Return twice x. */\nconst double = (x) => {\n  return x;\n}\n"


@pytest.mark.parametrize(
    ("language", "code", "head"),
    [
        pytest.param("python", "def f(x):\n    # Adds one.\n    ...\n", "def f(x):\n    # Adds one.\n", id="dots"),
        pytest.param("python", "def f(x):\n    pass\n", "def f(x):\n", id="pass"),
        pytest.param("python", "def f(x):\n    # TODO\n    pass\n", "def f(x):\n", id="an empty TODO"),
        pytest.param(
            "python", "def f(x):\n    # TODO: add one\n    pass\n", "def f(x):\n    # TODO: add one\n", id="a TODO"
        ),
        pytest.param("python", "def f(x):\n    # TODO: check x\n    return g(x)\n", None, id="code behind a TODO"),
        pytest.param("python", "try:\n    f()\nexcept OSError:\n    pass\ng()\n", None, id="code behind pass"),
        pytest.param("python", 'def f(x):\n    """Add one."""\n', 'def f(x):\n    """Add one."""\n', id="a docstring"),
        pytest.param("python", "def f(x):\n    raise NotImplementedError\n", "def f(x):\n", id="not implemented"),
        pytest.param("rust", "fn f() -> u8 {\n    todo!()\n}\n", "fn f() -> u8 {\n", id="rust"),
        pytest.param("typescript", "function f(): void {\n}\n", "function f(): void {\n", id="an empty body"),
        pytest.param("python", DOCUMENTED, None, id="nothing"),
        pytest.param("javascript", IN_JAVASCRIPT, None, id="nothing in braces"),
    ],
)
def test_what_is_missing(language: str, code: str, head: str | None) -> None:
    found = language_named(language)
    assert found is not None
    assert missing_head(code, found) == head


@pytest.mark.parametrize(
    ("language", "code", "head"),
    [
        pytest.param("python", DOCUMENTED, DOCUMENTED.removesuffix("    return x\n"), id="a docstring"),
        pytest.param("python", "# Twice.\n" + DOCUMENTED.replace('"""Return twice x."""', "pass"), None, id="none"),
        pytest.param("python", 'def double(x):\n    """Return twice x."""\n', None, id="no body"),
        pytest.param("python", "def double(x:\n", None, id="what does not parse"),
        pytest.param("python", "x = 1\n", None, id="no function"),
        pytest.param("python", DOCUMENTED + "    x += 1\n" * 40, None, id="a long body"),
        pytest.param("javascript", IN_JAVASCRIPT, IN_JAVASCRIPT.removesuffix("  return x;\n}\n"), id="javascript"),
        pytest.param("javascript", IN_JAVASCRIPT.partition("\n")[2], None, id="no comment"),
    ],
)
def test_what_is_documented(language: str, code: str, head: str | None) -> None:
    found = language_named(language)
    assert found is not None
    assert documented_head(code, found) == head


def task(command: str, code: str) -> Task:
    python = language_named("python")
    return Task(built_in_commands()[command], "a.py", code, python, select_symbol(code, python, "double"))


async def test_what_would_not_change_is_written_anew_from_its_documentation() -> None:
    writer = FakeWriter(texts=[f"```python\n{DOCUMENTED}```", "    return 2 * x\n"])
    proposal = await propose(writer, task("fix", DOCUMENTED))
    assert proposal.edit is not None
    assert proposal.edit.after == DOCUMENTED.replace("return x", "return 2 * x")
    asked = writer.questions[1]
    assert asked.opening == f"```python\n{DOCUMENTED.removesuffix('    return x' + chr(10))}"
    assert "return x\n" not in asked.messages[-1].content


async def test_what_has_no_documentation_is_asked_for_again() -> None:
    code = "def double(x):\n    return x\n"
    writer = FakeWriter(texts=[f"```python\n{code}```", "It has to be twice x.", "def double(x):\n    return 2 * x\n"])
    proposal = await propose(writer, task("fix", code))
    assert proposal.edit is not None
    assert proposal.edit.after == code.replace("return x", "return 2 * x")
    assert writer.questions[2].opening == "It has to be twice x.\n\n```python\n"
    unmoved = FakeWriter(texts=[f"```python\n{code}```", "It is right.", code])
    assert (await propose(unmoved, task("fix", code))).notice == UNCHANGED


async def test_what_is_missing_is_written_behind_what_is_there() -> None:
    code = "def double(x):\n    # Twice x.\n    ...\n"
    writer = FakeWriter(texts=["    return 2 * x\n"])
    heard: list[str] = []
    proposal = await propose(writer, task("complete", code), heard.append)
    assert proposal.edit is not None
    assert proposal.edit.after == code.replace("...", "return 2 * x") == "".join(heard)
    assert writer.questions[0].opening == "```python\ndef double(x):\n    # Twice x.\n"


@pytest.mark.parametrize(("command", "name"), [("simplify", "double"), ("edit", "twice")])
async def test_a_definition_keeps_its_name_unless_there_is_an_instruction(command: str, name: str) -> None:
    code = "def double(x):\n    y = x + x\n    return y\n"
    python = language_named("python")
    instruction = "Call it twice." if command == "edit" else ""
    wish = Task(built_in_commands()[command], "a.py", code, python, select_symbol(code, python, "double"), instruction)
    answer = "def twice(x):\n    return x + x if x else twice(x)\n"
    proposal = await propose(FakeWriter(texts=[f"```python\n{answer}```"]), wish)
    assert proposal.edit is not None
    assert proposal.edit.after == answer.replace("twice", name)


async def test_a_part_of_a_long_function_is_not_gone_on_with() -> None:
    body = "".join(f"    x += {number}  # {'a long line of words ' * 4}\n" for number in range(80))
    code = f'def double(x):\n    """Return twice x."""\n{body}    ...\n'
    writer = FakeWriter(texts=["I cannot.", ""] * 20)
    assert (await propose(writer, task("complete", code))).edit is None
    assert all(question.opening in {"", "```python\n"} for question in writer.questions)
