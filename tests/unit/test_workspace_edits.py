"""Edits of several files as one `WorkspaceEdit`."""

from lsprotocol import types
from pygls.workspace import Workspace

from fimble_server.edits.changes import FileEdit
from fimble_server.lsp.server import FimbleServer
from fimble_server.lsp.workspace_edits import workspace_edit


def test_files_are_created_first_and_removed_last() -> None:
    server = FimbleServer()
    server.protocol._workspace = Workspace(None)
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    server.protocol.client_capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(workspace_edit=edits)
    )
    edit = workspace_edit(
        server,
        {
            "file:///old.py": FileEdit("old.py", "x = 1\n", None),
            "file:///cart.py": FileEdit("cart.py", "x = 1\n", "x = 2\n"),
            "file:///new.py": FileEdit("new.py", None, "x = 1\n"),
        },
    )
    done = [(type(each), getattr(each, "uri", "")) for each in edit.document_changes or ()]
    assert done == [
        (types.CreateFile, "file:///new.py"),
        (types.TextDocumentEdit, ""),
        (types.TextDocumentEdit, ""),
        (types.DeleteFile, "file:///old.py"),
    ]
