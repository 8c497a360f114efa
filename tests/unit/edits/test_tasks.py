"""What a task knows of its surroundings: signatures, diagnostics, syntax errors; and never a secret."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from fakes import FakeWriter
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.commands import built_in_commands
from fimble_server.activity import Diagnostic
from fimble_server.config import Settings
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Task
from fimble_server.edits.selection import Selection, select_symbol
from fimble_server.edits.tasks import find_command, make_task
from fimble_server.index import database_path
from fimble_server.workspace import Workspace

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
COMMANDS = built_in_commands()
MONEY = """class Money:
    def __init__(self, cents):
        self.cents = cents

    def plus(self, other):
        pass
"""
SHOP = "from money import Money\n\n\ndef total(items):\n    return sum(item.price for item in items\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "money.py").write_text(MONEY)
    return folder


def indexed(root: Path) -> Workspace:
    with Store.open(database_path(root)) as store:
        update(root, store)
    return Workspace([root], Settings())


def test_definitions_that_the_code_uses_come_with_it(root: Path) -> None:
    text = "from money import Money\n\n\ndef total(items):\n    first = Money(0)\n    return first.plus(items)\n"
    workspace = indexed(root)
    task = make_task(workspace, COMMANDS["fix"], root / "shop.py", text, Selection(3, 6))
    assert task.path == "shop.py"
    assert any("class Money" in snippet.text and "plus" in snippet.text for snippet in task.snippets)
    assert task.head == "from money import Money"
    task = make_task(workspace, COMMANDS["comment"], root / "shop.py", text, Selection(3, 6))
    assert task.snippets
    assert task.diagnostics == ()


def test_the_file_says_what_a_method_uses_and_what_it_is_in(root: Path) -> None:
    text = "import os\nimport math, re\n\n\nclass Circle(Shape):\n    n = 1\n    def area(self):\n        return math\n"
    task = make_task(indexed(root), COMMANDS["fix"], root / "shop.py", text, Selection(6, 8))
    assert task.head == "import math, re\nclass Circle(Shape):"


def test_diagnostics_of_the_lines_come_with_the_line_that_they_speak_of(root: Path) -> None:
    workspace = indexed(root)
    workspace.recent.complained(
        (root / "shop.py").as_posix(),
        [Diagnostic(4, 4, "'(' was never closed"), Diagnostic(0, 0, "unused import"), Diagnostic(99, 99, "x")],
    )
    task = make_task(workspace, COMMANDS["fix"], root / "shop.py", SHOP, Selection(3, 5))
    assert task.diagnostics == [
        "'(' was never closed (at `return sum(item.price for item in items`)",
        "syntax error (at `return sum(item.price for item in items`)",
    ]


CONNECT = f"""
    token = "{KEY}"

    def connect(self, token="{KEY}"):
        pass
"""
PLANTED = f"""from money import Money

TOKEN = "{KEY}"


def total(items, key="{KEY}"):
    Money().connect("{KEY}")
"""


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_secret_is_nowhere_in_what_is_asked(root: Path, name: str) -> None:
    (root / "money.py").write_text(MONEY + CONNECT)
    (root / "test_shop.py").write_text(f'from shop import total\n\nTOKEN = "{KEY}"\n')
    workspace = indexed(root)
    workspace.recent.complained((root / "shop.py").as_posix(), [Diagnostic(5, 6, f"cannot connect with {KEY!r}")])
    instruction = "Go" if name == "translate" else f"Use {KEY}."
    selection = select_symbol(PLANTED, language_named("python"), "total")
    task = make_task(workspace, COMMANDS[name], root / "shop.py", PLANTED, selection, instruction=instruction)
    writer = FakeWriter(texts=["x = 1"] * 3)
    await propose(writer, task)
    sent = msgspec.json.encode(writer.questions).decode()
    assert "total" in sent
    assert KEY not in sent
    assert KEY[4:] not in sent


async def test_a_secret_in_a_command_of_the_repository_is_not_asked(root: Path) -> None:
    command = replace(COMMANDS["fix"], template=f"Call it with {KEY}.")
    writer = FakeWriter(texts=["```\nx = 2\n```"])
    await propose(writer, Task(command, "shop.py", "x = 1\n", None, Selection(0, 1)))
    assert "Call it with" in str(writer.questions)
    assert KEY[4:] not in str(writer.questions)


def test_half_a_character_can_be_asked(root: Path) -> None:
    workspace = Workspace([root], Settings())
    workspace.recent.complained((root / "shop.py").as_posix(), [Diagnostic(0, 0, "bad \ud83d")])
    selection = Selection(0, 1)
    task = make_task(workspace, COMMANDS["fix"], root / "shop.py", "x = 1\n", selection, instruction="Say \ud83d")
    assert (task.instruction, task.diagnostics) == ("Say ?", ["bad ? (at `x = 1`)"])


@pytest.mark.parametrize("name", [".env", "notes.txt"])
def test_a_file_of_secrets_is_refused(root: Path, name: str) -> None:
    (root / ".env").write_text("A=1\n")
    (root / "notes.txt").symlink_to(".env")
    with pytest.raises(EditError, match="holds secrets"):
        make_task(Workspace([root], Settings()), COMMANDS["fix"], root / name, "A=1\n", Selection(0, 1))


def test_other_files_are_those_of_the_workspace(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root.parent / "outside" / "test_shop.py").write_text("outside\n")
    (root / "tests").symlink_to(root.parent / "outside")
    (root / "package.json").write_bytes(b"\0")
    task = make_task(Workspace([root], Settings()), COMMANDS["tests"], root / "shop.py", SHOP, Selection(3, 5))
    for name in ("tests/test_shop.py", "../outside/test_shop.py", ".env", "package.json"):
        assert task.read(name) is None


def test_the_file_that_tests_belong_into_is_read_as_the_user_has_it(root: Path) -> None:
    (root / "test_shop.py").write_text("on disk\n")
    workspace = indexed(root)
    task = make_task(workspace, COMMANDS["tests"], root / "shop.py", SHOP, Selection(3, 5))
    assert "test_shop.py" in task.paths
    assert task.read("test_shop.py") == "on disk\n"
    assert task.read("missing.py") is None
    task = make_task(
        workspace,
        COMMANDS["tests"],
        root / "shop.py",
        SHOP,
        Selection(3, 5),
        read=lambda path: f"{path.name} in the editor",
    )
    assert task.read("test_shop.py") == "test_shop.py in the editor"


def test_a_command_is_found_by_name(tmp_path: Path) -> None:
    assert find_command(None, "fix").title == "Fix"
    folder = tmp_path / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "doc.md").write_text("broken\n")
    with pytest.raises(EditError, match=r"doc\.md does not begin"):
        find_command(tmp_path, "doc")
    with pytest.raises(EditError, match="there is no command 'fly'; there are comment, complete"):
        find_command(tmp_path, "fly")
