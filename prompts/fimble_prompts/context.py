"""Which code of other files goes into the prompt, within a budget.

Two sources to begin with: the definitions of names that the current file imports, those used near the cursor
first, and the chunks of other files that resemble the code around the cursor.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from fimble_indexer.languages import Language, language_for_path
from fimble_indexer.parse import FileSymbols, Reference, parse
from fimble_indexer.search import SymbolHit, imported_definitions, similar_chunks
from fimble_indexer.secrets import redact
from fimble_indexer.store import Store
from fimble_indexer.words import identifiers
from fimble_prompts.fim import Snippet

_LINES_BEFORE = 30
"""Lines before the cursor whose names count as used there."""
_LINES_AFTER = 10
_CHARACTERS_BEFORE = 6000
"""Of those lines, for files whose lines are very long."""
_CHARACTERS_AFTER = 2000
_HEAD_CHARACTERS = 10_000
"""Where a file's imports stand. Parsing all of a large file would take longer than a look-up may."""
_MOST_DEFINITIONS = 30
_MOST_CHUNKS = 3
_DEFINITIONS_SHARE = 0.6
"""Of the budget; what the definitions leave goes to the chunks."""


def find_snippets(
    store: Store, *, path: str, language: Language | None, text: str, offset: int, limit: int
) -> tuple[Snippet, ...]:
    """Return snippets of at most `limit` characters together for a cursor, the most stable first.

    `path` is relative to the workspace; no snippet comes from that file. The same place gives the same snippets,
    so that the prompt's beginning stays in the KV cache.
    """
    near = _near(text, offset)
    snippets = []
    left = limit
    if language is not None:
        symbols = _symbols(text, near, language)
        for snippet in _definitions(store, path, symbols, int(limit * _DEFINITIONS_SHARE)):
            snippets.append(snippet)
            left -= _cost(snippet)
    for snippet in _chunks(store, path, text[near.start : near.stop]):
        if _cost(snippet) <= left and not _covered(snippet, snippets):
            snippets.append(snippet)
            left -= _cost(snippet)
    return tuple(snippets)


def _cost(snippet: Snippet) -> int:
    return len(snippet.path) + len(snippet.text)


def _near(text: str, offset: int) -> range:
    """Return where the lines around the cursor are, or parts of them if they are very long."""
    start = offset
    for _ in range(_LINES_BEFORE + 1):
        start = text.rfind("\n", 0, start)
        if start < 0:
            break
    end = offset
    for _ in range(_LINES_AFTER):
        end = text.find("\n", end) + 1
        if end == 0:
            end = len(text)
            break
    return range(max(start + 1, offset - _CHARACTERS_BEFORE), min(end, offset + _CHARACTERS_AFTER))


def _symbols(text: str, near: range, language: Language) -> FileSymbols:
    """Return the file's imports, and every name near the cursor but those that are only imported there.

    A name counts as used wherever it is spelled: the call that is being typed is a syntax error, and no parser sees
    a reference in it.
    """
    # In one go: some grammars, as PHP's, need the file's head to know code when they see it.
    head = text[: near.start] if near.start <= _HEAD_CHARACTERS else text[: text.rfind("\n", 0, _HEAD_CHARACTERS) + 1]
    code = text[near.start : near.stop]
    imports = parse((head + code).encode("utf-8", "surrogatepass"), language).imports
    first_line = head.count("\n")
    uses = Counter(identifiers(code))
    uses.subtract(imported.alias or imported.name or "" for imported in imports if imported.line >= first_line)
    return FileSymbols((), tuple(Reference(name, first_line) for name in uses.elements()), imports)


def _definitions(store: Store, path: str, symbols: FileSymbols, limit: int) -> Iterator[Snippet]:
    """Yield the signatures of what is used, a snippet for each file, of `limit` characters together."""
    names = {reference.name for reference in symbols.references}
    names |= {imported.name for imported in symbols.imports if imported.name and imported.alias in names}
    chosen: list[SymbolHit] = []
    paths: set[str] = set()
    for hit in imported_definitions(store, path, symbols, limit=_MOST_DEFINITIONS):
        cost = len(_signature(hit)) + 1 + (len(hit.path) if hit.path not in paths else 0)
        if hit.definition.name in names and cost <= limit:
            chosen.append(hit)
            paths.add(hit.path)
            limit -= cost
    chosen.sort(key=_by_place)
    for hit_path, group in groupby(chosen, key=lambda hit: hit.path):
        hits = list(group)
        yield Snippet(
            path=hit_path,
            start_line=hits[0].definition.start_line,
            end_line=max(hit.definition.end_line for hit in hits),
            text="\n".join(map(_signature, hits)),
            source="imports",
        )


def _by_place(hit: SymbolHit) -> tuple[str, int]:
    return hit.path, hit.definition.start_line


def _signature(hit: SymbolHit) -> str:
    definition = hit.definition
    language = language_for_path(hit.path)
    comment = f"  {language.line_comment} {definition.doc}" if definition.doc and language else ""
    return redact(definition.signature + comment)


def _chunks(store: Store, path: str, near: str) -> Iterator[Snippet]:
    for hit in similar_chunks(store, near, exclude_path=path, limit=_MOST_CHUNKS):
        text = redact(hit.chunk.text.replace("\r\n", "\n"))
        yield Snippet(hit.path, hit.chunk.start_line, hit.chunk.end_line, text, "similar")


def _covered(snippet: Snippet, others: list[Snippet]) -> bool:
    return any(
        other.path == snippet.path
        and other.source == snippet.source
        and other.start_line < snippet.end_line
        and snippet.start_line < other.end_line
        for other in others
    )
