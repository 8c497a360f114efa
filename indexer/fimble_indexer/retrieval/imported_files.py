"""Which files of a repository import which: all imports at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fimble_indexer.modules.paths import folder_of
from fimble_indexer.modules.resolve import EXACT, ModulePath, module_parts
from fimble_indexer.retrieval.project import Project
from fimble_indexer.retrieval.project_files import ListedFiles

_INSIDE = EXACT - 1  # a file right inside the module, as each file of a Go package is
_MAX_CANDIDATES = 200  # compared with one module: folders of the same name can be everywhere
_MAX_FILES = 20  # that one import means: a package of more is no statement about any of them


def imported_files(files: ListedFiles, imports: Iterable[tuple[str, str, str | None]]) -> Iterator[tuple[str, str]]:
    """Yield importer and imported file for the imports that mean ``files``.

    An import is the importer's path, the module as it is written, and the name that is taken from it or None. Where
    the project does not know, names decide: of several files that fit as well, those below the importer's first folder.
    """
    project = Project(files)
    modules = _Modules(files.paths)
    known: dict[tuple[str, str, str, str | None], tuple[str, ...]] = {}
    by_names: dict[tuple[str, str | None, str], dict[str, tuple[str, ...]]] = {}
    for importer, module, name in imports:
        folder, _, file = importer.rpartition("/")
        ending = file.rpartition(".")[2]
        key = folder, ending, module, name
        if (found := known.get(key)) is None:
            found = project.resolve(importer, module, name)
            if not found:
                # What "./x" means depends on the folder, what "a.b" or "a.h" means on the language alone.
                names_key = module, name, folder if module.startswith(".") else ending
                if (likely := by_names.get(names_key)) is None:
                    likely = by_names[names_key] = modules.find(ModulePath.of(module, importer), name)
                found = likely.get(folder.partition("/")[0]) or likely.get("", ())
            known[key] = found
        if len(found) <= _MAX_FILES:
            for imported in found:
                if imported != importer:
                    yield importer, imported


class _Modules:
    """The files of a repository by what an import may call them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._exact: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._by_end: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)  # the last one or two parts
        for path in sorted(paths):
            parts = module_parts(path)
            for known in (parts, parts[:-1]):
                if known:
                    self._exact[known].append(path)
                    for end in {known[-1:], known[-2:]}:
                        if len(self._by_end[end]) < _MAX_CANDIDATES:
                            self._by_end[end].append(path)

    def find(self, module: ModulePath, name: str | None) -> dict[str, tuple[str, ...]]:
        """Return the files of ``name`` in ``module`` if it is a module itself, or else those of ``module``.

        They are given by their first folder, and all of them by "".
        """
        found: list[str] = []
        if name not in {None, "*"}:
            found = self._best(module.below(name), EXACT)
        found = found or self._best(module, _INSIDE)
        by_top: defaultdict[str, list[str]] = defaultdict(list, {"": found})
        for path in found:
            if folder := folder_of(path):
                by_top[folder.partition("/")[0]].append(path)
        return {top: tuple(paths) for top, paths in by_top.items()}

    def _best(self, module: ModulePath, least: int) -> list[str]:
        if module.anchored:
            candidates = self._exact.get(module.parts, [])
        else:
            candidates = self._by_end.get(module.parts[-2:], [])
            if not candidates and least < EXACT:  # perhaps its first folders are above the root
                starts = range(1, len(module.parts))
                candidates = [path for start in starts for path in self._exact.get(module.parts[start:], ())]
        agreements = {path: module.agreement(path) for path in candidates}
        best = max(agreements.values(), default=0)
        return [path for path, agreement in agreements.items() if agreement == best >= least]
