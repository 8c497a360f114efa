"""Signatures of what is used at the cursor: imports, members of types, other names, what diagnostics speak of."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from fimble_indexer.retrieval.search import SymbolHit, imported_definitions
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import Definition
from fimble_prompts.candidates import Activity, Candidate
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place

_MOST_IMPORTED = 30
_MOST_NAMES = 24
"""Names near the cursor that are looked up: each look-up takes a tenth of a millisecond."""
_MOST_NAMESAKES = 3
"""A name with more definitions than this says too little about which one is meant."""
_MOST_MEMBERS = 12
_MOST_TYPES = 4
_SHORTEST_NAME = 3
_TYPES = frozenset({"class", "enum", "interface", "struct", "trait", "type"})
_CALLABLE = frozenset({"function", "macro", "method"})
_RECEIVER = re.compile(r"\b([^\W\d]\w*)(?:\(\))?\s*(?:\.|->|\?\.|::)")
_QUOTED = re.compile(r"[\"'`\u2018\u201c]([^\W\d]\w*)[\"'`\u2019\u201d]")


def imports(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the signatures of the imported names that are used nowhere yet, then of those used near the cursor.

    What was imported and not used is most likely what comes next.
    """
    hits = sorted(_imported(store, place), key=lambda hit: not place.is_new(hit.definition.name))
    for rank, hit in enumerate(hits):
        yield _candidate(hit, "imports", rank)


def types(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the types used near the cursor with the signatures of their public members.

    A variable is taken to be of the type that it is named after: `tool_context` of `ToolContext`.
    """
    hits = [hit for hit in _imported(store, place) if hit.definition.kind in _TYPES]
    receivers = dict.fromkeys(reversed(_RECEIVER.findall(place.near)))
    named_after = [name.replace("_", "") for name in receivers if len(name) >= _SHORTEST_NAME]
    for name in named_after[:_MOST_NAMES]:
        found = _named(store, place, name, _TYPES)
        if len(found) == 1:
            hits += found
    for rank, hit in enumerate(list(dict.fromkeys(hits))[:_MOST_TYPES]):
        members = [
            member
            for member in store.members_of(hit.path, hit.definition.qualified_name)
            if not member.name.startswith("_")
        ]
        if members:
            yield _candidate(hit, "types", rank, members[:_MOST_MEMBERS])


def definitions(store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the signatures of what else is called near the cursor, such as methods, if the name tells which."""
    own = {definition.name for definition in store.definitions_of(place.path)}
    imported = {item.alias or item.name for item in place.symbols.imports}
    names = [name for name in place.names if len(name) >= _SHORTEST_NAME and name not in own | imported]
    rank = 0
    for name in names[:_MOST_NAMES]:
        hits = [hit for hit in _named(store, place, name, _CALLABLE | _TYPES) if hit.definition.name == name]
        for hit in hits:
            yield _candidate(hit, "definitions", rank)
        rank += bool(hits)


def diagnostics(store: Store, place: Place, activity: Activity) -> Iterator[Candidate]:
    """Yield the signatures of the names that the diagnostics at the cursor quote."""
    names = dict.fromkeys(name for message in activity.diagnostics for name in _QUOTED.findall(message))
    for rank, name in enumerate(list(names)[:_MOST_NAMES]):
        for hit in _named(store, place, name, _CALLABLE | _TYPES):
            yield _candidate(hit, "diagnostics", rank)


def yanked(store: Store, place: Place, activity: Activity) -> Iterator[Candidate]:
    """Yield the definition of the name that was yanked, or the code that was, from wherever it came."""
    text = activity.yanked.strip()
    if text.isidentifier():
        for rank, hit in enumerate(_named(store, place, text, _CALLABLE | _TYPES)):
            yield _candidate(hit, "yanked", rank)
    elif text and text not in place.text:
        yield Candidate(Snippet(activity.yanked_path, 0, 0, text, "yanked"), 1.0)


@lru_cache(maxsize=1)
def _imported(store: Store, place: Place) -> tuple[SymbolHit, ...]:
    """Find what is imported and used near the cursor, or nowhere yet; several sources ask, one after the other."""
    names = {reference.name for reference in place.symbols.references}
    names |= {item.name for item in place.symbols.imports if item.name and item.alias in names}
    found = imported_definitions(store, place.path, place.symbols, limit=_MOST_IMPORTED)
    return tuple(hit for hit in found if hit.definition.name in names or place.is_new(hit.definition.name))


def _named(store: Store, place: Place, name: str, kinds: frozenset[str]) -> list[SymbolHit]:
    """Look a name up among the code of the language; nothing if it has too many definitions."""
    found = [
        SymbolHit(path, definition)
        for path, definition in store.definitions_named(name, 4 * _MOST_NAMESAKES)
        if definition.kind in kinds and path != place.path and language_for_path(path) == place.language
    ]
    return found if len(found) <= _MOST_NAMESAKES else []


def _candidate(hit: SymbolHit, source: str, rank: int, members: Iterable[Definition] = ()) -> Candidate:
    text = "\n".join([_signature(hit.path, hit.definition), *(f"    {member.signature}" for member in members)])
    snippet = Snippet(hit.path, hit.definition.start_line, hit.definition.end_line, text, source)
    return Candidate(snippet, 1 / (1 + rank), is_signature=True)


def _signature(path: str, definition: Definition) -> str:
    language = language_for_path(path)
    mark = language.line_comment if language else None
    comment = f"  {mark} {definition.doc}" if mark and definition.doc else ""
    return definition.signature + comment
