"""Which code of other files goes into the prompt: what the named sources offer, packed by value within a budget.

Each source is measured by `benchmarks/context.py`; those that earn their tokens are on by default.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import get_args

from fimble_indexer.files.secrets import redact
from fimble_indexer.storage.store import Store
from fimble_prompts.candidates import Activity, Candidate
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place
from fimble_prompts.sources import DEFAULT_SOURCES, Source, chunks, definitions, head, recent

# The order is that of the prompt: what changes least from one place to the next comes first, so that the beginning
# stays in the KV cache. The weight is what the first candidate of a source is worth beside those of others.
_SOURCES: dict[Source, tuple[Callable[[Store, Place, Activity], Iterable[Candidate]], float]] = {
    "head": (head.head, 2.0),
    "imports": (definitions.imports, 1.0),
    "types": (definitions.types, 4.0),
    "definitions": (definitions.definitions, 0.5),
    "counterpart": (chunks.counterpart, 0.5),
    "callers": (chunks.callers, 1.0),
    "similar": (chunks.similar, 4.0),
    "views": (recent.views, 2.0),
    "edits": (recent.edits, 4.0),
    "yanked": (definitions.yanked, 4.0),
    "diagnostics": (definitions.diagnostics, 2.0),
}
assert _SOURCES.keys() == set(get_args(Source))
SOURCES = tuple(_SOURCES)
_ORDER = {source: number for number, source in enumerate(_SOURCES)}

_SAME_SHARE = 0.8
"""Of a snippet's lines: with more of them at the cursor already, it says nothing new."""


def find_snippets(
    store: Store,
    place: Place,
    *,
    limit: int,
    sources: Collection[Source] = DEFAULT_SOURCES,
    activity: Activity | None = None,
) -> tuple[Snippet, ...]:
    """Return snippets of at most `limit` characters together for a cursor, the most stable first.

    The same place and activity give the same snippets, so that the prompt's beginning stays in the KV cache. What the
    sources offer is made free of secrets here.
    """
    activity = activity or Activity()
    weighed: list[tuple[float, Candidate]] = []
    for source, (find, weight) in _SOURCES.items():
        if source in sources:
            weighed += [(weight * candidate.value, candidate) for candidate in find(store, place, activity)]
    here = {line.strip() for line in place.near.split("\n")}
    chosen: list[Candidate] = []
    paths: set[str] = set()
    for _, candidate in sorted(_without_outlined(weighed), key=lambda item: -item[0] / _size(item[1].snippet)):
        if len(candidate.snippet.text) > limit or _is_covered(candidate, chosen) or _is_here(candidate.snippet, here):
            continue
        snippet = replace(candidate.snippet, text=redact(candidate.snippet.text))
        cost = len(snippet.text) + 1 + (0 if candidate.is_signature and snippet.path in paths else len(snippet.path))
        if cost <= limit:
            chosen.append(replace(candidate, snippet=snippet))
            limit -= cost
            if candidate.is_signature:
                paths.add(snippet.path)
    return tuple(_arranged(chosen))


def _without_outlined(weighed: Sequence[tuple[float, Candidate]]) -> Iterable[tuple[float, Candidate]]:
    """Leave out the signatures of what comes with its members, too."""
    longest: dict[tuple[str, int], int] = {}
    for _, candidate in weighed:
        if candidate.is_signature:
            place = candidate.snippet.path, candidate.snippet.start_line
            longest[place] = max(longest.get(place, 0), len(candidate.snippet.text))
    for weight, candidate in weighed:
        place = candidate.snippet.path, candidate.snippet.start_line
        if not candidate.is_signature or len(candidate.snippet.text) == longest[place]:
            yield weight, candidate


def _size(snippet: Snippet) -> int:
    return len(snippet.path) + len(snippet.text)


def _is_covered(candidate: Candidate, others: Iterable[Candidate]) -> bool:
    """Tell whether others say the same: the text itself, or code that spans the place it is from."""
    snippet = candidate.snippet
    return any(
        other.snippet.path == snippet.path
        and (
            snippet.text.strip() in other.snippet.text
            or (not other.is_signature and other.snippet.start_line <= snippet.start_line < other.snippet.end_line)
        )
        for other in others
    )


def _is_here(snippet: Snippet, here: set[str]) -> bool:
    lines = [line.strip() for line in snippet.text.split("\n") if line.strip()]
    return sum(line in here for line in lines) >= _SAME_SHARE * len(lines)


def _arranged(chosen: Iterable[Candidate]) -> Iterable[Snippet]:
    """Yield the snippets in the order of the prompt, the signatures of one file and source as one."""

    def place(candidate: Candidate) -> tuple[int, str, bool, int]:
        snippet = candidate.snippet
        return _ORDER[snippet.source], snippet.path, candidate.is_signature, snippet.start_line  # type: ignore[index]

    for (*_, is_signature), group in groupby(sorted(chosen, key=place), key=lambda candidate: place(candidate)[:3]):
        snippets = [candidate.snippet for candidate in group]
        if not is_signature:
            yield from snippets
            continue
        yield Snippet(
            path=snippets[0].path,
            start_line=snippets[0].start_line,
            end_line=max(snippet.end_line for snippet in snippets),
            text="\n".join(snippet.text for snippet in snippets),
            source=snippets[0].source,
        )
