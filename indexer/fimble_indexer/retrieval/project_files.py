"""The files of a repository as ``project.py`` asks for them: all of them at hand, or looked up one by one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from fimble_indexer.modules.configuration import Alias, first_part
from fimble_indexer.modules.paths import folder_of, join, upwards
from fimble_indexer.modules.resolve import module_parts
from fimble_indexer.storage.store import Store

_PYTHON_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")
_PYTHON_ENDINGS = (".py", "/__init__.py")


class ProjectFiles(Protocol):
    """What there is to know of files to tell which of them an import means."""

    @property
    def python_roots(self) -> Sequence[str]:
        """The folders of Python projects, which Python may import from."""

    def __contains__(self, path: object) -> bool:
        """Tell whether there is such a file."""

    def holding(self, module: str, folders: Iterable[str]) -> list[str]:
        """List those of ``folders`` that hold a module or package of Python."""

    def go_package(self, folder: str) -> tuple[str, ...]:
        """List the files of Go in a folder, without tests."""

    def ending(self, parts: tuple[str, ...]) -> Sequence[str]:
        """List the files whose module ends with these parts, in alphabetical order."""

    def aliases(self, beginning: str) -> Sequence[Alias]:
        """List the aliases whose prefix has this first part."""


class ListedFiles:
    """All files of a repository in memory, to resolve many imports."""

    def __init__(self, paths: Iterable[str], aliases: Iterable[Alias] = ()) -> None:
        self.paths = frozenset(paths)
        self._aliases: defaultdict[str, list[Alias]] = defaultdict(list)
        for alias in aliases:
            self._aliases[first_part(alias.prefix)].append(alias)

    @cached_property
    def python_roots(self) -> Sequence[str]:
        return _python_roots(self.paths)

    def __contains__(self, path: object) -> bool:
        return path in self.paths

    def holding(self, module: str, folders: Iterable[str]) -> list[str]:
        holders = self._holders.get(module)
        return [folder for folder in folders if folder in holders] if holders else []

    def go_package(self, folder: str) -> tuple[str, ...]:
        return self._go_packages.get(folder, ())

    def ending(self, parts: tuple[str, ...]) -> Sequence[str]:
        return [path for path in self._ends.get(parts[-1:], ()) if module_parts(path)[-len(parts) :] == parts]

    def aliases(self, beginning: str) -> Sequence[Alias]:
        return self._aliases.get(beginning, ())

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        holders: defaultdict[str, set[str]] = defaultdict(set)
        folders = set()
        for path in self.paths:
            if path.endswith(".py"):
                folder, _, file = path.rpartition("/")
                holders[file.removesuffix(".py")].add(folder)
                folders.add(folder)
        for package in {around for folder in folders for around in upwards(folder)} - {""}:
            parent, _, name = package.rpartition("/")
            holders[name].add(parent)
        return dict(holders)

    @cached_property
    def _go_packages(self) -> dict[str, tuple[str, ...]]:
        files: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            if _is_go(path):
                files[folder_of(path)].append(path)
        return {folder: tuple(found) for folder, found in files.items()}

    @cached_property
    def _ends(self) -> dict[tuple[str, ...], list[str]]:
        ends: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            ends[module_parts(path)[-1:]].append(path)
        return dict(ends)


class StoredFiles:
    """The files of an index, looked up one by one: a few imports cost the same however large the repository is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[object, bool] = {}
        self._held: dict[str, bool] = {}
        self._aliases: dict[str, Sequence[Alias]] = {}

    @cached_property
    def python_roots(self) -> Sequence[str]:
        return _python_roots(self._store.module_paths({PurePosixPath(name).stem for name in _PYTHON_PROJECTS}))

    def __contains__(self, path: object) -> bool:
        if path not in self._known:
            self._known[path] = self._store.has_file(str(path))
        return self._known[path]

    def holding(self, module: str, folders: Iterable[str]) -> list[str]:
        if module not in self._held:
            self._held[module] = self._store.has_module(module)
        if not self._held[module]:
            return []
        stems = {folder: join(folder, module) for folder in folders}
        return [
            folder
            for folder, stem in stems.items()
            if any(f"{stem}{end}" in self for end in _PYTHON_ENDINGS) or self._store.has_folder(stem)
        ]

    def go_package(self, folder: str) -> tuple[str, ...]:
        found = self._store.module_paths((), folders=[folder.rpartition("/")[2]])
        return tuple(path for path in found if folder_of(path) == folder and _is_go(path))

    def ending(self, parts: tuple[str, ...]) -> Sequence[str]:
        return [path for path in self._store.module_paths(parts[-1:]) if module_parts(path)[-len(parts) :] == parts]

    def aliases(self, beginning: str) -> Sequence[Alias]:
        if beginning not in self._aliases:
            self._aliases[beginning] = self._store.aliases([beginning])
        return self._aliases[beginning]


def _is_go(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")


def _python_roots(paths: Iterable[str]) -> Sequence[str]:
    projects = sorted(folder_of(path) for path in paths if path.rpartition("/")[2] in _PYTHON_PROJECTS)
    return list(dict.fromkeys(("", *(root for folder in projects for root in (folder, join(folder, "src"))))))
