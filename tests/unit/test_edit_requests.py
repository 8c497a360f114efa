"""Edits of files that a command chooses by itself: as the editor has them, in the workspace, and only if it can."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from fakes import FakeWriter
from fimble_indexer.syntax.languages import language_named
from fimble_server.config import Settings
from fimble_server.documents import Document
from fimble_server.edits.proposal import Proposal
from fimble_server.errors import FimbleError
from fimble_server.lsp.edits import propose_edit, read_request
from fimble_server.lsp.server import FimbleServer
from fimble_server.workspace import Workspace

CODE = "def plus(a, b):\n    return a + b\n"
TESTS = "from cart import minus\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "a@b"
    folder.mkdir()
    (folder / "cart.py").write_text(CODE)
    return folder


async def write_tests(server: FimbleServer, root: Path, uri: str, *operations: str) -> tuple[Proposal, str]:
    server.window = Workspace([root], Settings())
    server.window.engine = FakeWriter(texts=["():\n    assert plus(1, 2) == 3\n"])
    kinds = [types.ResourceOperationKind(operation) for operation in operations]
    edits = types.WorkspaceEditClientCapabilities(document_changes=True, resource_operations=kinds)
    server.protocol.client_capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(workspace_edit=edits)
    )
    cursor = {"line": 0, "character": 0}
    wish: dict[str, Any] = {"textDocument": {"uri": uri}, "range": {"start": cursor, "end": cursor}, "command": "tests"}
    return await propose_edit(server, read_request(wish))


async def test_the_file_of_tests_is_what_the_editor_has_of_it(root: Path) -> None:
    (root / "tests").mkdir()
    (root / "tests" / "test_cart.py").write_text("x = 1\n")
    server = FimbleServer()
    uri = f"file://{root.as_posix()}/tests/test_cart.py"  # ours would have %40
    server.documents.open(Document(uri, TESTS, 3))
    proposal, about = await write_tests(server, root, (root / "cart.py").as_uri())
    assert about == uri
    assert proposal.edit is not None
    assert (proposal.edit.before or "") == TESTS
    assert "minus, plus" in (proposal.edit.after or "")


async def test_a_byte_order_mark_is_not_in_what_the_editor_has(root: Path) -> None:
    (root / "tests").mkdir()
    (root / "tests" / "test_cart.py").write_text("\ufeff" + TESTS)
    server = FimbleServer()
    proposal, _ = await write_tests(server, root, (root / "cart.py").as_uri())
    assert proposal.edit is not None
    assert proposal.edit.before == TESTS

    (root / "cart.py").write_text("\ufeff" + CODE)
    server.window.engine = FakeWriter(texts=["def plus(a, b):\n    return b + a\n"] * 3)
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}
    wish = {"textDocument": {"uri": (root / "cart.py").as_uri()}, "range": place, "command": "fix"}
    proposal, _ = await propose_edit(server, read_request(wish))
    assert proposal.edit is not None
    assert (proposal.edit.before, proposal.edit.after) == (CODE, "def plus(a, b):\n    return b + a\n")


async def test_a_new_file_is_for_editors_that_can_create_one(root: Path) -> None:
    uri = (root / "cart.py").as_uri()
    proposal, about = await write_tests(FimbleServer(), root, uri, "create")
    assert about == (root / "tests" / "test_cart.py").as_uri()
    assert proposal.edit is not None
    assert proposal.edit.before is None
    with pytest.raises(FimbleError, match="cannot create files"):
        await write_tests(FimbleServer(), root, uri, "rename")


async def test_no_file_is_outside(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "tests").symlink_to(tmp_path / "outside")
    with pytest.raises(FimbleError, match="leads out of the workspace"):
        await write_tests(FimbleServer(), root, (root / "cart.py").as_uri(), "create")


async def test_beside_a_buffer_without_a_name_is_no_file(root: Path) -> None:
    server = FimbleServer()
    server.documents.open(Document("untitled:Untitled-1", CODE, 1, language_named("python")))
    with pytest.raises(FimbleError, match="save the file first"):
        await write_tests(server, root, "untitled:Untitled-1", "create")
