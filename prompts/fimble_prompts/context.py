"""Which code of other files goes into the prompt, within a budget.

Two sources to begin with: the definitions of names that the current file imports, those used near the cursor
first, and the chunks of other files that resemble the code around the cursor.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from fimble_indexer.languages import Language
from fimble_indexer.parse import FileSymbols, parse
from fimble_indexer.search import SymbolHit, imported_definitions, similar_chunks
from fimble_indexer.secrets import redact
from fimble_indexer.store import Store
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
    near = "\n".join(lines[first : line + _AFTER_LINES])
    snippets: list[Snippet] = []
    left = limit
    candidates = [
        (int(limit * _DEFINITIONS_SHARE), _definitions(store, path, language, text, range(first, line + _AFTER_LINES))),
        (limit, _chunks(store, path, near)),
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


def _definitions(store: Store, path: str, language: Language | None, text: str, near: range) -> Iterator[Snippet]:
    source = text.encode("utf-8", "surrogatepass")
    if language is None or len(source) > _LONGEST_PARSED:
        return
    symbols = parse(source, language)
    # References near the cursor alone decide what matters; an import that is used nowhere near is left out.
    used = FileSymbols(
        (), tuple(reference for reference in symbols.references if reference.line in near), symbols.imports
    )
    names = {reference.name for reference in used.references}
    hits = [
        hit
        for hit in imported_definitions(store, path, used, limit=_MOST_DEFINITIONS)
        if hit.path != path and hit.definition.name in names
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
