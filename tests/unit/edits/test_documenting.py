"""Documentation is put where the language has it; the code stays."""

import pytest

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.commands import built_in_commands
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.selection import Selection, select_symbol


async def document(path: str, text: str, symbol: str, answer: str, *, cut: bool = False) -> tuple[Proposal, FakeWriter]:
    language = language_for_path(path)
    writer = FakeWriter(texts=[answer], is_cut_off=cut)
    task = Task(built_in_commands()["doc"], path, text, language, select_symbol(text, language, symbol))
    return await propose(writer, task), writer


@pytest.mark.parametrize(
    ("path", "text", "symbol", "answer", "expected"),
    [
        pytest.param(
            "a.py",
            "class A:\n    @cache\n    def f(self, x: int,\n          y=2):\n        return x\n",
            "f",
            "Return x.\n\n    Args:\n        x: the number\n    ",
            "class A:\n    @cache\n    def f(self, x: int,\n          y=2):\n"
            '        """Return x.\n\n        Args:\n            x: the number\n        """\n        return x\n',
            id="Python",
        ),
        pytest.param("a.py", "def f():\n    pass\n", "f", "Do.", 'def f():\n    """Do."""\n    pass\n', id="one line"),
        pytest.param(
            "a.py",
            'def f():\r\n    """Old.\r\n\r\n    More.\r\n    """\r\n    pass\r\n',
            "f",
            " New. ",
            'def f():\r\n    """New."""\r\n    pass\r\n',
            id="in the place of the old one",
        ),
        pytest.param("a.py", "class A:\n    x = 1\n", "A", "A.", 'class A:\n    """A."""\n    x = 1\n', id="class"),
        pytest.param(
            "a.py", "def f():\n    pass\n", "f", "A \\d.", 'def f():\n    r"""A \\d."""\n    pass\n', id="raw"
        ),
        pytest.param(
            "a.js",
            "class A {\n  f(x) {\n    return x;\n  }\n}\n",
            "f",
            "Return x.\n * @param {number} x the number\n ",
            "class A {\n  /**\n   * Return x.\n   * @param {number} x the number\n   */\n"
            "  f(x) {\n    return x;\n  }\n}\n",
            id="JavaScript",
        ),
        pytest.param(
            "a.ts",
            "/**\n * Old.\n */\nexport function f() {}\n",
            "f",
            "New.\n ",
            "/**\n * New.\n */\nexport function f() {}\n",
            id="TypeScript, old",
        ),
        pytest.param(
            "a.go",
            "package a\n\n// F is old.\nfunc F() {}\n",
            "F",
            "returns nothing.\n// Never.\nfunc F() {}",
            "package a\n\n// F returns nothing.\n// Never.\nfunc F() {}\n",
            id="Go",
        ),
        pytest.param(
            "a.rs",
            "#[inline]\nfn f() {}\n",
            "f",
            "Does nothing.\n",
            "/// Does nothing.\n#[inline]\nfn f() {}\n",
            id="Rust, above attributes",
        ),
        pytest.param(
            "a.c",
            "/** The count. */\nint count; /* of items */\nvoid f(void) {}\n",
            "f",
            "Do.\n ",
            "/** The count. */\nint count; /* of items */\n/**\n * Do.\n */\nvoid f(void) {}\n",
            id="C, below a comment behind code",
        ),
        pytest.param(
            "a.js",
            "/** A. */\nclass A {}\n/*\n Part two */\nfunction f() {}\n",
            "f",
            "Do.\n ",
            "/** A. */\nclass A {}\n/*\n Part two */\n/**\n * Do.\n */\nfunction f() {}\n",
            id="JavaScript, below a comment that is no documentation",
        ),
        pytest.param(
            "a.js",
            "/**\n * Reads src/*.js, src/**.\n */\nfunction f() {}\n",
            "f",
            "New.\n ",
            "/**\n * New.\n */\nfunction f() {}\n",
            id="JavaScript, old with stars",
        ),
        pytest.param(
            "a.go",
            "package a\n\n// F is old.\n//go:noinline\nfunc F() {}\n",
            "F",
            "returns.\nfunc F() {}",
            "package a\n\n// F returns.\n//go:noinline\nfunc F() {}\n",
            id="Go, above what the compiler obeys",
        ),
        pytest.param(
            "a.sh",
            "# shellcheck disable=SC2086\n# Old.\nf() {\n  true\n}\n",
            "f",
            "New.\n",
            "# shellcheck disable=SC2086\n# New.\nf() {\n  true\n}\n",
            id="Bash, below what a linter obeys",
        ),
        pytest.param(
            "a.py",
            "\ufeffdef f():\n    pass\n",
            "f",
            'Return "x"',
            '\ufeffdef f():\n    """Return "x"\n    """\n    pass\n',
            id="a byte order mark, and a quote at the end",
        ),
    ],
)
async def test_documentation_is_placed(path: str, text: str, symbol: str, answer: str, expected: str) -> None:
    proposal, writer = await document(path, text, symbol, answer)
    assert proposal.edit is not None
    assert proposal.edit.after == expected
    assert proposal.problems == ()
    assert "Old" not in writer.questions[0].messages[-1].content


async def test_the_answer_begins_within_the_code() -> None:
    _, writer = await document("a.py", "class A:\n    def f(self):\n        pass\n", "f", "Do.")
    assert writer.questions[0].opening == '```python\ndef f(self):\n    """'
    assert '"""' in writer.questions[0].stop


async def test_it_is_written_as_others_in_the_file_are() -> None:
    text = 'def g():\n    """Go.\n\n    :returns: nothing\n    """\n\n\ndef f():\n    pass\n'
    _, writer = await document("a.py", text, "f", "Do.")
    assert ":returns: nothing" in writer.questions[0].messages[-1].content


async def test_what_is_cut_off_ends_with_a_sentence() -> None:
    proposal, _ = await document("a.py", "def f():\n    pass\n", "f", "Do this. And then a lot", cut=True)
    assert proposal.edit is not None
    assert '"""Do this."""' in (proposal.edit.after or "")


@pytest.mark.parametrize("answer", ["", "  \n", "```\nx"])
async def test_no_documentation_is_said(answer: str) -> None:
    proposal, _ = await document("a.py", "def f():\n    pass\n", "f", answer)
    assert proposal.edit is None
    assert "no code" in proposal.notice


async def test_what_cannot_be_documented_is_refused() -> None:
    command = built_in_commands()["doc"]
    with pytest.raises(EditError, match="no definition to document"):
        await propose(FakeWriter(), Task(command, "a.py", "x = 1\n", language_for_path("a.py"), Selection(0, 1)))
    with pytest.raises(EditError, match="no place"):
        await document("a.py", "def f(): pass\n", "f", "x")


async def test_an_example_that_is_repeated_is_left_out() -> None:
    example = '    """Return the sum of both numbers, which may be negative.\n\n    Raises nothing at all.\n    """\n'
    text = f"def add(a, b):\n{example}    return a + b\n\n\ndef half(x):\n    return x / 2\n"
    python = language_for_path("a.py")
    task = Task(built_in_commands()["doc"], "a.py", text, python, select_symbol(text, python, "half"))
    copied = "Return the sum of both numbers, which may be negative.\n\n    Raises nothing at all.\n    "
    writer = FakeWriter(texts=[copied, "Return half of x."])
    proposal = await propose(writer, task)
    assert proposal.edit is not None
    assert proposal.edit.after == text.replace("x):\n", 'x):\n    """Return half of x."""\n')
    assert ["the sum of both" in question.messages[-1].content for question in writer.questions] == [True, False]
