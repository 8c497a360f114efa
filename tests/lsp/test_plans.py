"""Code blocks, plans and commands through the protocol."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor

CART = '''"""The cart."""


class Cart:
    """Items that a customer wants to buy."""

    def __init__(self) -> None:
        self.items: list[float] = []

    def add(self, price: float) -> None:
        self.items.append(price)
'''
TEST = """from cart import Cart


def test_add() -> None:
    cart = Cart()
    cart.add(1.5)
    assert cart.items == [1.5]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cart.py").write_text(CART, encoding="utf-8")
    (folder / "test_cart.py").write_text(TEST, encoding="utf-8")
    (folder / "conftest.py").write_text("", encoding="utf-8")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    (folder / ".env").write_text("KEY=1\n", encoding="utf-8")
    return folder


@pytest.fixture
async def window(shop: Path) -> AsyncIterator[Editor]:
    operations = [types.ResourceOperationKind.Create, types.ResourceOperationKind.Delete]
    edits = types.WorkspaceEditClientCapabilities(document_changes=True, resource_operations=operations)
    async with await Editor.start(shop, edits=edits) as editor:
        yield editor


async def ask(window: Editor, method: str, **parameters: Any) -> Any:
    answer = await window.client.protocol.send_request_async(method, parameters)  # type: ignore[no-untyped-call]
    return plain(answer)


def plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def changed(text: str, edits: list[dict[str, Any]]) -> str:
    """Apply text edits of a document whose characters take one code unit each."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(position: dict[str, int]) -> int:
        return starts[position["line"]] + position["character"]

    for edit in sorted(edits, key=lambda edit: -offset(edit["range"]["start"])):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


async def test_a_block_becomes_an_edit_of_the_document_as_it_is(window: Editor, shop: Path) -> None:
    uri = (shop / "cart.py").as_uri()
    window.open(uri, CART)
    window.edit(uri, 0, 0, "# é 𝄞\n")
    code = "def add(self, price: float) -> None:\n    self.items.insert(0, price)"

    answer = await ask(window, "fimble/applyCode", code=code, textDocument={"uri": uri})

    (change,) = answer["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 2}
    assert changed(window.texts[uri], change["edits"]) == window.texts[uri].replace("append(", "insert(0, ")
    assert answer["how"] == "replaced method Cart.add"
    assert answer["diff"].count("\n+") == 2
    assert answer["notice"] == ""


async def test_a_block_goes_to_the_cursor(window: Editor, shop: Path) -> None:
    uri = (shop / "cart.py").as_uri()
    window.open(uri, CART + "\n")
    end = {"line": CART.count("\n"), "character": 0}

    answer = await ask(window, "fimble/applyCode", code="print(Cart())", textDocument={"uri": uri}, position=end)
    refused = await ask(
        window, "fimble/applyCode", code="print(1)", textDocument={"uri": uri}, position={"line": 0, "character": 5}
    )

    (change,) = answer["edit"]["documentChanges"]
    assert changed(CART + "\n", change["edits"]) == CART + "print(Cart())\n"
    assert refused["edit"] is None
    assert "string or a comment" in refused["notice"]


async def test_a_block_for_a_file_that_is_not_there(window: Editor, shop: Path) -> None:
    answer = await ask(window, "fimble/applyCode", code="x = 1", path="new/config.py")

    create, change = answer["edit"]["documentChanges"]
    assert create["kind"] == "create"
    assert create["uri"] == (shop / "new/config.py").as_uri()
    assert change["edits"][0]["newText"] == "x = 1\n"
    assert not (shop / "new").exists()


async def test_a_block_goes_into_what_the_editor_has_open(shop: Path) -> None:
    """The folder is reached by a link, the URI is spelled as the editor likes, and the buffer is not saved."""
    (shop.parent / "link").symlink_to(shop)
    (shop / "cart@2.py").write_text(CART, encoding="utf-8")
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    async with await Editor.start(shop.parent / "link", edits=edits) as editor:
        uri = f"file://{shop.parent.as_posix()}/link/cart@2.py"
        editor.open(uri, f"# A line above.\n{CART}")
        answer = await ask(
            editor,
            "fimble/applyCode",
            code="def add(self, price):\n    pass",
            path="cart@2.py",
            textDocument={"uri": uri},
        )
    (change,) = answer["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    after = changed(f"# A line above.\n{CART}", change["edits"])
    assert after.startswith("# A line above.\n")
    assert "    def add(self, price):\n        pass\n" in after


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", ".git/config", ".env"])
async def test_files_outside_are_refused(window: Editor, shop: Path, path: str) -> None:
    with pytest.raises(JsonRpcException):
        await ask(window, "fimble/applyCode", code="x = 1", path=path)
    with pytest.raises(JsonRpcException):
        await ask(window, "fimble/applyCode", code="x = 1", textDocument={"uri": (shop / ".env").as_uri()})


@pytest.mark.model
async def test_a_plan_is_made_previewed_and_applied_as_one_edit(model: Path, window: Editor, shop: Path) -> None:
    await window.indexed()
    question = (
        "Add a method total to the class Cart that returns the sum of its items, and a test of it in test_cart.py."
    )
    before = {path.name: path.read_bytes() for path in shop.iterdir()}

    plan = await ask(window, "fimble/plan", question=question)

    assert {(step["action"], step["path"]) for step in plan["steps"]} >= {("change", "cart.py")}
    assert all(step["path"] in before or step["action"] == "create" for step in plan["steps"])
    assert plan["testCommand"] == "python -m pytest -q"
    with pytest.raises(JsonRpcException, match="preview it first"):
        await ask(window, "fimble/applyPlan", plan=plan["plan"], steps=[1])

    chosen = []
    for step in plan["steps"]:
        draft = await ask(window, "fimble/planStep", plan=plan["plan"], step=step["id"])
        if draft["edit"] and not draft["problems"]:
            chosen.append(step)
    assert "cart.py" in [step["path"] for step in chosen]
    assert {path.name: path.read_bytes() for path in shop.iterdir()} == before

    answer = await ask(window, "fimble/applyPlan", plan=plan["plan"], steps=[step["id"] for step in chosen])
    changes = [change for change in answer["edit"]["documentChanges"] if change.get("textDocument")]
    texts = {
        change["textDocument"]["uri"].rpartition("/")[2]: changed(
            before.get(change["textDocument"]["uri"].rpartition("/")[2], b"").decode(), change["edits"]
        )
        for change in changes
    }
    scope: dict[str, Any] = {}
    exec(texts["cart.py"], scope)
    cart = scope["Cart"]()
    cart.add(1.5)
    cart.add(2.5)
    assert (cart.total() if callable(cart.total) else cart.total) == 4.0

    window.open((shop / "cart.py").as_uri(), CART + "# changed meanwhile\n")
    with pytest.raises(JsonRpcException, match="changed meanwhile"):
        await ask(window, "fimble/applyPlan", plan=plan["plan"], steps=[step["id"] for step in chosen])


async def test_a_command_runs_only_with_consent(window: Editor, shop: Path) -> None:
    command = f'"{sys.executable}" -m pytest -q -p no:cacheprovider test_cart.py'

    asked = await ask(window, "fimble/runCommand", command=command)
    assert asked == {"command": command, "folder": str(shop), "consent": asked["consent"]}
    for wrong in ({"command": f"{command} -x", "consent": asked["consent"]}, {"command": command, "consent": "guess"}):
        with pytest.raises(JsonRpcException, match="not agreed"):
            await ask(window, "fimble/runCommand", **wrong)

    asked = await ask(window, "fimble/runCommand", command=command)
    done = await ask(window, "fimble/runCommand", command=command, consent=asked["consent"])
    assert done["exitCode"] == 0
    assert "1 passed" in done["output"]
    with pytest.raises(JsonRpcException, match="not agreed"):
        await ask(window, "fimble/runCommand", command=command, consent=asked["consent"])


async def test_parameters_of_another_form_are_told(window: Editor) -> None:
    for method in ("applyCode", "plan", "planStep", "applyPlan", "runCommand"):
        with pytest.raises(JsonRpcException, match="another form"):
            await ask(window, f"fimble/{method}", wrong=1)
    with pytest.raises(JsonRpcException, match="not open any more"):
        await ask(window, "fimble/planStep", plan="plan9", step=1)


async def test_an_editor_that_cannot_create_files_is_told(shop: Path) -> None:
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    async with await Editor.start(shop, edits=edits) as plain_editor:
        with pytest.raises(JsonRpcException, match="cannot create files"):
            await ask(plain_editor, "fimble/applyCode", code="x = 1", path="new.py")
