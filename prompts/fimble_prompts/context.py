"""Which code of other files goes into the prompt, within a budget.

Two sources to begin with: the definitions of names that the current file imports, those used near the cursor
first, and the chunks of other files that resemble the code around the cursor.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from fimble_indexer.languages import Language
from fimble_indexer.parse import FileSymbols, Reference, parse
from fimble_indexer.search import SymbolHit, imported_definitions, similar_chunks
from fimble_indexer.secrets import redact
from fimble_indexer.store import Store
from fimble_indexer.words import identifiers
from fimble_prompts.fim import Snippet

_NEAR_LINES = 30
"""Lines before the cursor whose names count as used there."""
_AFTER_LINES = 10
_MOST_DEFINITIONS = 30
_MOST_CHUNKS = 3
_DEFINITIONS_SHARE = 0.6
"""Of the budget; what the definitions leave goes to the chunks."""
_LONGEST_PARSED = 1_000_000
"""Bytes; a larger file gives no imports."""


def find_snippets(
    store: Store, *, path: str, language: Language | None, text: str, offset: int, limit: int
) -> tuple[Snippet, ...]:
    """Return snippets of at most `limit` characters together for a cursor, the most stable first.

    `path` is relative to the workspace; no snippet comes from that file. The same place gives the same snippets,
    so that the prompt's beginning stays in the KV cache.
    """
    lines = text.split("\n")
    line = text.count("\n", 0, offset)
    first = max(0, line - _NEAR_LINES)
    near = list(enumerate(lines[first : line + _AFTER_LINES], start=first))
    snippets: list[Snippet] = []
    left = limit
    candidates = [
        (int(limit * _DEFINITIONS_SHARE), _definitions(store, path, language, text, near)),
        (limit, _chunks(store, path, "\n".join(content for _, content in near))),
    ]
    for share, found in candidates:
        room = min(share, left)
        for snippet in found:
            cost = len(snippet.text) + len(snippet.path)
            if cost <= room and not _covered(snippet, snippets):
                snippets.append(snippet)
                room -= cost
                left -= cost
    return tuple(snippets)


def _definitions(
    store: Store, path: str, language: Language | None, text: str, near: Sequence[tuple[int, str]]
) -> Iterator[Snippet]:
    source = text.encode("utf-8", "surrogatepass")
    if language is None or len(source) > _LONGEST_PARSED:
        return
    # What is written near the cursor decides what matters, and it is often not yet valid syntax: names, not nodes.
    used = tuple(Reference(name, line) for line, content in near for name in identifiers(content))
    names = {reference.name for reference in used}
    # An import without a name is that of a whole module; what is used of it shows below.
    imports = tuple(
        found for found in parse(source, language).imports if found.name is None or (found.alias or found.name) in names
    )
    renamed = {found.name for found in imports if found.alias}
    hits = [
        hit
        for hit in imported_definitions(store, path, FileSymbols((), used, imports), limit=_MOST_DEFINITIONS)
        if hit.path != path and (hit.definition.name in names or hit.definition.name in renamed)
    ]
    for hit_path, group in groupby(sorted(hits, key=_by_place), key=lambda hit: hit.path):
        yield _signatures(hit_path, group)


def _by_place(hit: SymbolHit) -> tuple[str, int]:
    return hit.path, hit.definition.start_line


def _signatures(path: str, hits: Iterable[SymbolHit]) -> Snippet:
    definitions = [hit.definition for hit in hits]
    text = "\n".join(
        definition.signature + (f"  # {definition.doc}" if definition.doc else "") for definition in definitions
    )
    return Snippet(
        path=path,
        start_line=definitions[0].start_line,
        end_line=max(definition.end_line for definition in definitions),
        text=redact(text),
        source="imports",
    )


def _chunks(store: Store, path: str, near: str) -> Iterator[Snippet]:
    for hit in similar_chunks(store, near, exclude_path=path, limit=_MOST_CHUNKS):
        yield Snippet(hit.path, hit.chunk.start_line, hit.chunk.end_line, redact(hit.chunk.text), "similar")


def _covered(snippet: Snippet, others: list[Snippet]) -> bool:
    return any(
        other.path == snippet.path
        and other.source == snippet.source
        and other.start_line < snippet.end_line
        and snippet.start_line < other.end_line
        for other in others
    )
