"""A suggestion as an entry of the completion menu, for editors that have no inline completion."""

import re
from textwrap import dedent

from lsprotocol import types

from fimble_server.documents import Document
from fimble_server.lsp.positions import position_at, range_at
from fimble_server.suggest import Suggestion

_FENCE = re.compile(r"`{3,}")
_LONGEST_LABEL = 60


def completion_item(
    document: Document, offset: int, suggestion: Suggestion, command: types.Command, *, encoding: str, markdown: bool
) -> types.CompletionItem:
    """Return the entry for a suggestion at an offset.

    Editors compare entries with the word at the cursor, and drop those that begin otherwise: the entry begins with
    that word, and replaces it. One line is shown in the menu; where that is not all, the whole is the documentation,
    in Markdown if the editor shows it.
    """
    start = offset
    while start > 0 and (document.text[start - 1].isalnum() or document.text[start - 1] == "_"):
        start -= 1
    text = document.text[start:offset] + suggestion.text
    lines = text.strip().splitlines()
    label = lines[0] if lines else ""
    if len(lines) > 1 or len(label) > _LONGEST_LABEL:
        label = label[: _LONGEST_LABEL - 1].rstrip() + "…"
    is_all = label == text.strip(" \t")
    return types.CompletionItem(
        label=label,
        kind=types.CompletionItemKind.Text,
        detail="Fimble" if len(lines) <= 1 else f"Fimble, {len(lines)} lines",
        documentation=None if is_all else _documentation(document, offset, suggestion.text, markdown=markdown),
        filter_text=text,
        sort_text="0",
        # Its lines are indented as they are to be; an editor must not indent them once more.
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range_at(document, start, offset + suggestion.replaced, encoding), text),
        command=command,
    )


def _documentation(document: Document, offset: int, text: str, *, markdown: bool) -> str | types.MarkupContent:
    """Show the lines as they will be."""
    line_start = document.line_starts[position_at(document, offset).line]
    code = dedent("\n".join((document.text[line_start:offset] + text).splitlines())).strip("\n")
    if not markdown:
        return code
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(code))])
    language = document.language.name if document.language else ""
    return types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{language}\n{code}\n{fence}")
