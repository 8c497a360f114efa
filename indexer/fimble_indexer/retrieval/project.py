"""The file that an import means, by the places of files and by the project's own configuration.

Where ``resolve.py`` tells how well names agree, this tells the very file, or none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from fimble_indexer.modules.configuration import first_part
from fimble_indexer.modules.paths import folder_of, join, upwards
from fimble_indexer.modules.resolve import module_parts
from fimble_indexer.retrieval.project_files import ProjectFiles
from fimble_indexer.syntax.languages import language_for_path

_SCRIPT_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".json")
_SCRIPT_SUFFIXES = re.compile(r"\.[mc]?jsx?$")
_PYTHON_ENDINGS = (".py", "/__init__.py", ".pyi", "/__init__.pyi")


class Project:
    """Tells which files imports mean."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files

    def resolve(self, importer: str, module: str, name: str | None = None) -> tuple[str, ...]:
        """Return the file that ``module``, or ``name`` in it, means in the file ``importer``; nothing for a library's.

        A package of Go is all of its files that are no tests.
        """
        language = language_for_path(importer)
        found: str | None = None
        match language.name if language else "":
            case "javascript" | "typescript" | "tsx":
                found = self._script(importer, module)
            case "python":
                found = self._python(importer, module, name)
            case "go":
                packages = (self._files.go_package(folder) for folder in self._aliased(importer, module))
                return next(filter(None, packages), ())
            case "rust":
                found = self._rust(importer, module, name)
            case "c" | "cpp":
                found = self._first([join(folder_of(importer), module), module]) or self._ending(importer, module)
            case "java" | "kotlin" | "scala":
                names = (*module.split("."), *([name] if name and name != "*" else []))
                found = self._by_package(importer, names) or self._by_package(importer, names[:-1])
        return () if found is None else (found,)

    def _script(self, importer: str, module: str) -> str | None:
        if module.startswith("."):
            targets: Iterable[str] = [join(folder_of(importer), module)]
        else:
            targets = self._aliased(importer, module)
        for target in targets:
            bare = _SCRIPT_SUFFIXES.sub("", target)
            candidates = [target, *(f"{base}{end}" for base in (target, bare) for end in _SCRIPT_ENDINGS)]
            candidates += [f"{join(target, 'index')}{end}" for end in _SCRIPT_ENDINGS]
            if (found := self._first(candidates)) is not None:
                return found
        return None

    def _python(self, importer: str, module: str, name: str | None) -> str | None:
        rest = module.lstrip(".")
        words = [word for word in rest.split(".") if word]
        if level := len(module) - len(rest):
            folder = PurePosixPath(importer).parent.parts
            bases: Sequence[str] = ["/".join(folder[: max(0, len(folder) - level + 1)])]
        else:
            around = dict.fromkeys((*upwards(folder_of(importer)), *self._files.python_roots))
            found = self._files.holding(words[0], around) if words else []
            bases = [base for base in found if join(base, "__init__.py") not in self._files]  # a package is no root
        tails = [[*words, name], words] if name and name != "*" else [words]
        for base in bases:
            for tail in tails:
                stem = join(base, *tail)
                if path := self._first(f"{stem}{end}" for end in _PYTHON_ENDINGS):
                    return path
        return None

    def _rust(self, importer: str, module: str, name: str | None) -> str | None:
        words = [*module.split("::"), *([name] if name and name != "*" else [])]
        own = module_parts(importer)
        if words[0] in {"self", "super"}:
            ups = sum(word == "super" for word in words)
            base: str | None = "/".join(own[: len(own) - ups])
            words = [word for word in words if word not in {"self", "super"}]
        elif words[0] == "crate":
            base = next((f for f in upwards(folder_of(importer)) if self._top_of_crate(f)), None)
            words = words[1:]
        elif len(words) == 1:
            base = "/".join(own)  # `mod name;`
        else:
            base = next(iter(self._aliased(importer, words[0])), None)
            words = words[1:]
        if base is None:
            return None
        for length in range(len(words), 0, -1):  # the last words may be names in a file
            stem = join(base, *words[:length])
            if found := self._first([f"{stem}.rs", f"{stem}/mod.rs"]):
                return found
        return self._first([f"{base}.rs", f"{base}/mod.rs"]) or self._top_of_crate(base)

    def _top_of_crate(self, folder: str) -> str | None:
        return self._first([join(folder, "lib.rs"), join(folder, "main.rs")])

    def _by_package(self, importer: str, names: tuple[str, ...]) -> str | None:
        """Find the file of a class where folders are named as packages are."""
        return _nearest(importer, self._files.ending(names)) if names else None

    def _ending(self, importer: str, path: str) -> str | None:
        plain = path.replace("../", "").removeprefix("./")
        found = self._files.ending(module_parts(plain))
        return _nearest(importer, [path for path in found if f"/{path}".endswith(f"/{plain}")])

    def _aliased(self, importer: str, module: str) -> Iterator[str]:
        """Yield the paths that ``module`` may stand for, the nearest configuration and the longest prefix first."""
        likely = [*self._files.aliases(first_part(module)), *self._files.aliases("")]
        for alias in sorted(likely, key=lambda alias: (-len(alias.scope), -len(alias.prefix))):
            if alias.scope and not importer.startswith(f"{alias.scope}/"):
                continue
            if module == alias.prefix.rstrip("/") or (module.startswith(alias.prefix) and not alias.is_whole):
                for target in alias.targets:
                    yield join(target, module[len(alias.prefix) :])

    def _first(self, candidates: Iterable[str]) -> str | None:
        return next((path for path in candidates if path in self._files), None)


def _nearest(importer: str, paths: Sequence[str]) -> str | None:
    """Choose the path that shares most folders with ``importer``, the first of those that share as many."""
    if not paths[1:]:
        return paths[0] if paths else None
    around = frozenset(upwards(folder_of(importer)))
    return max(paths, key=lambda path: sum(folder in around for folder in upwards(folder_of(path))))
