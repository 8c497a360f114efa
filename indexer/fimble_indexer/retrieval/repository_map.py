"""A map of a repository within a budget: files, and the signatures in them that matter most."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fimble_indexer.retrieval.graph import Graph
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.parse import Definition

_INDENT = "    "
_MAX_SIGNATURE = 160  # characters
_FEWEST_CHARACTERS = 8  # of a line of a map: what bounds how many definitions are looked at
_MAX_DEFINITIONS = 20_000


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file on the map: how much it matters, and its chosen definitions in the order of the source."""

    path: str
    rank: float
    definitions: tuple[Definition, ...]

    def render(self) -> str:
        """Return the path and, below it, a line for each signature, indented by what encloses it."""
        chosen = {definition.qualified_name for definition in self.definitions}
        lines = [_line(definition, _depth(definition, chosen)) for definition in self.definitions]
        return "".join([_heading(self.path), *lines])


def repository_map(
    store: Store,
    characters: int,
    *,
    focus: Sequence[str] = (),
    names: Sequence[str] = (),
    within: Sequence[str] = (),
) -> list[MappedFile]:
    """Choose what matters most to the files ``focus`` and to those that define ``names``, by default to all.

    The files come in alphabetical order, so that a map changes little where the repository does. Rendered, they have
    at most so many ``characters`` together. With ``within``, only these files and folders are on the map.
    """
    graph = Graph.load(store)
    ranks = graph.rank(focus, names)
    limit = min(max(characters // _FEWEST_CHARACTERS, 0), _MAX_DEFINITIONS)
    chosen: defaultdict[str, dict[str, Definition]] = defaultdict(dict)
    outlines: dict[str, dict[str, Definition]] = {}
    for hit, _ in graph.rank_definitions(store, ranks, limit, within=within):
        path, definition = hit.path, hit.definition
        if path not in outlines:
            outlines[path] = {found.qualified_name: found for found in reversed(store.definitions_of(path))}
        added = {
            name: outlines[path][name]
            for name in (*_enclosing(definition.qualified_name), definition.qualified_name)
            if name in outlines[path] and name not in chosen.get(path, ())
        }
        cost = sum(len(_line(each, each.qualified_name.count("."))) for each in added.values())
        cost += 0 if path in chosen else len(_heading(path))
        if added and cost <= characters:
            chosen[path] |= added
            characters -= cost
    rank_of = dict(zip(graph.paths, ranks, strict=True))
    return [
        MappedFile(path, float(rank_of[path]), tuple(sorted(found.values(), key=_place)))
        for path, found in sorted(chosen.items())
    ]


def _heading(path: str) -> str:
    return f"{path}:\n"


def _line(definition: Definition, depth: int) -> str:
    signature = definition.signature
    if len(signature) > _MAX_SIGNATURE:
        signature = f"{signature[: _MAX_SIGNATURE - 3]}..."
    return f"{_INDENT * (depth + 1)}{signature}\n"


def _depth(definition: Definition, chosen: set[str]) -> int:
    return sum(name in chosen for name in _enclosing(definition.qualified_name))


def _enclosing(qualified_name: str) -> list[str]:
    """List the qualified names of what may enclose a definition, the outermost first."""
    parts = qualified_name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _place(definition: Definition) -> tuple[int, int]:
    return definition.start_line, -definition.end_line
