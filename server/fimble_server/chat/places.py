"""Places of a repository that may answer a question: several ways of looking, each a list with the best first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log
from pathlib import PurePosixPath

from fimble_indexer.retrieval.search import asked_tokens, best_line, is_test_path, search
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.definitions import DATA_KINDS, Definition
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.words import identifiers, split_identifier
from fimble_server.chat.subjects import named_definitions, named_files

LONGEST = 12
"""Lines of a place; of a longer definition its beginning, or what is around the line that counts."""
_LINES_BEFORE = 3
_CHUNKS = 24
_DEFINITIONS = 100
"""What is looked at, by words and by name."""
_MOST_NAMED = 12
_FOLLOWED = 8
"""Places whose names are looked up in turn."""
_MOST_DEFINERS = 3
_SHORTEST_NAME = 4
"""Characters; a shorter one means too much."""
_SMALL_KINDS = DATA_KINDS | {"constant", "variable", "field", "property"}
_PROSE = frozenset({"html", "json", "markdown", "toml", "yaml", None})
"""Languages of files that tell of code and are none."""
_ASIDE = frozenset({"bench", "benchmark", "benchmarks", "example", "examples", "samples", "scripts"})
"""Folders of code that uses what others do."""
_ASIDE_WEIGHT, _PROSE_WEIGHT = 0.25, 0.5

Place = tuple[str, int, int]
"""A path, the first line and the one behind the last."""


def places_named(store: Store, question: str) -> list[Place]:
    """List the definitions and the files that the question names."""
    hits = named_definitions(store, question)
    places = [place_around(store, hit.path, hit.definition.start_line) for hit in hits]
    return places + [(path, 0, LONGEST) for path in named_files(store, question)]


def places_by_words(store: Store, question: str, *, within: str = "") -> list[Place]:
    """List what is around the best line of the chunks that have most of the question's words.

    With `within`, only those of this file or folder.
    """
    hits = search(store, question, _CHUNKS, within=within)
    return [place_around(store, hit.path, best_line(store, question, hit)) for hit in hits]


def places_by_name(store: Store, question: str) -> list[Place]:
    """List the definitions whose names and the words of the question cover each other best."""
    frequencies = store.chunk_frequencies(asked_tokens(question))
    if not frequencies:
        return []
    total = store.chunk_count()
    weights = {token: log(1 + total / count) for token, count in frequencies.items()}
    scored = []
    for path, definition in store.definitions_matching(weights, _DEFINITIONS):
        if definition.kind not in _SMALL_KINDS:
            tokens = split_identifier(definition.name)
            parts = frozenset(tokens[1:] or tokens)
            shared = parts & weights.keys()
            score = sum(weights[token] for token in shared) * len(shared) / max(len(parts), 1)
            scored.append((-score, path, definition.start_line))
    return [place_around(store, path, line) for _, path, line in sorted(scored)[:_MOST_NAMED]]


def places_mentioned(store: Store, places: Sequence[Place]) -> list[Place]:
    """List the definitions that other places mention by name: a manual names what does the work, a test calls it.

    A name weighs the more the better the places are that mention it, and the fewer files use it.
    """
    votes: defaultdict[str, float] = defaultdict(float)
    for rank, (path, start, end) in enumerate(places[:_FOLLOWED]):
        for name in set(identifiers("\n".join(lines_of(store, path, start, end)))):
            if len(name) >= _SHORTEST_NAME:
                votes[name] += reciprocal(rank)
    scored = []
    for name, vote in votes.items():
        definers = [
            (path, definition)
            for path, definition in store.definitions_named(name, _MOST_DEFINERS + 1)
            if definition.name == name and definition.kind not in _SMALL_KINDS and source_weight(path) == 1.0
        ]
        if 0 < len(definers) <= _MOST_DEFINERS:
            users = len({path for path, _ in store.references_to(name)})
            scored += [(-vote / log(2 + users), path, definition.start_line) for path, definition in definers]
    return [place_around(store, path, line) for _, path, line in sorted(scored)[:_MOST_NAMED]]


def reciprocal(rank: int) -> float:
    """Return the weight of a rank, from 0."""
    return 1 / (rank + 4)


def source_weight(path: str) -> float:
    """Weigh what a file tells about how something is done: the code itself most."""
    if is_test_path(path) or not _ASIDE.isdisjoint(PurePosixPath(path).parts):
        return _ASIDE_WEIGHT
    language = language_for_path(path)
    return _PROSE_WEIGHT if (language.name if language else None) in _PROSE else 1.0


def place_around(store: Store, path: str, line: int) -> Place:
    """Return the innermost definition around a line, or of a long one the part that holds the line."""
    definition = innermost(store.definitions_of(path), line)
    if definition is None:
        start = max(0, line - _LINES_BEFORE)
        return path, start, start + LONGEST
    start, end = definition.start_line, definition.end_line
    if line - start >= LONGEST - _LINES_BEFORE:
        start = line - _LINES_BEFORE
    return path, start, min(start + LONGEST, end)


def lines_of(store: Store, path: str, start: int = 0, end: int | None = None) -> list[str]:
    """Return lines of a file as the index has them, without secrets; beyond the end of the file there are none."""
    text = "".join(chunk.text for chunk in store.chunks_of(path))
    return text.replace("\r", "").split("\n")[start:end]


def innermost(definitions: Iterable[Definition], line: int) -> Definition | None:
    """Return the smallest definition around a line that has code of its own, or None."""
    around = [
        definition
        for definition in definitions
        if definition.start_line <= line < definition.end_line and definition.kind not in _SMALL_KINDS
    ]
    return max(around, key=lambda definition: (definition.start_line, -definition.end_line), default=None)
