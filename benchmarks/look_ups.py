"""How fast an index answers, asked as completions and commands ask, with what stands in the index itself."""

import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from fimble_indexer.files.listing import read_source
from fimble_indexer.retrieval.search import find_symbols, imported_definitions, search, similar_chunks
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import parse
from fimble_prompts.context import SOURCES, find_snippets
from fimble_prompts.place import Place
from fimble_prompts.sources import DEFAULT_SOURCES, Source
from fimble_server.config import Settings
from fimble_server.suggest import CHARACTERS_PER_TOKEN

_LOOK_UPS = 200
_INDENTED = re.compile(r"^[ \t]+", re.MULTILINE)
_NAME = re.compile(r"\b[^\W\d]\w{3,}\b")
_Asked = TypeVar("_Asked")


def look_ups(root: Path, database: Path) -> dict[str, Any]:
    """Measure look-ups as completions and commands make them, with what stands in the index itself."""
    random_numbers = random.Random(2)
    with Store.open(database, read_only=True) as store:
        paths = [path for path in store.paths() if (language_for_path(path) is not None)]
        chosen = random_numbers.sample(paths, min(_LOOK_UPS, len(paths)))
        names = [random_numbers.choice(found).name for path in chosen if (found := store.definitions_of(path))]
        chunks = [(path, random_numbers.choice(cut).text) for path in chosen if (cut := store.chunks_of(path))]
        symbols = []
        for path in chosen:
            language = language_for_path(path)
            assert language is not None
            symbols.append((path, parse(read_source(root, path) or b"", language)))
        return {
            "find_symbols": _timed(lambda name: find_symbols(store, name), names),
            "search": _timed(lambda found: search(store, " ".join(_NAME.findall(found[1])[:6])), chunks),
            "similar_chunks": _timed(
                lambda found: similar_chunks(store, found[1][:600], exclude_path=found[0]), chunks
            ),
            "imported_definitions": _timed(lambda found: imported_definitions(store, *found), symbols),
        }


def context(root: Path, database: Path) -> dict[str, Any]:
    """Measure what a completion waits for: code of other files for random cursors, by every source and set of them."""
    random_numbers = random.Random(4)
    limit = int(Settings().completion.context_tokens * CHARACTERS_PER_TOKEN)
    with Store.open(database, read_only=True) as store:
        paths = [path for path in store.paths() if language_for_path(path) is not None]
        cursors = []
        for path in random_numbers.sample(paths, min(_LOOK_UPS, len(paths))):
            text = (read_source(root, path) or b"").decode("utf-8", "replace")
            cursors.append(
                (path, text, random_numbers.choice([match.end() for match in _INDENTED.finditer(text)] or [0]))
            )

        def find(sources: tuple[Source, ...]) -> dict[str, float]:
            return _timed(lambda cursor: find_snippets(store, Place.of(*cursor), limit=limit, sources=sources), cursors)

        return {
            **{source: find((source,)) for source in SOURCES},
            "default": find(DEFAULT_SOURCES),
            "all": find(SOURCES),
        }


def _timed(look_up: Callable[[_Asked], object], asked: Sequence[_Asked]) -> dict[str, float]:
    milliseconds = []
    for each in asked:
        started = time.perf_counter()
        look_up(each)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return percentiles(milliseconds)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 2),
        "n": len(ordered),
    }
