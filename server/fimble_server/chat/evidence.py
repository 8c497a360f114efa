"""What of a repository a model is shown to answer a question: excerpts within a budget.

The ways of looking are fused by reciprocal ranks: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms
Condorcet and individual rank learning methods", 2009.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import log
from pathlib import PurePosixPath

from fimble_indexer.retrieval.graph import rank_definitions
from fimble_indexer.retrieval.search import asked_tokens, asked_words, is_test_path
from fimble_indexer.storage.store import Store
from fimble_indexer.words import split_identifier
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.places import (
    LONGEST,
    Place,
    innermost,
    lines_of,
    place_around,
    places_by_name,
    places_by_words,
    places_mentioned,
    places_named,
    reciprocal,
    source_weight,
)

_MOST_OF_A_FILE = 2
_WORDS_WEIGHT = 2.0
"""Of what the words find, beside the other ways of looking."""
_MOST_MISSING = 0.3
"""Of the words of a question, by weight."""
_TESTS = frozenset({"test", "spec"})
_README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)
_MANIFESTS = ("pyproject.toml", "package.json", "Cargo.toml", "go.mod", "setup.cfg", "composer.json", "pom.xml")
_TELLING = re.compile(r"""\s*(?:"?(?:name|description)"?\s*[:=]|[A-Za-z][^\[\]|<>]{40})""")
"""A line of a readme or a manifest that says something: no title, badge or table."""


def find_excerpts(store: Store, question: str, characters: int, limit: int) -> list[Excerpt]:
    """Return the excerpts that answer a question best, the best first: so many at most, within so many characters."""
    by_words = places_by_words(store, question)
    scores = _fused(
        (by_words, _WORDS_WEIGHT),
        (places_named(store, question), 1.0),
        (places_by_name(store, question), 1.0),
        (places_mentioned(store, by_words), 1.0),
    )
    if _TESTS.isdisjoint(asked_tokens(question)):
        scores = {place: score * source_weight(place[0]) for place, score in scores.items()}
    return packed(store, sorted(scores, key=lambda place: -scores[place]), characters, limit)


def overview_excerpts(store: Store, characters: int, limit: int) -> list[Excerpt]:
    """Return what tells most about a whole repository: its readme, its manifest, the definitions that matter most."""
    paths = sorted(store.paths(), key=lambda path: (path.count("/"), path))
    readme = next((path for path in paths if _README.fullmatch(PurePosixPath(path).name)), None)
    manifest = next((path for path in paths if PurePosixPath(path).name in _MANIFESTS), None)
    places: list[Place] = []
    for path in filter(None, (readme, manifest)):
        start = next((number for number, line in enumerate(lines_of(store, path)) if _TELLING.match(line)), 0)
        places.append((path, start, start + LONGEST))
    ranked = [hit for hit in rank_definitions(store, limit=10 * limit) if not is_test_path(hit.path)]
    places += [place_around(store, hit.path, hit.definition.start_line) for hit in ranked]
    return packed(store, list(dict.fromkeys(places)), characters, limit)


def packed(
    store: Store,
    places: Sequence[Place],
    characters: int,
    limit: int,
    *,
    most_of_a_file: int = _MOST_OF_A_FILE,
    source: str = "question",
) -> list[Excerpt]:
    """Take places while there is room, few of one file and none that overlaps another."""
    taken: list[Excerpt] = []
    for path, start, end in places:
        of_file = [excerpt for excerpt in taken if excerpt.path == path]
        if len(of_file) == most_of_a_file or any(
            excerpt.start_line < end and start < excerpt.end_line for excerpt in of_file
        ):
            continue
        excerpt = _excerpt(store, path, start, end, source)
        if excerpt is not None and len(excerpt.text) <= characters:
            taken.append(excerpt)
            characters -= len(excerpt.text)
        if len(taken) == limit:
            break
    return taken


def missing_words(store: Store, question: str) -> list[str]:
    """List the words of a question that no file has, if they are so much of it that no file can answer it.

    Words are weighed by how rare they are in the repository; one that it does not have weighs as much as one that it
    has once. A word of several parts is there if one of them is. Words of `generic_words.toml` are not missed.
    """
    words = list(dict.fromkeys(asked_words(question)))
    frequencies = store.chunk_frequencies(asked_tokens(question))
    total = store.chunk_count()
    weights = {
        word: max((log(1 + total / frequencies.get(token, 1)) for token in split_identifier(word)), default=0.0)
        for word in words
    }
    missing = [
        word
        for word in words
        if frequencies.keys().isdisjoint(tokens := split_identifier(word)) and _generic_words().isdisjoint(tokens)
    ]
    share = sum(weights[word] for word in missing) / max(sum(weights.values()), 1.0)
    return missing if share > _MOST_MISSING else []


def _fused(*weighted: tuple[Sequence[Place], float]) -> dict[Place, float]:
    scores: defaultdict[Place, float] = defaultdict(float)
    for places, weight in weighted:
        for rank, place in enumerate(dict.fromkeys(places)):
            scores[place] += weight * reciprocal(rank)
    return scores


def _excerpt(store: Store, path: str, start: int, end: int, source: str) -> Excerpt | None:
    """Return lines without the blank ones at both ends; None if no others are there."""
    lines = lines_of(store, path, start, end)
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
        start += 1
    if not lines:
        return None
    definition = innermost(store.definitions_of(path), start)
    name, doc = (definition.qualified_name, definition.doc) if definition else ("", "")
    return Excerpt(path, start, start + len(lines), "\n".join(lines), source, name, doc)


@cache
def _generic_words() -> frozenset[str]:
    table = tomllib.loads((files(__package__) / "generic_words.toml").read_text(encoding="utf-8"))
    return frozenset(token for group in table.values() for word in group.split() for token in split_identifier(word))
