"""Open documents kept as the editor has them."""

from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_indexer.syntax.languages import language_for_path, language_named
from fimble_server.documents import Document
from fimble_server.lsp import indexing
from fimble_server.lsp.background import warm_up
from fimble_server.lsp.edits import withdraw_remarks
from fimble_server.lsp.positions import offset_at
from fimble_server.lsp.server import FimbleServer


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        # The name decides, as for files on disk; an unsaved buffer has none, but its editor knows the language.
        language = language_for_path(item.uri) or language_named(item.language_id)
        server.documents.open(Document(item.uri, item.text, item.version, language))
        server.start_task(warm_up(language))
        indexing.settle(server, item.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        for change in params.content_changes:
            _apply(server, uri, change, version)
        withdraw_remarks(server, uri)
        indexing.settle(server, uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.documents.close(params.text_document.uri)
        withdraw_remarks(server, params.text_document.uri)
        server.window.forget(params.text_document.uri)
        indexing.closed(server, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        indexing.saved(server, params.text_document.uri)


def _apply(server: FimbleServer, uri: str, change: types.TextDocumentContentChangeEvent, version: int) -> None:
    document = server.documents.get(uri)
    if document is None:
        return
    if isinstance(change, types.TextDocumentContentChangePartial):
        encoding = server.workspace.position_encoding or types.PositionEncodingKind.Utf16
        start = offset_at(document, change.range.start, encoding)
        end = max(start, offset_at(document, change.range.end, encoding))
    else:
        start, end = 0, len(document.text)
    changed = server.documents.replace(uri, start, end, change.text, version)
    if path := to_fs_path(uri):
        server.window.recent.edited(server.window.locate(Path(path))[1], changed.text, start + len(change.text))
