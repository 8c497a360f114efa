"""Suggestions: inline completion, and a completion item for editors that cannot show it."""

from lsprotocol import types

from fimble_server.documents import Document
from fimble_server.errors import FimbleError
from fimble_server.lsp.completion_item import completion_item
from fimble_server.lsp.files import path_of
from fimble_server.lsp.positions import offset_at, range_at
from fimble_server.lsp.server import FimbleServer
from fimble_server.suggest import Suggestion

ACCEPT = "fimble.accept"
_TRIGGERS = " .(,=[{:"
"""Beside letters, which trigger by themselves: where a suggestion is likely."""


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return types.InlineCompletionList([])
        encoding = _encoding(server)
        explicit = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        selected = params.context.selected_completion_info
        if selected is None:
            start = end = offset_at(document, params.position, encoding)
            inserted = ""
        else:
            # The editor's own menu is open: continue as if its selected entry was inserted.
            start = offset_at(document, selected.range.start, encoding)
            end = offset_at(document, selected.range.end, encoding)
            inserted = selected.text
        text = document.text[:start] + inserted + document.text[end:]
        suggestions = await _suggest(server, document, text, start + len(inserted), explicit=explicit)
        return types.InlineCompletionList(
            [
                types.InlineCompletionItem(
                    insert_text=inserted + suggestion.text,
                    range=range_at(document, start, end + suggestion.replaced, encoding),
                    filter_text=None,
                    command=_accept_command(number),
                )
                for number, suggestion in enumerate(suggestions)
            ]
        )

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=list(_TRIGGERS)))
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.documents.get(params.text_document.uri)
        if document is None or _shows_inline_completion(server):
            return types.CompletionList(is_incomplete=False, items=[])
        encoding = _encoding(server)
        offset = offset_at(document, params.position, encoding)
        suggestions = await _suggest(server, document, document.text, offset, explicit=False)
        items = [
            completion_item(
                document,
                offset,
                suggestion,
                _accept_command(number),
                encoding=encoding,
                markdown=_shows_markdown(server),
            )
            for number, suggestion in enumerate(suggestions)
        ]
        # Incomplete: what fits after the next character is for the server to say.
        return types.CompletionList(is_incomplete=True, items=items)


async def _suggest(
    server: FimbleServer, document: Document, text: str, offset: int, *, explicit: bool
) -> tuple[Suggestion, ...]:
    try:
        answer = await server.window.suggest(
            document=document.uri,
            path=path_of(document.uri),
            text=text,
            offset=offset,
            explicit=explicit,
            language=document.language,
        )
    except FimbleError as error:
        server.tell(str(error))
        return ()
    server.explanation = answer.explanation
    return answer.suggestions


def _encoding(server: FimbleServer) -> str:
    return server.workspace.position_encoding or types.PositionEncodingKind.Utf16


def _shows_inline_completion(server: FimbleServer) -> bool:
    text_document = server.client_capabilities.text_document
    return bool(text_document and text_document.inline_completion)


def _shows_markdown(server: FimbleServer) -> bool:
    text_document = server.client_capabilities.text_document
    entries = text_document and text_document.completion and text_document.completion.completion_item
    return types.MarkupKind.Markdown in ((entries and entries.documentation_format) or ())


def _accept_command(number: int) -> types.Command:
    return types.Command(title="Fimble: accepted", command=ACCEPT, arguments=[number])
