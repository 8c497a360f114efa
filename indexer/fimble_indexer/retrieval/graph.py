"""What matters for some files: a graph of which files use, define and import what, ranked by PageRank.

A walk goes from a file to a name that it uses and on to a file that defines it, or straight to a file that it imports,
or back to a file that uses what it defines. Names are nodes of their own, so that one that is defined and used in
thousands of files costs the sum of both and not the product. With restarts at chosen files the ranks tell what
matters to these: Page, Brin, Motwani and Winograd, "The PageRank citation ranking", 1999.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fimble_indexer.retrieval.imported_files import imported_files
from fimble_indexer.retrieval.project_files import ListedFiles
from fimble_indexer.retrieval.search import SymbolHit
from fimble_indexer.storage.store import Store

_DAMPING = 0.85
_FOCUS = 0.95  # how much of the restarts is at what was asked for; the rest keeps an order among what is unrelated
_TOLERANCE = 1e-6  # of the whole rank, that may still move when the iteration ends
_MAX_ITERATIONS = 50
# How a walk goes on from a file that offers all three ways.
_BY_NAME, _BY_IMPORT, _BACK = 0.5, 0.35, 0.15
_SHORT_NAME = 3  # characters
_LITTLE = 0.1  # the weight of a private or a short name, and of what is not exported
# How much a definition tells a reader, and how likely a use elsewhere means it: a member is named behind an object,
# of whose type nothing is known here. What is not in the table is no code, and no part of the graph.
_KIND_WEIGHTS = {
    "class": 1.0,
    "function": 1.0,
    "interface": 1.0,
    "struct": 1.0,
    "trait": 1.0,
    "enum": 0.7,
    "table": 0.7,
    "type": 0.7,
    "view": 0.7,
    "method": 0.5,
    "macro": 0.7,
    "constant": 0.3,
    "variable": 0.3,
    "field": 0.2,
    "property": 0.2,
}
# Languages that share names with another one. Else "replace" of one language means nothing to all others.
_SAME_NAMES = {"cpp": "c", "kotlin": "java", "scala": "java", "tsx": "javascript", "typescript": "javascript"}
# The weight of a name that no file defines which the using one imports or stands beside; a member's is less still.
_FAR = 0.3
_MAX_DEFINERS = 8  # beyond that nobody looks which of the files it is
_UNUSED = 0.05  # of a file's rank: what its definitions share, whether anybody uses them or not

_Numbers = NDArray[np.float64]
_Indices = NDArray[np.int64]
_Flags = NDArray[np.bool_]


def rank_files(store: Store, focus: Sequence[str] = (), names: Sequence[str] = ()) -> list[tuple[str, float]]:
    """Rank all files by how much they matter to the files ``focus`` and to those that define ``names``.

    Without either, by how much they matter to the whole repository. The scores add up to one; the best come first.
    Paths and names that the index does not know are passed over.
    """
    graph = Graph.load(store)
    ranks = graph.rank(focus, names)
    order = np.lexsort((np.arange(len(ranks)), -ranks))
    return [(graph.paths[index], float(ranks[index])) for index in order]


def rank_definitions(
    store: Store, focus: Sequence[str] = (), names: Sequence[str] = (), limit: int = 100
) -> list[SymbolHit]:
    """Rank definitions by how much they matter to the files ``focus`` and to those that define ``names``."""
    graph = Graph.load(store)
    return [hit for hit, _ in graph.rank_definitions(store, graph.rank(focus, names), limit)]


@dataclass(frozen=True, slots=True)
class Edges:
    """Weighted edges between two kinds of nodes, as parallel arrays of the nodes' indices."""

    source: _Indices
    target: _Indices
    weight: _Numbers

    def flow(self, values: _Numbers, targets: int) -> _Numbers:
        """Let what is at the sources flow along the edges; returns what arrives at each of so many targets."""
        return np.bincount(self.target, values[self.source] * self.weight, targets).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Graph:
    """The files of an index and the names between them, each in the order of its index in the edges."""

    paths: tuple[str, ...]  # in alphabetical order
    names: tuple[str, ...]
    kinds: _Indices  # of the definitions
    likelihood: _Numbers  # of the definitions, that a use elsewhere means them
    uses: Edges  # from a file to a name
    definitions: Edges  # from a name to a file, one for each kind of definition that the file has of it
    imports: Edges  # from a file to a file
    offers: Edges  # from a file to a name that others use
    users: Edges  # from a name to a file

    @classmethod
    def load(cls, store: Store) -> Self:
        """Read the graph of a whole index: it takes about a second for a million lines."""
        files = store.paths_and_languages()
        paths = tuple(path for path, _ in files.values())
        # What the rows of the index call a file, to its index here and the language whose names it shares.
        file_of = {
            number: (index, _SAME_NAMES.get(language or "", language))
            for index, (number, (_, language)) in enumerate(files.items())
        }
        kinds = {kind: index for index, kind in enumerate(_KIND_WEIGHTS)}
        name_index: dict[tuple[str, str | None], int] = {}
        defined = []
        for number, name, kind, is_exported in store.defined_names(kinds):
            file, language = file_of[number]
            defined.append((file, name_index.setdefault((name, language), len(name_index)), kinds[kind], is_exported))
        used = []
        for number, name, count in store.used_names():
            file, language = file_of[number]
            if (index := name_index.get((name, language))) is not None:
                used.append((file, index, count))
        path_index = {path: index for index, path in enumerate(paths)}
        imports = ((files[number][0], module, name) for number, module, name in store.all_imports())
        listed = ListedFiles(paths, store.aliases())
        imported = [(path_index[path], path_index[other]) for path, other in imported_files(listed, imports)]
        names = tuple(name for name, _ in name_index)
        return cls._of(paths, names, _table(defined, 4), _table(used, 3), _table(imported, 2))

    @classmethod
    def _of(
        cls, paths: tuple[str, ...], names: tuple[str, ...], defined: _Indices, used: _Indices, imported: _Indices
    ) -> Self:
        """Weigh the edges.

        The columns of ``defined`` are file, name, kind and 1 for what is exported, those of ``used`` are file, name and
        number of uses, and those of ``imported`` the file that imports and the other.
        """
        # What a file defines itself, it does not need from elsewhere.
        is_elsewhere = ~np.isin(used[0] * len(names) + used[1], defined[0] * len(names) + defined[1])
        used = used[:, is_elsewhere]
        definers = np.bincount(defined[1], minlength=len(names))
        users = np.bincount(used[1], minlength=len(names))
        offered = defined[:, users[defined[1]] > 0]
        likelihood = np.array(list(_KIND_WEIGHTS.values()))[defined[2]] * np.where(defined[3], 1.0, _LITTLE)

        # How much a name tells about the file that uses it: a rare one tells most.
        weights = np.log1p(len(paths) / np.maximum(users, 1)) ** 2 / np.sqrt(np.maximum(definers, 1))
        weights *= np.fromiter(map(_worth, names), float, len(names))
        most_likely = np.zeros(len(names))
        np.maximum.at(most_likely, defined[1], likelihood)
        weights *= most_likely**2
        use_weights = np.sqrt(used[2]) * weights[used[1]]
        folders = np.unique([path.rpartition("/")[0] for path in paths], return_inverse=True)[1].reshape(-1)
        is_far = ~_is_near(used, defined, definers, imported, folders)
        use_weights[is_far] *= _FAR * most_likely[used[1][is_far]]

        ways = [_BY_NAME * _present(used[0], paths), _BY_IMPORT * _present(imported[0], paths)]
        ways.append(_BACK * _present(offered[0], paths))
        total = np.maximum(sum(ways), _BACK)  # what has none of the ways has no edge either
        by_name, by_import, back = (way / total for way in ways)
        return cls(
            paths,
            names,
            defined[2],
            likelihood,
            uses=_shared(used[0], used[1], use_weights, by_name),
            definitions=_shared(defined[1], defined[0], likelihood, np.ones(len(names))),
            imports=_shared(imported[0], imported[1], np.ones(len(imported[0])), by_import),
            offers=_shared(offered[0], offered[1], weights[offered[1]], back),
            users=_shared(used[1], used[0], np.sqrt(used[2]), np.ones(len(names))),
        )

    def rank(self, focus: Collection[str] = (), names: Collection[str] = ()) -> _Numbers:
        """Return the PageRank of each file, with restarts at the files of ``focus`` and those that define ``names``.

        Where none of them is known, the walk restarts anywhere.
        """
        files = len(self.paths)
        restart = self._restart(frozenset(focus), frozenset(names))
        ranks = restart
        for _ in range(_MAX_ITERATIONS):
            named = self.definitions.flow(self.uses.flow(ranks, len(self.names)), files)
            back = self.users.flow(self.offers.flow(ranks, len(self.names)), files)
            moved = _DAMPING * (named + back + self.imports.flow(ranks, files))
            moved += (1 - moved.sum()) * restart  # also for the files that lead nowhere
            change = np.abs(moved - ranks).sum()
            ranks = moved
            if change < _TOLERANCE:
                break
        return ranks

    def rank_definitions(
        self, store: Store, ranks: _Numbers, limit: int, *, within: Sequence[str] = ()
    ) -> list[tuple[SymbolHit, float]]:
        """Rank definitions by how much of the files' ``ranks`` flows to their names; the best come first.

        With ``within``, only those in these files and folders.
        """
        arriving = self.uses.flow(ranks, len(self.names))
        names, files = self.definitions.source, self.definitions.target
        siblings = np.bincount(files, weights=self.likelihood, minlength=len(self.paths))
        scores = arriving[names] * self.definitions.weight + _UNUSED * ranks[files] * self.likelihood / siblings[files]
        if within:
            is_wanted = np.fromiter((is_within(path, within) for path in self.paths), bool, len(self.paths))
            scores = np.where(is_wanted[files], scores, 0)
        kinds = list(_KIND_WEIGHTS)
        best: defaultdict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        for row in np.lexsort((names, files, -scores))[:limit]:
            if scores[row]:
                best[self.paths[files[row]]][self.names[names[row]], kinds[self.kinds[row]]] = float(scores[row])
        hits = [
            (SymbolHit(path, definition), score)
            for path, score_of in best.items()
            for definition in store.definitions_of(path)
            if (score := score_of.get((definition.name, definition.kind)))
        ]
        hits.sort(key=lambda hit: (-hit[1], hit[0].path, hit[0].definition.start_line))
        return hits[:limit]

    def _restart(self, focus: frozenset[str], names: frozenset[str]) -> _Numbers:
        files = len(self.paths)
        restart = np.fromiter((path in focus for path in self.paths), float, files)
        if names:
            is_asked = np.fromiter((name in names for name in self.names), float, len(self.names))
            restart += self.definitions.flow(is_asked, files)
        anywhere = np.full(files, 1 / max(files, 1))
        return _FOCUS * restart / restart.sum() + (1 - _FOCUS) * anywhere if restart.any() else anywhere


def is_within(path: str, folders: Sequence[str]) -> bool:
    """Tell whether ``path`` is one of ``folders``, or lies below one of them; "" is the root."""
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)


def _table(rows: Sequence[tuple[int, ...]], columns: int) -> _Indices:
    return np.array(rows, np.int64).reshape(-1, columns).T


def _present(nodes: _Indices, all_nodes: Sequence[str]) -> _Numbers:
    """Return 1 for each node that is among ``nodes`` and 0 for the others."""
    return np.minimum(np.bincount(nodes, minlength=len(all_nodes)), 1.0)


def _shared(source: _Indices, target: _Indices, weight: _Numbers, shares: _Numbers) -> Edges:
    """Scale the weights so that those from one node add up to its share."""
    total = np.bincount(source, weights=weight, minlength=len(shares))
    return Edges(source, target, weight / total[source] * shares[source])


def _is_near(used: _Indices, defined: _Indices, definers: _Indices, imported: _Indices, folders: _Indices) -> _Flags:
    """Tell for each use whether its file imports a file that defines the name, or stands in the same folder."""
    by_name = np.argsort(defined[1], kind="stable")
    first = np.concatenate(([0], np.cumsum(definers)))
    definer_count = np.where(definers > _MAX_DEFINERS, 0, definers)[used[1]]
    use = np.repeat(np.arange(len(used[0])), definer_count)  # each use as often as its name has definers
    which = np.arange(len(use)) - np.repeat(np.cumsum(definer_count) - definer_count, definer_count)
    user, definer = used[0][use], defined[0][by_name[first[used[1][use]] + which]]
    files = len(folders)
    near = np.isin(user * files + definer, imported[0] * files + imported[1]) | (folders[user] == folders[definer])
    return np.bincount(use, weights=near, minlength=len(used[0])) > 0


def _worth(name: str) -> float:
    """Weigh a name by how much it tells by itself: one letter next to nothing."""
    if len(name) == 1:
        return _LITTLE**3
    return _LITTLE if name.startswith("_") or len(name) <= _SHORT_NAME else 1.0
