"""Edits of files as the protocol has them: one `WorkspaceEdit`, with the versions it was made for."""

from collections.abc import Iterable, Mapping

from lsprotocol import types

from fimble_server.documents import Document
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import EditError
from fimble_server.lsp.positions import UTF16, range_at
from fimble_server.lsp.server import FimbleServer

_ANNOTATION = "fimble"
_Operation = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile
_ORDER = (types.CreateFile, types.TextDocumentEdit, types.DeleteFile)
"""VS Code makes neighbouring changes of text one; another one it does not undo in a file that no tab shows."""


def workspace_edit(server: FimbleServer, edits: Mapping[str, FileEdit], *, confirm: str = "") -> types.WorkspaceEdit:
    """Return the edits of files, by their URIs, as one; `confirm` is what a client that can asks its user first.

    Each edit's `before` has to be the document as the editor has it, or the file where it is not open.
    """
    supported = server.client_capabilities.workspace and server.client_capabilities.workspace.workspace_edit
    if not (supported and supported.document_changes):
        return types.WorkspaceEdit(
            changes={uri: _text_edits(server, uri, edit) for uri, edit in edits.items() if edit.after is not None}
        )
    annotation = _ANNOTATION if confirm and supported.change_annotation_support else None
    operations: list[_Operation] = []
    for uri, edit in edits.items():
        operations += _operations(server, uri, edit, annotation)
    operations.sort(key=lambda operation: _ORDER.index(type(operation)))
    annotations = {annotation: types.ChangeAnnotation("Fimble", needs_confirmation=True, description=confirm)}
    return types.WorkspaceEdit(
        document_changes=operations,
        change_annotations={_ANNOTATION: annotations[annotation]} if annotation else None,
    )


def check_operations(server: FimbleServer, edits: Iterable[FileEdit]) -> None:
    """Refuse edits of which the editor could make only some; raises `EditError`."""
    supported = server.client_capabilities.workspace and server.client_capabilities.workspace.workspace_edit
    operations = set((supported.resource_operations if supported else None) or ())
    for edit in edits:
        for is_needed, kind, name in (
            (edit.before is None, types.ResourceOperationKind.Create, "create"),
            (edit.after is None, types.ResourceOperationKind.Delete, "remove"),
        ):
            if is_needed and kind not in operations:
                raise EditError(
                    f"This editor cannot {name} files in an edit, such as {edit.path}; `fimble` on the command line can"
                )


def _operations(server: FimbleServer, uri: str, edit: FileEdit, annotation: str | None) -> list[_Operation]:
    if edit.after is None:
        return [types.DeleteFile(uri=uri, annotation_id=annotation)]
    document = server.documents.get(uri)
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri, document.version if document else None)
    changes = _text_edits(server, uri, edit)
    if annotation is None:
        change = types.TextDocumentEdit(identifier, changes)
    else:
        change = types.TextDocumentEdit(
            identifier, [types.AnnotatedTextEdit(annotation, item.range, item.new_text) for item in changes]
        )
    return [types.CreateFile(uri=uri, annotation_id=annotation), change] if edit.before is None else [change]


def _text_edits(server: FimbleServer, uri: str, edit: FileEdit) -> list[types.TextEdit]:
    document = Document(uri, edit.before or "")
    encoding = server.workspace.position_encoding or UTF16
    return [
        types.TextEdit(range_at(document, change.start, change.end, encoding), change.text) for change in edit.changes
    ]
