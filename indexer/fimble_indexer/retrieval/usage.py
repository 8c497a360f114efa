"""Who uses a definition, and which files depend on a file, as far as names and imports tell."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import log1p, sqrt

from fimble_indexer.retrieval.imported_files import imported_files
from fimble_indexer.retrieval.project_files import ListedFiles
from fimble_indexer.retrieval.search import SymbolHit
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.parse import Definition

_MAX_FILES = 1000  # of those that use one name
_MAX_NAMES = 500  # of those that one file defines
_UNSURE = 0.1  # the weight of a use in a file that does not import the definition's file


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a name is used.

    ``line`` is 0-based; ``within`` is the innermost definition around it. ``is_sure`` tells that the file defines the
    name itself, imports the file that does, or stands beside it.
    """

    path: str
    line: int
    within: Definition | None
    is_sure: bool


def callers_of(store: Store, hit: SymbolHit, limit: int = 50) -> list[Use]:
    """List the uses of a definition's name that can mean this definition, the sure ones first, then by place.

    A file that defines the same name itself, imports another file that does or stands beside one, means that one. Of a
    name that thousands of files use, the first thousand of them are looked at.
    """
    name = hit.definition.name
    others = {path for path, _ in store.definitions_named(name, _MAX_FILES)} - {hit.path}
    folders_of_others = set(map(_folder, others))
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for path, line in store.references_to(name, _MAX_FILES):
        lines[path].append(line)
    imported = _imported_by(store, [path for path in lines if path not in others])
    uses = []
    for path, in_file in lines.items():
        if path == hit.path or path not in others:
            is_sure = hit.path in imported.get(path, ()) or _folder(path) == _folder(hit.path)
            if is_sure or not (imported.get(path, set()) & others or _folder(path) in folders_of_others):
                uses += [(not is_sure, path != hit.path, path, line) for line in in_file]
    uses.sort()
    found = []
    around: dict[str, list[Definition]] = {}
    for is_unsure, _, path, line in uses[:limit]:
        if path not in around:
            around[path] = store.definitions_of(path)
        found.append(Use(path, line, _innermost(around[path], line), not is_unsure))
    return found


def dependents(store: Store, path: str, limit: int = 50) -> list[tuple[str, float]]:
    """List the files that a change of ``path`` can break, each with a score: who uses most of it comes first."""
    scores: defaultdict[str, float] = defaultdict(float)
    names = sorted({definition.name for definition in store.definitions_of(path) if definition.exported})
    for name in names[:_MAX_NAMES]:
        definers = {other for other, _ in store.definitions_named(name, _MAX_FILES)}
        counts: defaultdict[str, int] = defaultdict(int)
        for other, _ in store.references_to(name, _MAX_FILES):
            counts[other] += 1
        for other, count in counts.items():
            if other not in definers:
                scores[other] += sqrt(count) / len(definers) / log1p(len(counts))
    imported = _imported_by(store, scores)
    for other in scores:
        if path not in imported.get(other, ()) and _folder(other) != _folder(path):
            scores[other] *= _UNSURE
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]


def _imported_by(store: Store, paths: Iterable[str]) -> dict[str, set[str]]:
    imports = [(path, item.module, item.name) for path in paths for item in store.imports_of(path)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for importer, imported in imported_files(ListedFiles(store.paths(), store.aliases()), imports):
        found[importer].add(imported)
    return found


def _innermost(definitions: Iterable[Definition], line: int) -> Definition | None:
    around = [definition for definition in definitions if definition.start_line <= line < definition.end_line]
    return max(around, key=lambda definition: (definition.start_line, -definition.end_line), default=None)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
