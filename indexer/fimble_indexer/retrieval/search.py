"""Look things up in an index: symbols by name, chunks by words, definitions by import."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import fsum, log
from weakref import WeakKeyDictionary

from fimble_indexer.modules.resolve import EXACT, module_parts
from fimble_indexer.retrieval.imported_names import ImportedNames
from fimble_indexer.retrieval.project import Project
from fimble_indexer.retrieval.project_files import StoredFiles
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.chunks import Chunk
from fimble_indexer.syntax.definitions import DATA_KINDS
from fimble_indexer.syntax.parse import Definition, FileSymbols
from fimble_indexer.words import identifiers, split_identifier

# docs/retrieval.md tells how these were found.
_BY_WORDS, _BY_NAMES = 100, 50  # chunks that are ranked, found either way
_NAME_WEIGHT = 0.5  # of a word in the name of a definition, beside its share of the chunk's BM25 score
_TEST_WEIGHT = 0.85  # of a chunk in a file of tests, unless tests are asked for
_TESTS = frozenset({"test", "tests", "testing", "spec", "specs"})
_COVER_WEIGHT = 1.2  # of the chunk that holds most of the question at one place
_COVER_LINES = 4  # of such a place
_LEAST_COVER = 0.8  # of the question's weight, for such a place to mean anything
_MAX_SEARCH_OCCURRENCES = 50_000  # a tenth of a second
_MAX_NAMESAKES = 5000  # definitions of one name that are looked through for a qualified one
_MAX_MODULE_FILES = 40  # files looked into for the names of modules that are imported as a whole
_MAX_TOKENS = 24
# Ranking costs about 2 microseconds for each chunk that holds a token: rare tokens first, until this many.
_MAX_OCCURRENCES = 500

_projects: WeakKeyDictionary[Store, tuple[tuple[int, int], Project]] = WeakKeyDictionary()


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
    then names that hold all its sub-words; in each case code before headings and the keys of data.
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
            matching = store.definitions_matching(tokens, limit, match_all=True)
            found += sorted(matching, key=lambda hit: hit[1].kind in DATA_KINDS)
        hits |= dict.fromkeys(SymbolHit(*hit) for hit in found)
    return list(hits)[:limit]


def search(store: Store, query: str, limit: int = 10, *, within: str = "") -> list[ChunkHit]:
    """Find the chunks that answer ``query``, words or code, by BM25 and by the names of what they define.

    With ``within``, only those of this file or folder.
    """
    asked = asked_tokens(query)
    weights = _weights(store, asked)
    tokens = list(weights)
    if not tokens:
        return []
    scores: dict[tuple[str, Chunk], float] = {}
    for path, definition in store.definitions_matching(tokens, _BY_NAMES, within=within):
        if (chunk := store.chunk_at(path, definition.start_line)) is not None:
            scores[path, chunk] = 0.0
    for path, chunk, score in store.chunks_matching(tokens, _BY_WORDS, within=within):
        scores[path, chunk] = score
    covers = {(path, chunk): _cover(chunk, weights) for path, chunk in scores}
    most = max(covers.values(), default=0.0)
    is_covered = most >= _LEAST_COVER * sum(weights.values())
    is_about_tests = not _TESTS.isdisjoint(asked)
    hits = []
    for (path, chunk), by_words in scores.items():
        names = store.names_defined(path, chunk.start_line, chunk.end_line)
        by_name = max((_weight_of(name, weights) for name in names), default=0.0)
        weight = _TEST_WEIGHT if is_test_path(path) and not is_about_tests else 1.0
        weight *= _COVER_WEIGHT if is_covered and covers[path, chunk] == most else 1.0
        hits.append(ChunkHit(path, chunk, weight * (by_words + _NAME_WEIGHT * by_name)))
    hits.sort(key=lambda hit: (-hit.score, hit.path, hit.chunk.start_line))
    return hits[:limit]


def best_line(store: Store, query: str, hit: ChunkHit) -> int:
    """Return the 0-based line of the file that says most about the ``query``: words and names weigh as in ``search``.

    It is the first of those that are as good, and the first that is not blank if no word of the query is in the chunk.
    """
    weights = _weights(store, asked_tokens(query))
    names: defaultdict[int, float] = defaultdict(float)
    for definition in store.definitions_of(hit.path):
        names[definition.start_line] += _NAME_WEIGHT * _weight_of(definition.name, weights)
    worth = [
        (_weight_of(line, weights) + names[number], bool(line.strip()))
        for number, line in enumerate(hit.chunk.text.split("\n"), hit.chunk.start_line)
    ]
    return hit.chunk.start_line + worth.index(max(worth))


def similar_chunks(store: Store, text: str, *, exclude_path: str, limit: int = 5) -> list[ChunkHit]:
    """Find the chunks of other files that share most with a piece of code, rare identifiers weighing more."""
    tokens = _telling(store, {split_identifier(name)[0] for name in identifiers(text) if split_identifier(name)})
    if not tokens:
        return []
    return [ChunkHit(*found) for found in store.chunks_matching(tokens, limit, exclude_path=exclude_path)]


def imported_definitions(store: Store, path: str, symbols: FileSymbols, limit: int = 50) -> list[SymbolHit]:
    """Find the definitions in this repository of the names that the file ``path`` imports.

    ``symbols`` are those of the file as it is now. A name counts as imported if it is imported by name, or if it is
    used and defined in a module that is imported as a whole. What the file uses most comes first.
    """
    uses = Counter(reference.name for reference in symbols.references)
    imported = ImportedNames.of(path, symbols, _project(store))
    modules = imported.rank_modules(store.paths_ending(imported.ends()))
    module_names = {module_parts(other)[-1] for other, fit in modules.items() if fit == EXACT}
    found: dict[SymbolHit, tuple[int, int]] = {}  # how often it is used, how well its file fits
    certain = store.definitions_in(imported.files, imported.by_name)
    # A name can be defined in thousands of files: it is looked for only where it is not in those that are imported.
    elsewhere = imported.by_name.keys() - {definition.name for _, definition in certain}
    for other, definition in [*certain, *store.importable_definitions(elsewhere)]:
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


def asked_words(query: str) -> list[str]:
    """List the words that a query asks for, without those that all questions are made of if it has others."""
    words = identifiers(query)
    return [word for word in words if word.lower() not in _stop_words()] or words


def asked_tokens(query: str) -> set[str]:
    """Return the tokens of the words that a query asks for."""
    return {token for word in asked_words(query) for token in split_identifier(word)}


def _weights(store: Store, asked: set[str]) -> dict[str, float]:
    """Weigh the tokens that the search goes by: a rare one tells most."""
    frequencies = store.chunk_frequencies(asked)
    total = store.chunk_count()
    return {token: log(1 + total / frequencies[token]) for token in _rarest(frequencies, _MAX_SEARCH_OCCURRENCES)}


def _sub_words(identifier: str) -> tuple[str, ...]:
    tokens = split_identifier(identifier)
    return tokens[1:] or tokens


def _project(store: Store) -> Project:
    """Return the files of an index as imports are resolved against them, with what is known of them so far."""
    state = store.state()
    known = _projects.get(store)
    if known is None or known[0] != state:
        known = _projects[store] = state, Project(StoredFiles(store))
    return known[1]


def _telling(store: Store, tokens: set[str]) -> list[str]:
    """Choose the tokens that tell most, so that looking them up stays fast in any repository."""
    return _rarest(store.chunk_frequencies(tokens - store.common_words()), _MAX_OCCURRENCES)


def _rarest(frequencies: Mapping[str, int], max_occurrences: int) -> list[str]:
    """List the tokens from the rarest on, until they occur so often together; at least one."""
    chosen: list[str] = []
    occurrences = 0
    for token, frequency in sorted(frequencies.items(), key=lambda item: (item[1], item[0]))[:_MAX_TOKENS]:
        occurrences += frequency
        if chosen and occurrences > max_occurrences:
            break
        chosen.append(token)
    return chosen


def _cover(chunk: Chunk, weights: Mapping[str, float]) -> float:
    """Weigh the tokens that stand together on a few lines of a chunk, where they weigh most."""
    lines = [_tokens_of(line) & weights.keys() for line in chunk.text.split("\n")]
    places = (set().union(*lines[start : start + _COVER_LINES]) for start in range(len(lines)) if lines[start])
    return max((_total(place, weights) for place in places), default=0.0)


def _weight_of(text: str, weights: Mapping[str, float]) -> float:
    return _total(_tokens_of(text) & weights.keys(), weights)


def _tokens_of(text: str) -> set[str]:
    return {token for word in identifiers(text) for token in split_identifier(word)}


def _total(tokens: Iterable[str], weights: Mapping[str, float]) -> float:
    return fsum(weights[token] for token in tokens)


def is_test_path(path: str) -> bool:
    """Tell by its path whether a file holds tests."""
    return not _TESTS.isdisjoint(token for word in identifiers(path) for token in split_identifier(word))


@cache
def _stop_words() -> frozenset[str]:
    table = tomllib.loads((files(__package__) / "stop_words.toml").read_text(encoding="utf-8"))
    return frozenset(word for group in table.values() for word in group.split())
