"""Which files of a repository import which: all imports at once, where ``resolve.py`` compares one with one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from fimble_indexer.resolve import EXACT, ModulePath, module_parts

_INSIDE = EXACT - 1  # a file right inside the module, as each file of a Go package is
_MAX_CANDIDATES = 200  # compared with one module: folders of the same name can be everywhere
_MAX_FILES = 20  # that one import means: a package of more is no statement about any of them


def imported_files(paths: Sequence[str], imports: Iterable[tuple[str, str, str | None]]) -> Iterator[tuple[str, str]]:
    """Yield importer and imported file for the imports that mean files of ``paths``.

    An import is the importer's path, the module as it is written, and the name that is taken from it or None. Where
    several files fit as well, those below the importer's first folder are meant.
    """
    modules = _Modules(paths)
    known: dict[tuple[str, str | None, str], tuple[str, ...]] = {}
    for importer, module, name in imports:
        # What "./x" means depends on the folder, what "a.b" or "a.h" means on the language alone.
        folder, _, file = importer.rpartition("/")
        key = module, name, folder if module.startswith(".") else file.rpartition(".")[2]
        if key not in known:
            known[key] = modules.find(ModulePath.of(module, importer), name)
        found = known[key]
        if len(found) > 1 and folder:
            top = f"{folder.partition('/')[0]}/"
            found = tuple(path for path in found if path.startswith(top)) or found
        if len(found) <= _MAX_FILES:
            for imported in found:
                if imported != importer:
                    yield importer, imported


class _Modules:
    """The files of a repository by what an import may call them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._exact: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._by_end: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)  # the last one or two parts
        for path in paths:
            parts = module_parts(path)
            for known in (parts, parts[:-1]):
                if known:
                    self._exact[known].append(path)
                    for end in {known[-1:], known[-2:]}:
                        if len(self._by_end[end]) < _MAX_CANDIDATES:
                            self._by_end[end].append(path)

    def find(self, module: ModulePath, name: str | None) -> tuple[str, ...]:
        """Return the files of ``name`` in ``module`` if it is a module itself, or else those of ``module``."""
        if name not in {None, "*"} and (found := self._best(module.below(name), EXACT)):
            return found
        return self._best(module, _INSIDE)

    def _best(self, module: ModulePath, least: int) -> tuple[str, ...]:
        if module.anchored:
            candidates = self._exact.get(module.parts, [])
        else:
            candidates = self._by_end.get(module.parts[-2:], [])
            if not candidates and least < EXACT:  # perhaps its first folders are above the root
                candidates = self._by_end.get(module.parts[-1:], [])
        agreements = {path: module.agreement(path) for path in candidates}
        best = max(agreements.values(), default=0)
        return tuple(path for path, agreement in agreements.items() if agreement == best >= least)
