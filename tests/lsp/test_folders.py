"""What is said of a document stays with it: of files with the same path in two folders, and of unsaved ones."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from fimble_server.config import Settings
from fimble_server.documents import Document
from fimble_server.lsp import create_server
from fimble_server.lsp.chat import _Chat, _context, _surroundings
from fimble_server.lsp.parameters import Position, Range, TextDocument
from fimble_server.lsp.server import FimbleServer
from fimble_server.workspace import Workspace


@pytest.fixture
async def server(tmp_path: Path) -> FimbleServer:
    server = create_server()
    server.protocol.lsp_initialize(types.InitializeParams(types.ClientCapabilities())).send(None)
    server.window = Workspace([tmp_path / "a", tmp_path / "b"], Settings())
    return server


def complain(server: FimbleServer, uri: str, message: str) -> None:
    server.documents.open(Document(uri, "x = 1\n"))
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
    params: Any = {"textDocument": {"uri": uri}, "diagnostics": [{"range": place, "message": message}]}
    message_type = server.protocol.structure_message(
        {"jsonrpc": "2.0", "method": "fimble/didChangeDiagnostics", "params": params}
    )
    server.protocol.handle_message(message_type)


def test_diagnostics_are_those_of_one_document(server: FimbleServer, tmp_path: Path) -> None:
    uris = [(tmp_path / folder / "index.py").as_uri() for folder in "ab"] + [
        "untitled:Untitled-1",
        "untitled:Untitled-2",
    ]
    for uri in uris:
        complain(server, uri, f"wrong in {uri}")
    for uri in uris:
        found = _surroundings(server, _Chat("talk", "", text_document=TextDocument(uri)), tmp_path / "a")
        assert found.diagnostics == [f"line 1: wrong in {uri}"]


def test_a_selection_of_an_unsaved_document_is_cited_as_that(server: FimbleServer, tmp_path: Path) -> None:
    selected = Range(Position(0, 0), Position(1, 0))
    for uri in ("untitled:Untitled-1", (tmp_path / "b" / "index.py").as_uri()):
        server.documents.open(Document(uri, "x = 1\n"))
        wish = _Chat("talk", "", text_document=TextDocument(uri), range=selected)
        selection = _surroundings(server, wish, tmp_path / "b").selection
        assert selection is not None
        assert [item["uri"] for item in _context(tmp_path / "b", [selection])] == [uri]
