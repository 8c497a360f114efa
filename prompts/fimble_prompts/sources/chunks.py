"""Code of other files: what resembles the code at the cursor, who calls its function, its test or header."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from fimble_indexer.retrieval.search import similar_chunks
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.parse import Definition
from fimble_indexer.words import identifiers
from fimble_prompts.candidates import Activity, Candidate
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place

_MOST_CHUNKS = 3
_SIMILAR_LINES = 20
"""Of a chunk, those that share most; a whole one would often take all the room, or not fit."""
_MOST_CALLERS = 3
_MOST_CALLING_FILES = 20
"""A function that more files use is so common that a few of its calls tell nothing."""
_CALL_LINES_BEFORE = 2
_CALL_LINES_AFTER = 2
_SHORTEST_NAME = 3
_MOST_COUNTERPART_DEFINITIONS = 20
_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx"})


def similar(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the parts of other files that share most with the code around the cursor."""
    common = store.common_words()
    telling = frozenset(name for name in place.names if name.lower() not in common)
    hits = similar_chunks(store, place.near, exclude_path=place.path, limit=_MOST_CHUNKS)
    for rank, hit in enumerate(hits):
        lines = hit.chunk.text.replace("\r\n", "\n").rstrip("\n").split("\n")
        start = _most_telling(lines, telling)
        part = lines[start : start + _SIMILAR_LINES]
        first = hit.chunk.start_line + start
        snippet = Snippet(hit.path, first, first + len(part), "\n".join(part), "similar")
        yield Candidate(snippet, 1 / (1 + rank))


def _most_telling(lines: list[str], telling: frozenset[str]) -> int:
    """Return where the lines begin, as many as a snippet has, that share most of the telling names."""
    shared = [telling.intersection(identifiers(line)) for line in lines]

    def names_from(start: int) -> tuple[int, int]:
        part = shared[start : start + _SIMILAR_LINES]
        return len(frozenset().union(*part)), sum(map(len, part))

    return max(range(max(1, len(lines) - _SIMILAR_LINES + 1)), key=names_from)


def callers(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the lines of other files that call the function around the cursor."""
    name = place.function
    if name is None or len(name) < _SHORTEST_NAME:
        return
    uses = dict(reversed(store.references_to(name)))  # the first use in each file
    uses.pop(place.path, None)
    if len(uses) > _MOST_CALLING_FILES:
        return
    for rank, (path, line) in enumerate(sorted(uses.items())[:_MOST_CALLERS]):
        chunk = store.chunk_at(path, line)
        if chunk is None:
            continue
        lines = chunk.text.replace("\r\n", "\n").rstrip("\n").split("\n")
        start = max(0, line - chunk.start_line - _CALL_LINES_BEFORE)
        part = lines[start : line - chunk.start_line + _CALL_LINES_AFTER + 1]
        first = chunk.start_line + start
        yield Candidate(Snippet(path, first, first + len(part), "\n".join(part), "callers"), 1 / (1 + rank))


def counterpart(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the signatures of the file's test or of what it tests, of its header or of what that declares."""
    names = set(place.names)
    for path in sorted(_counterparts(store, place.path))[:1]:
        known = [definition for definition in store.definitions_of(path) if _is_worth_showing(definition)]
        used = [definition for definition in known if definition.name in names]
        for rank, definition in enumerate((used or known)[:_MOST_COUNTERPART_DEFINITIONS]):
            snippet = Snippet(path, definition.start_line, definition.end_line, definition.signature, "counterpart")
            yield Candidate(snippet, 1 / (1 + rank), is_signature=True)


def _counterparts(store: Store, path: str) -> Iterator[str]:
    """Find files by the names that tests and headers have by custom, in the same language or as a header of C."""
    pure = PurePosixPath(path)
    subject = _tested_name(pure.stem)
    if subject is not None:
        modules = {subject}
    else:
        stem = pure.stem
        modules = {f"test_{stem}", f"{stem}_test", f"{stem}_spec", f"{stem}.test", f"{stem}.spec", f"{stem}Test"}
        modules |= {f"{stem}Tests", stem}
    for other in store.module_paths(modules):
        candidate = PurePosixPath(other)
        if other == path or candidate.stem not in modules:
            continue
        is_header_pair = candidate.stem == pure.stem and (candidate.suffix in _HEADERS) != (pure.suffix in _HEADERS)
        if is_header_pair or (candidate.stem != pure.stem and candidate.suffix == pure.suffix):
            yield other


def _tested_name(stem: str) -> str | None:
    """Return what a test is called after; None for what is no test."""
    if stem.startswith("test_"):
        return stem.removeprefix("test_")
    for ending in ("_test", "_spec", ".test", ".spec", "Tests", "Test"):
        if stem.endswith(ending) and stem != ending:
            return stem.removesuffix(ending)
    return None


def _is_worth_showing(definition: Definition) -> bool:
    return definition.kind not in {"field", "variable", "property"} and not definition.name.startswith("_")
