"""Look things up in an index: symbols by name, chunks by words, definitions by import."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fimble_indexer.chunks import Chunk
from fimble_indexer.parse import Definition, FileSymbols
from fimble_indexer.resolve import ImportedNames, module_of
from fimble_indexer.store import Store
from fimble_indexer.words import identifiers, split_identifier

# The constant of reciprocal rank fusion: Cormack, Clarke and Buettcher, SIGIR 2009.
_FUSION_CONSTANT = 60
_FUSION_DEPTH = 50  # hits taken from each ranking
_MAX_QUERY_TOKENS = 32
_MAX_SIMILARITY_TOKENS = 16
_COMMON_SHARE = 0.1  # a token in more than this share of the chunks tells nothing about any of them


@dataclass(frozen=True, slots=True)
class SymbolHit:
    """A definition and the file that it is in."""

    path: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """A chunk, the file that it is in, and its score: higher is better, comparable within one search only."""

    path: str
    chunk: Chunk
    score: float


def find_symbols(store: Store, name: str, limit: int = 50) -> list[SymbolHit]:
    """Find definitions by name ("save") or by the end of a qualified name ("Model.save", "models.Model").

    Exact matches come first, then those that differ in case, then names that start with the last part of ``name``,
    then names that share a sub-word with it.
    """
    parts = name.replace("::", ".").replace("\\", ".").strip(".").split(".")
    last, qualifiers = parts[-1], parts[:-1]
    if not last:
        return []
    named = [
        SymbolHit(path, definition)
        for path, definition in store.definitions_named([last])
        if _ends_with(path, definition, qualifiers)
    ]
    named.sort(key=lambda hit: (hit.definition.name != last, hit.definition.parent is not None))
    hits = dict.fromkeys(named[:limit])
    if len(hits) < limit and not qualifiers:
        hits |= dict.fromkeys(SymbolHit(*found) for found in store.definitions_with_prefix(last, limit))
    if len(hits) < limit and not qualifiers:
        hits |= dict.fromkeys(SymbolHit(*found) for found in store.definitions_matching(split_identifier(last), limit))
    return list(hits)[:limit]


def search(store: Store, query: str, limit: int = 10) -> list[ChunkHit]:
    """Find the chunks that answer ``query``, words or code, by BM25 and by the names that they define."""
    tokens = _telling_tokens(store, query, _MAX_QUERY_TOKENS)
    if not tokens:
        return []
    by_words = [(path, chunk) for path, chunk, _ in store.chunks_matching(tokens, _FUSION_DEPTH)]
    by_names: dict[tuple[str, Chunk], None] = {}
    for path, definition in store.definitions_matching(tokens, _FUSION_DEPTH):
        if (chunk := store.chunk_at(path, definition.start_line)) is not None:
            by_names[path, chunk] = None
    fused = _fuse([by_words, list(by_names)])
    return [ChunkHit(path, chunk, score) for (path, chunk), score in fused[:limit]]


def similar_chunks(store: Store, text: str, *, exclude_path: str, limit: int = 5) -> list[ChunkHit]:
    """Find the chunks of other files that share most with a piece of code, rare identifiers weighing more."""
    tokens = _rarest(store, {name.lower() for name in identifiers(text)}, _MAX_SIMILARITY_TOKENS)
    if not tokens:
        return []
    return [ChunkHit(*found) for found in store.chunks_matching(tokens, limit, exclude_path=exclude_path)]


def imported_definitions(store: Store, path: str, symbols: FileSymbols, limit: int = 50) -> list[SymbolHit]:
    """Find the definitions in this repository of the names that the file ``path`` imports.

    ``symbols`` are those of the file as it is now. A name counts as imported if it is imported by name, or if it is
    used and defined in a module that is imported as a whole. What the file uses most comes first.
    """
    uses = Counter(reference.name for reference in symbols.references)
    imported = ImportedNames.of(path, symbols)
    if not imported.whole:
        return []
    found: list[tuple[int, int, SymbolHit]] = []
    for other, definition in store.importable_definitions({*imported.by_name, *imported.used}):
        if other != path and (match := imported.match(other, definition)):
            local_name, agreement = match
            found.append((uses[local_name], agreement, SymbolHit(other, definition)))
    best = defaultdict[str, int](int)
    for _, agreement, hit in found:
        best[hit.definition.name] = max(agreement, best[hit.definition.name])
    found.sort(key=lambda item: (-item[0], -item[1], item[2].path, item[2].definition.start_line))
    return [hit for _, agreement, hit in found if agreement == best[hit.definition.name]][:limit]


def _ends_with(path: str, definition: Definition, qualifiers: Sequence[str]) -> bool:
    """Tell whether the qualified name, with the path of the file before it, ends with ``qualifiers`` and the name."""
    if not qualifiers:
        return True
    full = (*module_of(path), *definition.qualified_name.split("."))[:-1]
    return tuple(part.lower() for part in full[-len(qualifiers) :]) == tuple(part.lower() for part in qualifiers)


def _telling_tokens(store: Store, query: str, limit: int) -> list[str]:
    """Split a query into tokens and keep the rarest, if need be common ones: "what is this" must find something."""
    tokens = {token for identifier in identifiers(query) for token in split_identifier(identifier)}
    frequencies = store.chunk_frequencies(tokens)
    return sorted(frequencies, key=lambda token: (frequencies[token], token))[:limit]


def _rarest(store: Store, tokens: Iterable[str], limit: int) -> list[str]:
    """Keep the tokens that occur in few chunks, rarest first."""
    frequencies = store.chunk_frequencies(tokens)
    most = max(1, int(store.chunk_count() * _COMMON_SHARE))
    telling = [token for token, count in frequencies.items() if count <= most]
    return sorted(telling, key=lambda token: (frequencies[token], token))[:limit]


def _fuse(rankings: Sequence[Sequence[tuple[str, Chunk]]]) -> list[tuple[tuple[str, Chunk], float]]:
    """Fuse rankings by reciprocal rank, best first."""
    scores: defaultdict[tuple[str, Chunk], float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] += 1 / (_FUSION_CONSTANT + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
