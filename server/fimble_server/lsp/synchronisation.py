"""Open documents kept as the editor has them."""

from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_indexer.syntax.languages import Language, language_for_path, languages_by_id
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
        language = _language(item)
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


def _language(item: types.TextDocumentItem) -> Language | None:
    # The name decides, as for files on disk. Where it stands for two languages (`.h`), or an unsaved buffer has none,
    # the editor does: what it calls the language is what its user switches off.
    by_name = language_for_path(item.uri)
    by_id = languages_by_id().get(item.language_id)
    is_either = by_name and by_id and by_name.dialect and by_name.dialect[1] == by_id.name
    return by_id if by_name is None or is_either else by_name


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
