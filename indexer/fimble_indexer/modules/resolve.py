"""How well a module and a file agree, told by names alone.

This is a best effort that works alike for all languages, for where ``project.py`` does not know: the parts of a
module's name are compared with the parts of a file's path.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from posixpath import splitext
from typing import Self

from fimble_indexer.syntax.languages import language_for_path

# File names that say nothing: a module is called by their folder's name.
_FOLDER_FILES = frozenset({"__init__", "index", "mod", "init"})
_CRATE_FILES = frozenset({"lib.rs", "main.rs"})
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

    @classmethod
    def of_files(cls, paths: Sequence[str]) -> Self:
        """Return the module that is this file, or the folder of these files of one package."""
        first = paths[0]
        parts = PurePosixPath(first).parent.parts if first.endswith(".go") else module_parts(first)
        return cls(parts, anchored=True, is_local=True)

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


@lru_cache(maxsize=1 << 16)
def module_parts(path: str) -> tuple[str, ...]:
    """Split a path into the parts of a module: ``a/b.py`` is (a, b), ``a/__init__.py`` is (a,)."""
    *folders, name = path.split("/")
    if name in _CRATE_FILES:
        return tuple(folders)
    return _without_folder_file((*folders, splitext(name)[0].removesuffix(".d")))  # x.d.ts declares x


def _without_folder_file(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[:-1] if parts and parts[-1] in _FOLDER_FILES else parts
