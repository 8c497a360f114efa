"""A file that is open in the editor is what the editor has of it, whatever its URI looks like."""

from pathlib import Path

import pytest

from fimble_server.documents import Document
from fimble_server.edits.files import EditError
from fimble_server.lsp.files import find_document, uri_of
from fimble_server.lsp.server import FimbleServer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "a@b+c.py").write_text("saved\n")
    (folder / ".env").write_text("KEY=1\n")
    (tmp_path / "link").symlink_to(folder)
    return folder


@pytest.mark.parametrize("folder", ["workspace", "link"])
@pytest.mark.parametrize("name", ["a@b+c.py", "a%40b%2Bc.py", "a%40b+c.py"])
def test_the_editor_may_spell_the_uri_otherwise(root: Path, folder: str, name: str) -> None:
    server = FimbleServer()
    uri = f"file://{root.parent.as_posix()}/{folder}/{name}"
    server.documents.open(Document(uri, "typed\n", 7))
    found = find_document(server, root / "a@b+c.py")
    assert found is not None
    assert (found.text, found.version, found.uri) == ("typed\n", 7, uri)
    assert uri_of(server, root / "a@b+c.py") == uri


def test_a_byte_order_mark_counts_for_nobody(root: Path) -> None:
    (root / "bom.py").write_bytes(b"\xef\xbb\xbfimport os\n")
    found = find_document(FimbleServer(), root / "bom.py")
    assert found is not None
    assert found.text == "import os\n"


def test_what_is_not_open_is_read(root: Path) -> None:
    server = FimbleServer()
    server.documents.open(Document("untitled:a@b+c.py", "another one\n"))
    server.documents.open(Document((root / "deep" / "a@b+c.py").as_uri(), "another one\n"))
    found = find_document(server, root / "a@b+c.py")
    assert found is not None
    assert (found.text, found.language and found.language.name) == ("saved\n", "python")
    assert find_document(server, root / "missing.py") is None
    with pytest.raises(EditError, match="holds secrets"):
        find_document(server, root / ".env")
