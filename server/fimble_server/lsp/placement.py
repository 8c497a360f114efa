"""Code blocks put into files: `fimble/applyCode`. docs/protocol.md tells its form."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_indexer.syntax.languages import language_for_path
from fimble_server.documents import Document
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import EditError, holds_secrets
from fimble_server.edits.paths import check_path, is_obeyed
from fimble_server.edits.placement.apply import ApplyError, apply_code
from fimble_server.errors import FimbleError
from fimble_server.lsp.files import find_document, text_of, uri_of
from fimble_server.lsp.parameters import Position, TextDocument, failure, read_parameters, root_of
from fimble_server.lsp.positions import UTF16, offset_at
from fimble_server.lsp.server import FimbleServer
from fimble_server.lsp.workspace_edits import check_operations, workspace_edit


class _ApplyCode(msgspec.Struct, rename="camel"):
    code: str
    path: str = ""
    text_document: TextDocument | None = None
    position: Position | None = None


def register(server: FimbleServer) -> None:
    """Register the handler."""

    @server.feature("fimble/applyCode")
    async def apply(params: Any) -> dict[str, Any]:
        request = read_parameters(params, _ApplyCode)
        try:
            return await _apply(server, request)
        except FimbleError as error:
            raise failure(str(error)) from error


async def _apply(server: FimbleServer, params: _ApplyCode) -> dict[str, Any]:
    uri, path, document = _target(server, params)
    encoding = server.workspace.position_encoding or UTF16
    cursor = None
    if params.position is not None and document is not None:
        cursor = offset_at(document, types.Position(params.position.line, params.position.character), encoding)
    text = document.text if document else ""
    language = document.language if document else language_for_path(path)
    try:
        applied = await asyncio.to_thread(apply_code, text, params.code, path, cursor=cursor, language=language)
    except ApplyError as error:
        return _nothing(str(error))
    edit = FileEdit(path, document.text if document else None, applied.text).onto(text_of(server, uri))
    if edit is None:
        return _nothing(f"{path} was changed meanwhile; try again")
    check_operations(server, [edit])
    return {
        "edit": workspace_edit(server, {uri: edit}),
        "diff": edit.diff,
        "how": applied.how,
        "leftOut": list(applied.left_out),
        "notice": f"{path} is run or obeyed by tools without a question" if is_obeyed(path) else "",
    }


def _nothing(notice: str) -> dict[str, Any]:
    return {"edit": None, "diff": "", "how": "", "leftOut": [], "notice": notice}


def _target(server: FimbleServer, params: _ApplyCode) -> tuple[str, str, Document | None]:
    """Return the URI and the path of the file that code goes into, and its text; None if it is yet to be."""
    if params.path:
        root = root_of(server, params.text_document)
        if root is None:
            raise EditError("No folder is open; name the file by its URI")
        check_path(root, params.path)
        return uri_of(server, root / params.path), params.path, find_document(server, root / params.path)
    if params.text_document is None:
        raise EditError("Name the file that the code goes into")
    uri = params.text_document.uri
    name = to_fs_path(uri)
    if name is None:
        document = server.documents.get(uri)
        if document is None:
            raise EditError(f"{uri} is not open")
        return uri, uri.rpartition("/")[2], document
    if holds_secrets(Path(name)):
        raise EditError(f"{name} is a file for secrets")
    return uri, server.window.locate(Path(name))[1], find_document(server, Path(name))
