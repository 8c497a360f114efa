"""What editors tell of the user's doings beside the changes of documents, in notifications of our own.

    fimble/didShow                {textDocument: {uri}, range}          these lines are on the screen
    fimble/didYank                {textDocument: {uri}, text}           this was copied
    fimble/didChangeDiagnostics   {textDocument: {uri}, diagnostics}    what other servers say of the file now

All are optional; an editor that sends none of them gets context from the index and from its edits.
"""

import logging
from typing import Any

from fimble_server.activity import Diagnostic
from fimble_server.lsp.files import path_of
from fimble_server.lsp.server import FimbleServer

_log = logging.getLogger(__name__)


def register(server: FimbleServer) -> None:
    """Register the handlers. What has another form than above is logged and changes nothing."""

    @server.feature("fimble/didShow")
    def did_show(params: Any) -> None:
        try:
            uri, first, last = params.textDocument.uri, params.range.start.line, params.range.end.line
            document = server.documents.get(uri)
            if document is not None and 0 <= first <= last:
                starts = document.line_starts
                start = starts[min(first, len(starts) - 1)]
                end = starts[last + 1] if last + 1 < len(starts) else len(document.text)
                server.window.recent.viewed(_path(server, uri), document.text, start, end)
        except (AttributeError, TypeError) as error:
            _log.warning("fimble/didShow cannot be read: %s", error)

    @server.feature("fimble/didYank")
    def did_yank(params: Any) -> None:
        try:
            uri = params.textDocument.uri
            document = server.documents.get(uri)
            server.window.recent.yanked(_path(server, uri), str(params.text), document.text if document else "")
        except (AttributeError, TypeError) as error:
            _log.warning("fimble/didYank cannot be read: %s", error)

    @server.feature("fimble/didChangeDiagnostics")
    def did_change_diagnostics(params: Any) -> None:
        try:
            server.window.recent.complained(
                path_of(params.textDocument.uri).as_posix(),
                [
                    Diagnostic(int(item.range.start.line), int(item.range.end.line), str(item.message))
                    for item in params.diagnostics
                ],
            )
        except (AttributeError, TypeError, ValueError) as error:
            _log.warning("fimble/didChangeDiagnostics cannot be read: %s", error)


def _path(server: FimbleServer, uri: str) -> str:
    return server.window.locate(path_of(uri))[1]
