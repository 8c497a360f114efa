"""The parts of a file that a step is about: whole definitions, not the beginning of the file."""

from collections.abc import Sequence

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.outline import Item, Span, outline
from fimble_indexer.words import identifiers, split_identifier

_LARGE = 0.5  # of the characters; a container that takes more is shown by its members


def excerpt(text: str, language: Language | None, about: str, characters: int) -> str:
    """Return a text within so many characters: all of it, or its imports and the definitions that `about` speaks of.

    Where something is left out stands a comment with three dots.
    """
    if len(text) <= characters:
        return text
    source = text.encode("utf-8", "replace")
    found = outline(source, language) if language else None
    if language is None or found is None or not found.items:
        return text[:characters].rpartition("\n")[0]
    asked = _tokens(about)
    units: dict[Span, float] = {}
    for item in found.items:
        _add_units(units, source, item, asked, int(_LARGE * characters))
    chosen = [statement.span for statement in found.imports]
    left = characters - sum(span.end - span.start for span in chosen)
    for span in sorted(units, key=lambda span: (-units[span], span.start)):
        if span.end - span.start + 1 <= left:
            chosen.append(span)
            left -= span.end - span.start + 1
    return _joined(source, sorted(chosen), language.line_comment or "")


def _add_units(units: dict[Span, float], source: bytes, item: Item, asked: set[str], most: int) -> None:
    """Add an item with what it is worth, or if it is large, its head and its members."""
    span = Span(item.lead, item.span.end)
    if item.body is not None and item.members and span.end - span.start > most:
        units[Span(item.lead, item.body.start)] = 1 + 2 * _worth(source, Span(item.lead, item.body.start), item, asked)
        for member in item.members:
            _add_units(units, source, member, asked, most)
    else:
        units[span] = _worth(source, span, item, asked)


def _worth(source: bytes, span: Span, item: Item, asked: set[str]) -> float:
    """Weigh the words of a wish that a definition has: those in its name count most."""
    named = asked.intersection(split_identifier(item.name))
    used = asked & _tokens(source[span.start : span.end].decode("utf-8", "replace"))
    return 3 * len(named) + len(used)


def _tokens(text: str) -> set[str]:
    return {token for word in identifiers(text) for token in split_identifier(word)}


def _joined(source: bytes, spans: Sequence[Span], mark: str) -> str:
    """Return whole lines of a source, with a mark where lines between them are left out."""
    pieces: list[str] = []
    position = 0
    for span in spans:
        start = source.rfind(b"\n", 0, span.start) + 1
        end = source.find(b"\n", span.end)
        end = len(source) if end < 0 else end + 1
        start = max(start, position)
        between = source[position:start]
        if between.strip():
            indent = source[start : span.start].decode("utf-8", "replace")
            pieces.append(f"\n{indent if not indent.strip() else ''}{mark} ...\n\n")
        else:
            pieces.append(between.decode("utf-8", "replace"))
        pieces.append(source[start:end].decode("utf-8", "replace"))
        position = max(position, end)
    if source[position:].strip():
        pieces.append(f"\n{mark} ...\n")
    return "".join(pieces).strip("\n") + "\n"
