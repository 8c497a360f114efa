"""Look things up in an index: symbols by name, chunks by words, definitions by import."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fimble_indexer.chunks import Chunk
from fimble_indexer.parse import Definition, FileSymbols
from fimble_indexer.resolve import EXACT, ImportedNames, module_parts
from fimble_indexer.store import Store
from fimble_indexer.words import identifiers, split_identifier

# The constant of reciprocal rank fusion: Cormack, Clarke and Buettcher, SIGIR 2009.
_FUSION_CONSTANT = 60
_FUSION_DEPTH = 50  # hits taken from each ranking
_MAX_NAMESAKES = 5000  # definitions of one name that are looked through for a qualified one
_MAX_MODULE_FILES = 40  # files looked into for the names of modules that are imported as a whole
_MAX_TOKENS = 24
_MAX_COMMON_TOKENS = 3
# Ranking costs about 2 microseconds for each chunk that holds a token: rare tokens first, until this many.
_MAX_OCCURRENCES = 1000


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
    then names that hold all its sub-words.
    """
    parts = name.replace("::", ".").replace("\\", ".").strip(".").split(".")
    last, qualifiers = parts[-1], parts[:-1]
    if not last:
        return []
    hits: dict[SymbolHit, None] = {}
    qualifier = qualifiers[-1] if qualifiers else None
    for path, definition in store.definitions_named(last, _MAX_NAMESAKES if qualifiers else limit, qualifier=qualifier):
        if _ends_with(path, definition, qualifiers):
            hits[SymbolHit(path, definition)] = None
    if len(hits) < limit and not qualifiers:
        found = store.definitions_with_prefix(last, limit)
        if tokens := [token for part in identifiers(last) for token in _sub_words(part)]:
            found += store.definitions_matching(tokens, limit, match_all=True)
        hits |= dict.fromkeys(SymbolHit(*hit) for hit in found)
    return list(hits)[:limit]


def search(store: Store, query: str, limit: int = 10, *, within: str = "") -> list[ChunkHit]:
    """Find the chunks that answer ``query``, words or code, by BM25 and by the names that they define.

    With ``within``, only those of this file or folder.
    """
    asked = {token for name in identifiers(query) for token in split_identifier(name)}
    # "what is this" must find something too, though it takes longer.
    tokens = _telling(store, asked) or sorted(asked, key=lambda token: (-len(token), token))[:_MAX_COMMON_TOKENS]
    if not tokens:
        return []
    by_words = [(path, chunk) for path, chunk, _ in store.chunks_matching(tokens, _FUSION_DEPTH, within=within)]
    by_names: dict[tuple[str, Chunk], None] = {}
    for path, definition in store.definitions_matching(tokens, _FUSION_DEPTH, within=within):
        if (chunk := store.chunk_at(path, definition.start_line)) is not None:
            by_names[path, chunk] = None
    fused = _fuse([by_words, list(by_names)])
    return [ChunkHit(path, chunk, score) for (path, chunk), score in fused[:limit]]


def similar_chunks(store: Store, text: str, *, exclude_path: str, limit: int = 5) -> list[ChunkHit]:
    """Find the chunks of other files that share most with a piece of code, rare identifiers weighing more."""
    tokens = _telling(store, {name.lower() for name in identifiers(text)})
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
    modules = imported.rank_modules(store.module_paths(imported.whole))
    module_names = {module_parts(other)[-1] for other, fit in modules.items() if fit == EXACT}
    found: dict[SymbolHit, tuple[int, int]] = {}  # how often it is used, how well its file fits
    for other, definition in store.importable_definitions(imported.by_name):
        match = imported.match(other, definition)
        # `from a import b` where there is a module a/b means that module, and no b elsewhere below a.
        if match is not None and (match[1] == EXACT or definition.name not in module_names):
            found[SymbolHit(other, definition)] = uses[match[0]], match[1]
    nearest = sorted(modules, key=lambda other: (-modules[other], other))[:_MAX_MODULE_FILES]
    for other, definition in store.definitions_in(nearest, imported.used):
        found.setdefault(SymbolHit(other, definition), (uses[definition.name], modules[other]))
    for other, definition in store.definitions_in_namespaces(imported.namespaces(), imported.used):
        found.setdefault(SymbolHit(other, definition), (uses[definition.name], EXACT))

    best_fit: defaultdict[str, int] = defaultdict(int)
    for hit, (_, fit) in found.items():
        best_fit[hit.definition.name] = max(fit, best_fit[hit.definition.name])
    hits = [hit for hit, (_, fit) in found.items() if hit.path != path and fit == best_fit[hit.definition.name]]
    hits.sort(key=lambda hit: (-found[hit][0], -found[hit][1], hit.path, hit.definition.start_line))
    return hits[:limit]


def _ends_with(path: str, definition: Definition, qualifiers: Sequence[str]) -> bool:
    """Tell whether the qualified name, with the path of the file before it, ends with ``qualifiers`` and the name."""
    if not qualifiers:
        return True
    full = (*module_parts(path), *definition.qualified_name.split("."))[:-1]
    return tuple(part.lower() for part in full[-len(qualifiers) :]) == tuple(part.lower() for part in qualifiers)


def _sub_words(identifier: str) -> tuple[str, ...]:
    tokens = split_identifier(identifier)
    return tokens[1:] or tokens


def _telling(store: Store, tokens: set[str]) -> list[str]:
    """Choose the tokens that tell most, rarest first, so that looking them up stays fast in any repository."""
    frequencies = store.chunk_frequencies(tokens - store.common_words())
    chosen: list[str] = []
    occurrences = 0
    for token, frequency in sorted(frequencies.items(), key=lambda item: (item[1], item[0]))[:_MAX_TOKENS]:
        occurrences += frequency
        if chosen and occurrences > _MAX_OCCURRENCES:
            break
        chosen.append(token)
    return chosen


def _fuse(rankings: Sequence[Sequence[tuple[str, Chunk]]]) -> list[tuple[tuple[str, Chunk], float]]:
    """Fuse rankings by reciprocal rank, best first."""
    scores: defaultdict[tuple[str, Chunk], float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] += 1 / (_FUSION_CONSTANT + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
