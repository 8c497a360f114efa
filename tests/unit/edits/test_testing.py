"""Tests go into the file where the repository has them, in its framework, behind those that there are."""

import ast

import pytest

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.commands import built_in_commands
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.places_of_tests import place_of_tests
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF
from fimble_server.edits.selection import Selection, select_symbol

SOURCE = "def plus(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("path", "text", "files", "expected", "framework", "import_line"),
    [
        pytest.param("shop/cart.py", SOURCE, {}, "tests/test_cart.py", "pytest", "from cart import plus", id="nothing"),
        pytest.param(
            "src/shop/cart.py",
            SOURCE,
            {"src/shop/__init__.py": "", "tests/unit/test_cart.py": "import pytest\n"},
            "tests/unit/test_cart.py",
            "pytest",
            "from shop.cart import plus",
            id="the file is there",
        ),
        pytest.param(
            "shop/cart.py",
            SOURCE,
            {"shop/__init__.py": "", "tests/shop_test.py": "import unittest\nclass A(unittest.TestCase): ..."},
            "tests/cart_test.py",
            "unittest",
            "from shop.cart import plus",
            id="as others are called, unittest",
        ),
        pytest.param(
            "cart.py",
            SOURCE,
            {"pyproject.toml": "[dependency-groups]\ndev = ['pytest']"},
            "tests/test_cart.py",
            "pytest",
            "from cart import plus",
            id="by the manifest",
        ),
        pytest.param(
            "src/cart.js",
            "module.exports = { plus }",
            {"package.json": '{"devDependencies": {"jest": "1"}}'},
            "src/cart.test.js",
            "Jest",
            'const { plus } = require("./cart.js");',
            id="Jest, CommonJS, beside the code",
        ),
        pytest.param(
            "src/cart.ts",
            "export function plus() {}",
            {"test/money.spec.ts": 'import { expect } from "vitest";'},
            "test/cart.spec.ts",
            "Vitest",
            'import { plus } from "../src/cart";',
            id="Vitest, in a folder",
        ),
        pytest.param(
            "src/cart.js",
            "export default function plus() {}",
            {"test/a.test.js": 'import test from "node:test";'},
            "test/cart.test.js",
            "node:test and node:assert",
            'import plus from "../src/cart.js";',
            id="node:test, default export",
        ),
        pytest.param("a/cart.go", "package a\n", {}, "a/cart_test.go", "the package testing", "", id="Go"),
        pytest.param("a/Cart.java", "package a;\n", {}, "a/CartTest.java", "JUnit 5", "", id="Java"),
    ],
)
def test_the_place(
    path: str, text: str, files: dict[str, str], expected: str, framework: str, import_line: str
) -> None:
    language = language_for_path(path)
    assert language is not None
    place = place_of_tests(path, text, "plus", language, [path, *files], files.get)
    assert place is not None
    assert (place.path, place.framework.name, place.import_line) == (expected, framework, import_line)


async def write(
    text: str, symbol: str, answer: str, files: dict[str, str], path: str = "cart.py", *, cut: bool = False
) -> tuple[Proposal, FakeWriter]:
    language = language_for_path(path)
    writer = FakeWriter(texts=[answer], is_cut_off=cut)
    selection = select_symbol(text, language, symbol)
    task = Task(built_in_commands()["tests"], path, text, language, selection, paths=[path, *files], read=files.get)
    return await propose(writer, task), writer


async def test_a_new_file() -> None:
    proposal, writer = await write(SOURCE, "plus", "(1, 2) == 3\n", {})
    assert proposal.edit is not None
    assert (proposal.edit.path, proposal.edit.before) == ("tests/test_cart.py", None)
    expected = "from cart import plus\n\n\ndef test_plus():\n    assert plus(1, 2) == 3\n"
    assert proposal.edit.after == expected
    assert f"```python\n{expected}" == f"{writer.questions[0].opening}(1, 2) == 3\n"
    assert "with pytest" in writer.questions[0].messages[-1].content


async def test_tests_are_added_behind_the_others_with_the_import_among_theirs() -> None:
    old = "import os\r\nfrom cart import minus\r\n\r\n\r\ndef test_plus():\r\n    assert minus(2, 1) == 1\r\n"
    proposal, writer = await write(
        SOURCE, "plus", "(1, 2) == 3\n\n\ndef test_more():\n    pass", {"tests/test_cart.py": old}
    )
    assert proposal.edit is not None
    after = proposal.edit.after or ""
    assert after.startswith("import os\r\nfrom cart import minus, plus\r\n\r\n\r\ndef test_plus():\r\n")
    names = [node.name for node in ast.parse(after).body if isinstance(node, ast.FunctionDef)]
    assert names == ["test_plus", "test_plus_2", "test_more"]
    assert after.count("\n") == after.count("\r\n")
    assert "minus(2, 1)" in writer.questions[0].messages[-1].content


@pytest.mark.parametrize(
    ("path", "text", "old", "head"),
    [
        (
            "cart.py",
            SOURCE,
            "from cart import (\n    minus,\n    times,\n)\n",
            "from cart import (\n    minus,\n    times,\n    plus,\n)\n",
        ),
        ("cart.py", SOURCE, "import os\n\f\nimport sys\n", "import os\n\f\nimport sys\nfrom cart import plus\n"),
        ("cart.py", SOURCE, '"""Tests."""\n', '"""Tests."""\n\nfrom cart import plus\n'),
        ("cart.py", SOURCE, "def test_a():\n    import os\n    assert os\n", "from cart import plus\n\ndef test_a"),
        (
            "cart.js",
            "export function plus() {}",
            'import {\n  minus,\n} from "./cart.js";\n',
            'import {\n  minus, plus,\n} from "./cart.js";\n',
        ),
        (
            "cart.js",
            "module.exports = { plus };\nfunction plus() {}",
            'const a = require("a");\n',
            'const a = require("a");\nconst { plus } = require("./cart.js");\n',
        ),
        ("cart.rb", "def plus(a)\n  a\nend\n", 'require "rspec"\n', 'require "rspec"\nrequire_relative "cart"\n'),
        (
            "cart.go",
            "package a\n\nfunc Plus() {}\n",
            'package a\n\nimport "testing"\n',
            'package a\n\nimport "testing"\n\nfunc TestPlus',
        ),
    ],
)
async def test_the_import_gets_into_its_place(path: str, text: str, old: str, head: str) -> None:
    name = {"cart.py": "test_cart.py", "cart.js": "cart.test.js", "cart.rb": "cart_spec.rb"}.get(path, "cart_test.go")
    symbol = "Plus" if path == "cart.go" else "plus"
    answer = "}\n" if path == "cart.go" else '", () => {});\n' if path == "cart.js" else "(1, 2)\n"
    proposal, _ = await write(text, symbol, answer, {name: old}, path)
    assert proposal.edit is not None
    assert (proposal.edit.after or "").startswith(head)
    assert proposal.problems == () or path == "cart.rb"


async def test_every_test_has_a_name_of_its_own() -> None:
    old = "def test_plus():\n    pass\n\n\nclass TestOther:\n    def test_b(self):\n        pass\n"
    answer = "(1, 2)\n\n\ndef test_plus():\n    pass\n\n\ndef test_b():\n    pass\n"
    proposal, _ = await write(SOURCE, "plus", answer, {"tests/test_cart.py": old})
    assert proposal.edit is not None
    names = [node.name for node in ast.parse(proposal.edit.after or "").body if isinstance(node, ast.FunctionDef)]
    assert names == ["test_plus", "test_plus_2", "test_plus_3", "test_b"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("(1, 2) == 3\n\n\ndef test_b():\n    assert plus(1", "(1, 2) == 3\n", id="a test"),
        pytest.param("(1, 2) == 3\n    assert plus(1", "(1, 2) == 3\n", id="a line"),
        pytest.param("(1, 2) == 3\n    a = [\n        1,\n        2,", "(1, 2) == 3\n", id="several lines"),
    ],
)
async def test_what_is_cut_off_is_left_out(answer: str, expected: str) -> None:
    proposal, _ = await write(SOURCE, "plus", answer, {}, cut=True)
    assert proposal.edit is not None
    assert (proposal.edit.after or "").endswith(f"def test_plus():\n    assert plus{expected}")
    assert proposal.problems == ()
    proposal, _ = await write(SOURCE, "plus", "(\n", {}, cut=True)
    assert (proposal.edit, proposal.notice) == (None, CUT_OFF)


async def test_what_says_the_same_on_and_on_is_ended() -> None:
    answer = "".join(f"({number}, 2) == {number + 2}\n    assert plus" for number in range(50))
    proposal, _ = await write(SOURCE, "plus", answer, {})
    assert proposal.edit is not None
    assert (proposal.edit.after or "").count("assert plus(") in {5, 6}
    assert proposal.problems == ()
    same = "".join("(1, 2) == 3\n    assert plus" for _ in range(50))
    proposal, _ = await write(SOURCE, "plus", same, {})
    assert proposal.edit is not None
    assert (proposal.edit.after or "").count("assert plus(") == 1


async def test_a_method_is_tested_by_its_class() -> None:
    text = "class Cart:\n    def addItem(self):\n        pass\n"
    _, writer = await write(text, "addItem", "():\n    pass", {})
    assert writer.questions[0].opening.endswith("from cart import Cart\n\n\ndef test_add_item")


async def test_what_cannot_be_tested_is_refused() -> None:
    command = built_in_commands()["tests"]
    with pytest.raises(EditError, match="no definition to test"):
        await propose(FakeWriter(), Task(command, "a.py", "x = 1\n", language_for_path("a.py"), Selection(0, 1)))
    with pytest.raises(EditError, match="does not know"):
        await write("f() {\n  true\n}\n", "f", "", {}, "a.sh")
