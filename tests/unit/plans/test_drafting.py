"""Steps of plans made edits, by a model that says what the test wants."""

from pathlib import Path
from typing import Any

import pytest

from fakes import FakeWriter
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import read_source
from fimble_server.edits.paths import PathError
from fimble_server.plans.drafting import Draft, draft_step
from fimble_server.plans.session import OpenPlan, OpenPlans
from fimble_server.plans.steps import Action, Plan, PlanError, Step

CART = """from shop.items import Item


class Cart:
    def add(self, item: Item) -> None:
        self.items.append(item)

    def total(self) -> float:
        return 0.0


API_KEY = "sk-proj-abcdefghij0123456789abcdefghij0123"
"""
CLEAR = "class Cart:\n    def clear(self) -> None:\n        self.items = []\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "shop/cart.py").write_text(CART, encoding="utf-8")
    (tmp_path / "tests/test_items.py").write_text("from shop.items import Item\n", encoding="utf-8")
    return tmp_path


def plan_of(*steps: tuple[Action, str]) -> Plan:
    return Plan("Add Cart.clear", tuple(Step(i, action, path, f"do {i}") for i, (action, path) in enumerate(steps, 1)))


async def drafted(
    engine: FakeWriter, root: Path, plan: Plan, number: int = 1, edits: dict[int, FileEdit] | None = None
) -> Draft:
    read = lambda path: read_source(root / path)  # noqa: E731 - as the callers do
    return await draft_step(engine, root, plan, plan.steps[number - 1], read, edits or {})


async def test_a_change_is_put_into_its_place(root: Path) -> None:
    engine = FakeWriter(texts=[CLEAR])

    draft = await drafted(engine, root, plan_of(("change", "shop/cart.py")))

    assert draft.edit is not None
    assert draft.edit.before == CART
    assert draft.edit.after == CART.replace(
        "return 0.0\n", "return 0.0\n\n    def clear(self) -> None:\n        self.items = []\n"
    )
    assert draft.problems == ()
    assert "added method Cart.clear" in draft.how
    (request,) = engine.questions
    assert "class Cart" in request.messages[-1].content
    assert "sk-proj" not in str(request)
    assert request.opening == "```python\n"
    assert (root / "shop/cart.py").read_text(encoding="utf-8") == CART


async def test_what_cannot_be_put_is_asked_for_once_more_with_the_reason(root: Path) -> None:
    engine = FakeWriter(texts=["print('hello')", CLEAR])

    draft = await drafted(engine, root, plan_of(("change", "shop/cart.py")))

    assert draft.edit is not None
    assert "names no definition" in engine.questions[1].messages[-1].content
    assert engine.questions[1].messages[-2].role == "assistant"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("print('hello')", "names no definition"),
        ("class Cart:\n    def total(self) -> float:\n        return (0.0\n", "syntax error"),
        (CART.split("\n\n\n")[1], "changes nothing"),
        ('API_KEY = "<redacted>"', "secret"),
        ("", "empty"),
    ],
)
async def test_what_cannot_be_put_twice_is_no_edit(root: Path, text: str, problem: str) -> None:
    draft = await drafted(FakeWriter(texts=[text, text]), root, plan_of(("change", "shop/cart.py")))

    assert draft.edit is None
    assert problem in draft.problems[0]


async def test_an_answer_without_an_end_is_no_edit(root: Path) -> None:
    draft = await drafted(FakeWriter(texts=[CLEAR], is_cut_off=True), root, plan_of(("change", "shop/cart.py")))

    assert draft.edit is None
    assert "no end" in draft.problems[0]


async def test_tests_that_go_on_and_on_are_ended_where_they_are_whole(root: Path) -> None:
    first = "from shop.cart import Cart\n\n\ndef test_total():\n    assert Cart().total() == 0\n"
    endless = f"{first}\n\ndef test_more():\n" + "".join(f"    assert Cart().total() != {n}\n" for n in range(90))
    draft = await drafted(FakeWriter(texts=[endless]), root, plan_of(("create", "tests/test_cart.py")))

    assert draft.edit is not None
    assert draft.edit.after == first
    assert draft.problems == ()


async def test_a_new_file_sees_what_it_is_about_and_one_like_it(root: Path) -> None:
    engine = FakeWriter(texts=["def test_clear():\n    assert True\n"])
    plan = plan_of(("change", "shop/cart.py"), ("create", "tests/test_cart.py"))
    edits = {1: FileEdit("shop/cart.py", CART, CART.replace("def total", "def clear(self): ...\n\n    def total"))}

    draft = await drafted(engine, root, plan, 2, edits)

    assert draft.edit == FileEdit("tests/test_cart.py", None, "def test_clear():\n    assert True\n")
    content = engine.questions[0].messages[-1].content
    assert "def clear" in content
    assert "tests/test_items.py" in content
    assert "sk-proj" not in content


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("a.py", "def f():\n    return 1\n\n# Example usage:\nx = f()\nprint(x)", "def f():\n    return 1\n"),
        ("a.py", "def f():\n    if x:\n        # Example\n        return 1\n    return 2", ...),
        ("a.py", "import os\n\n# Tests\ndef f():\n    return 1", ...),
        ("tests/test_a.js", 'const a = require("a");\n\n// Tests\ntest("a", () => {});', ...),
        ("a.md", "# Title\n\n# Examples\n\nRun it.", ...),
        ("a.yaml", "a: 1\n# Samples\nb: 2", ...),
    ],
)
async def test_only_an_example_below_definitions_is_left_out(root: Path, path: str, code: str, expected: Any) -> None:
    draft = await drafted(FakeWriter(texts=[code]), root, plan_of(("create", path)))

    assert draft.edit == FileEdit(path, None, f"{code}\n" if expected is ... else expected)


async def test_a_file_is_removed_without_a_model(root: Path) -> None:
    draft = await drafted(FakeWriter(), root, plan_of(("remove", "shop/cart.py")))

    assert draft.edit == FileEdit("shop/cart.py", CART, None)


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("create", "shop/cart.py"),
        ("change", "shop/gone.py"),
        ("remove", "gone.py"),
        ("create", "../a.py"),
        ("change", ".env"),
    ],
)
async def test_a_step_is_checked_again_when_it_is_carried_out(root: Path, action: Action, path: str) -> None:
    with pytest.raises((PlanError, PathError)):
        await drafted(FakeWriter(texts=[CLEAR]), root, plan_of((action, path)))


async def test_a_file_that_tools_obey_is_told(root: Path) -> None:
    draft = await drafted(FakeWriter(texts=["on: push\n"]), root, plan_of(("create", ".github/workflows/a.yml")))

    assert draft.edit is not None
    assert "without a question" in draft.problems[0]


async def test_a_long_file_is_shown_by_what_the_step_is_about(root: Path) -> None:
    long = "import os\n\n\n" + "\n\n".join(f"def function_{i}(a):\n    return {i} * a\n" for i in range(400))
    (root / "long.py").write_text(long, encoding="utf-8")
    plan = Plan("Double function_377", (Step(1, "change", "long.py", "return twice as much in function_377"),))
    engine = FakeWriter(texts=["def function_377(a):\n    return 2 * 377 * a\n"])

    draft = await drafted(engine, root, plan)

    assert draft.edit is not None
    assert draft.edit.after == long.replace("return 377 * a", "return 2 * 377 * a")
    content = engine.questions[0].messages[-1].content
    assert "def function_377" in content
    assert "import os" in content
    assert len(content) < 5000


def test_chosen_steps_are_one_edit_or_none() -> None:
    plan = plan_of(("change", "a.py"), ("create", "b.py"), ("change", "c.py"))
    opened = OpenPlan(Path("/workspace"), plan)
    opened.drafts = {1: Draft(FileEdit("a.py", "a", "b")), 2: Draft(FileEdit("b.py", None, "b")), 3: Draft(None)}
    texts: dict[str, str | None] = {"a.py": "a", "b.py": None}

    assert [edit.path for edit in opened.chosen([2, 1, 2], texts.__getitem__)] == ["b.py", "a.py"]
    for numbers, reason in (([1, 3], "no edit"), ([4], "no step"), ([], "No step")):
        with pytest.raises(PlanError, match=reason):
            opened.chosen(numbers, texts.__getitem__)
    for path, text in (("a.py", "changed"), ("a.py", None), ("b.py", "there")):
        with pytest.raises(PlanError, match="changed meanwhile"):
            opened.chosen([1, 2], {**texts, path: text}.__getitem__)


def test_a_name_is_that_of_one_plan_also_in_another_server() -> None:
    plan = OpenPlan(Path(), plan_of(("change", "a.py")))
    assert len({OpenPlans().add(plan) for _ in range(20)}) == 20


def test_the_oldest_plans_make_room() -> None:
    plans = OpenPlans()
    names = [plans.add(OpenPlan(Path(), plan_of(("change", "a.py")))) for _ in range(20)]

    assert plans.get(names[-1]).plan.question
    with pytest.raises(PlanError, match="not open any more"):
        plans.get(names[0])
