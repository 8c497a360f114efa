"""Which file of the repository an import means, told by names alone.

No build configuration is read, so this is a best effort that works alike for all languages: the parts of a module's
name are compared with the parts of a file's path.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Self

from fimble_indexer.languages import language_for_path
from fimble_indexer.parse import Definition, FileSymbols

# File names that say nothing: a module is called by their folder's name.
_FOLDER_FILES = frozenset({"__init__", "index", "mod", "init"})
_SEPARATORS = re.compile(r"::|[.\\]")
# First parts of a module that stand for the project itself.
_PROJECT_TOPS = frozenset({"@", "~", "crate", "self", "super"})
# Where "a.c" is a module "c" and no file of another language.
_DOTTED_LANGUAGES = frozenset({"python", "java", "csharp", "go", "rust", "lua", "kotlin", "scala", "swift"})
# One word names a module only near the root: a "typing.py" deep in the repository is not the standard library's.
_MAX_DEPTH_OF_ONE_WORD = 1
EXACT = 3  # the best agreement of a module and a file


@dataclass(frozen=True, slots=True)
class ModulePath:
    """Where a module may be found.

    ``parts`` are folders and file without endings. They start at the root if ``anchored``. ``is_local`` tells from
    the spelling that the module is no library's: a file ("x.h"), or a path from the top of the project ("crate::x").
    """

    parts: tuple[str, ...]
    anchored: bool
    is_local: bool

    @classmethod
    def of(cls, module: str, importer: str) -> Self:
        """Read a module as it is written in the file ``importer``."""
        folder = PurePosixPath(importer).parent.parts
        language = language_for_path(importer)
        is_file = language_for_path(module) is not None and not (language and language.name in _DOTTED_LANGUAGES)
        if not is_file and "/" not in module:
            levels = len(module) - len(module.lstrip("."))
            words = _SEPARATORS.split(module)
            parts = tuple(word for word in words if word not in _PROJECT_TOPS and word)
            if levels:
                return cls((*folder[: max(0, len(folder) - levels + 1)], *parts), anchored=True, is_local=True)
            return cls(parts, anchored=False, is_local=words[0] in _PROJECT_TOPS)
        words = (module.rpartition(".")[0] if is_file else module).split("/")
        anchored = words[0] in {".", ".."}
        resolved = list(folder) if anchored else []
        for word in words:
            if word == ".." and resolved:
                resolved.pop()
            elif word and word not in {".", ".."} and word not in _PROJECT_TOPS:
                resolved.append(word)
        is_local = anchored or is_file or words[0] in _PROJECT_TOPS
        return cls(_without_folder_file(tuple(resolved)), anchored, is_local)

    def below(self, name: str) -> Self:
        """Return the module ``name`` inside this one."""
        return type(self)((*self.parts, name), self.anchored, self.is_local)

    def agreement(self, path: str) -> int:
        """Tell how well a file fits: 3 the very module, 2 right inside it, 1 deeper inside, 0 not at all."""
        candidate = module_parts(path)
        if self.anchored:
            starts = [0] if candidate[: len(self.parts)] == self.parts else []
        else:
            last = len(candidate) - len(self.parts)
            starts = [i for i in range(last + 1) if candidate[i : i + len(self.parts)] == self.parts]
            if len(self.parts) == 1 and not self.is_local:
                starts = [start for start in starts if start <= _MAX_DEPTH_OF_ONE_WORD]
            if not starts and self.parts:
                return self._agreement_above_root(candidate)
        if not starts or not self.parts:
            return 3 if self.anchored and len(candidate) == 1 and not self.parts else 0
        deeper = len(candidate) - starts[-1] - len(self.parts)
        return max(1, 3 - deeper)

    def _agreement_above_root(self, candidate: tuple[str, ...]) -> int:
        """Compare with a path whose first folders are above the root: "github.com/owner/repository/a" is "a"."""
        for strength, known in ((3, candidate), (2, candidate[:-1])):
            if 0 < len(known) < len(self.parts) and self.parts[-len(known) :] == known:
                return strength if len(known) > 1 else 1
        return 0


@lru_cache(maxsize=1 << 12)
def module_parts(path: str) -> tuple[str, ...]:
    """Split a path into the parts of a module: ``a/b.py`` is (a, b), ``a/__init__.py`` is (a,)."""
    pure = PurePosixPath(path)
    return _without_folder_file((*pure.parent.parts, pure.stem.removesuffix(".d")))  # x.d.ts declares x


def _without_folder_file(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[:-1] if parts and parts[-1] in _FOLDER_FILES else parts


@dataclass(frozen=True, slots=True)
class ImportedNames:
    """What one file imports, ready to be compared with definitions of other files.

    ``by_name`` maps an imported name to its modules, each with the name's local name. ``whole`` maps the last part of
    a module that is imported as a whole to all such modules. ``used`` are the names that the file refers to.
    """

    by_name: defaultdict[str, list[tuple[ModulePath, str]]]
    whole: defaultdict[str, list[ModulePath]]
    used: frozenset[str]

    @classmethod
    def of(cls, path: str, symbols: FileSymbols) -> Self:
        """Collect the imports of the file ``path``."""
        names = cls(defaultdict(list), defaultdict(list), frozenset(reference.name for reference in symbols.references))
        for item in symbols.imports:
            module = ModulePath.of(item.module, path)
            if item.name is None or item.name == "*":
                names._add_whole(module)
            elif item.name == "default" and item.alias:
                names.by_name[item.alias].append((module, item.alias))
            else:
                names.by_name[item.name].append((module, item.alias or item.name))
                names._add_whole(module.below(item.name))  # the name may be that of a module
        return names

    def namespaces(self) -> set[str]:
        """Return the modules that are imported as a whole as a definition's ``parent`` would name them."""
        return {".".join(module.parts) for modules in self.whole.values() for module in modules if not module.is_local}

    def rank_modules(self, paths: Iterable[str]) -> dict[str, int]:
        """Tell which of ``paths`` are, or lie right inside, a module imported as a whole, and how well they fit."""
        ranks = {}
        for path in paths:
            likely = [module for part in module_parts(path)[-2:] for module in self.whole.get(part, ())]
            if agreement := max((module.agreement(path) for module in likely), default=0):
                ranks[path] = agreement
        return ranks

    def match(self, path: str, definition: Definition) -> tuple[str, int] | None:
        """Tell the local name of a definition that is imported by name, and how well its file fits."""
        best = None
        for module, local_name in self.by_name.get(definition.name, ()):
            is_namespace = definition.parent is not None and tuple(definition.parent.split(".")) == module.parts
            agreement = EXACT if is_namespace else module.agreement(path)
            if agreement and (best is None or agreement > best[1]):
                best = local_name, agreement
        return best

    def _add_whole(self, module: ModulePath) -> None:
        if module.parts:
            self.whole[module.parts[-1]].append(module)
