"""What a project calls its own modules, from its configuration, and the file that an import means by it.

Read are `tsconfig.json`, `jsconfig.json`, `package.json`, `go.mod`, `Cargo.toml` and where `pyproject.toml`, `setup.py`
and `setup.cfg` stand. Where ``resolve.py`` tells how well names agree, this tells the one file, or none.
"""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from fimble_indexer.languages import language_for_path
from fimble_indexer.resolve import module_parts

_MAX_CONFIGURATIONS = 2000  # files read
_MAX_CHARACTERS = 200_000  # of one file
_CONFIGURATIONS = frozenset({"tsconfig.json", "jsconfig.json", "package.json", "go.mod", "Cargo.toml"})
_PYTHON_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_SCRIPT_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".json")
_SCRIPT_SUFFIXES = re.compile(r"\.[mc]?jsx?$")
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMAS = re.compile(r",(\s*[}\]])")
_GO_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Alias:
    """A beginning of module names, and the paths it stands for. It holds for importers below ``scope``."""

    scope: str
    prefix: str
    targets: tuple[str, ...]
    is_whole: bool = False  # the prefix is a name of its own, and no beginning


class Project:
    """The files of a repository and what its configuration calls them. Asking costs microseconds."""

    def __init__(self, paths: Iterable[str], aliases: Iterable[_Alias], roots: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._aliases: defaultdict[str, list[_Alias]] = defaultdict(list)  # by the first part of the prefix
        for alias in aliases:
            self._aliases[alias.prefix.partition("/")[0]].append(alias)
        self._roots = tuple(dict.fromkeys(("", *sorted(roots))))
        self._folders: dict[str, str] = {}
        self._ends: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            parts = module_parts(path)
            self._ends[parts[-2:]].append(path)
            if path.endswith(".go") and not path.endswith("_test.go"):
                self._folders.setdefault(_folder(path), path)

    @classmethod
    def of(cls, paths: Sequence[str], read: Callable[[str], str | None]) -> Self:
        """Read the configuration among ``paths``; ``read`` returns the text of one of them, or None."""
        aliases: list[_Alias] = []
        roots: list[str] = []
        found = [path for path in paths if PurePosixPath(path).name in _CONFIGURATIONS]
        for path in sorted(found, key=lambda path: (path.count("/"), path))[:_MAX_CONFIGURATIONS]:
            if (text := read(path)) is not None and len(text) <= _MAX_CHARACTERS:
                aliases += _aliases_of(path, text)
        for path in paths:
            if PurePosixPath(path).name in _PYTHON_PROJECTS:
                roots += [_folder(path), _join(_folder(path), "src")]
        return cls(paths, aliases, roots)

    def resolve(self, importer: str, module: str, name: str | None = None) -> str | None:
        """Return the file that ``module``, or ``name`` in it, means in the file ``importer``; None for a library's.

        Of a Go package, which is a folder, this is the first file that is no test.
        """
        language = language_for_path(importer)
        found: str | None = None
        match language.name if language else "":
            case "javascript" | "typescript" | "tsx":
                found = self._script(importer, module)
            case "python":
                found = self._python(importer, module, name)
            case "go":
                found = next((self._folders[t] for t in self._aliased(importer, module) if t in self._folders), None)
            case "rust":
                found = self._rust(importer, module, name)
            case "c" | "cpp":
                found = self._first([_join(_folder(importer), module), module, *self._ending(module)])
            case "java" | "kotlin" | "scala":
                names = [*module.split("."), *([name] if name and name != "*" else [])]
                found = self._by_package(tuple(names)) or self._by_package(tuple(names[:-1]))
        return found

    def _script(self, importer: str, module: str) -> str | None:
        if module.startswith("."):
            targets: Iterable[str] = [_join(_folder(importer), module)]
        else:
            targets = self._aliased(importer, module)
        for target in targets:
            bare = _SCRIPT_SUFFIXES.sub("", target)
            candidates = [target, *(f"{base}{end}" for base in (target, bare) for end in _SCRIPT_ENDINGS)]
            candidates += [f"{_join(target, 'index')}{end}" for end in _SCRIPT_ENDINGS]
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
            bases = (_folder(importer), *self._roots)
        tails = [[*words, name], words] if name and name != "*" else [words]
        for base in bases:
            for tail in tails:
                stem = _join(base, *tail)
                if found := self._first([f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi", f"{stem}/__init__.pyi"]):
                    return found
        return None

    def _rust(self, importer: str, module: str, name: str | None) -> str | None:
        words = [*module.split("::"), *([name] if name and name != "*" else [])]
        own = module_parts(importer)
        if words[0] in {"self", "super"}:
            ups = sum(word == "super" for word in words)
            base: str | None = "/".join(own[: len(own) - ups])
            words = [word for word in words if word not in {"self", "super"}]
        elif words[0] == "crate":
            base = next((f for f in _upwards(_folder(importer)) if self._top_of_crate(f)), None)
            words = words[1:]
        elif len(words) == 1:
            base = "/".join(own[:-1] if own[-1:] in {("lib",), ("main",)} else own)  # `mod name;`
        else:
            base = next(iter(self._aliased(importer, words[0])), None)
            words = words[1:]
        if base is None:
            return None
        for length in range(len(words), 0, -1):  # the last words may be names in a file
            stem = _join(base, *words[:length])
            if found := self._first([f"{stem}.rs", f"{stem}/mod.rs"]):
                return found
        return self._first([f"{base}.rs", f"{base}/mod.rs"]) or self._top_of_crate(base)

    def _top_of_crate(self, folder: str) -> str | None:
        return self._first([_join(folder, "lib.rs"), _join(folder, "main.rs")])

    def _by_package(self, names: tuple[str, ...]) -> str | None:
        """Find the file of a class where folders are named as packages are."""
        end = "/".join(names)
        found = [path for path in self._ends.get(names[-2:], ()) if f"/{path.rpartition('.')[0]}".endswith(f"/{end}")]
        return found[0] if found else None

    def _ending(self, path: str) -> Iterator[str]:
        plain = path.replace("../", "").removeprefix("./")
        return (p for p in self._ends.get(module_parts(plain)[-2:], ()) if p.endswith(f"/{plain}"))

    def _aliased(self, importer: str, module: str) -> Iterator[str]:
        """Yield the paths that ``module`` may stand for, the nearest configuration and the longest prefix first."""
        likely = [*self._aliases.get(module.partition("/")[0], ()), *self._aliases.get("", ())]
        for alias in sorted(likely, key=lambda alias: (-len(alias.scope), -len(alias.prefix))):
            if alias.scope and not importer.startswith(f"{alias.scope}/"):
                continue
            if module == alias.prefix.rstrip("/") or (module.startswith(alias.prefix) and not alias.is_whole):
                for target in alias.targets:
                    yield _join(target, module[len(alias.prefix) :])

    def _first(self, candidates: Iterable[str]) -> str | None:
        return next((path for path in candidates if path in self._paths), None)


def _aliases_of(path: str, text: str) -> Iterator[_Alias]:
    folder = _folder(path)
    try:
        match PurePosixPath(path).name:
            case "go.mod":
                if found := _GO_MODULE.search(text):
                    yield _Alias(folder, found[1], (folder,), is_whole=True)
                    yield _Alias(folder, f"{found[1]}/", (folder,))
            case "Cargo.toml":
                name = str(tomllib.loads(text)["package"]["name"]).replace("-", "_")
                yield _Alias("", name, (_join(folder, "src"),), is_whole=True)
            case "package.json":
                name = json.loads(text)["name"]
                yield _Alias("", str(name), (_join(folder, "src"), folder), is_whole=True)
                yield _Alias("", f"{name}/", (_join(folder, "src"), folder))
            case _:
                options = json.loads(_without_comments(text))["compilerOptions"]
                yield from _typescript_aliases(folder, options)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return  # half-written, or of another shape


def _typescript_aliases(folder: str, options: dict[str, Any]) -> Iterator[_Alias]:
    base = _join(folder, str(options.get("baseUrl", ".")))
    for pattern, targets in options.get("paths", {}).items():
        places = tuple(_join(base, str(target).removesuffix("*")) for target in targets)
        yield _Alias(folder, pattern.removesuffix("*"), places, is_whole=not pattern.endswith("*"))
    if "baseUrl" in options:
        yield _Alias(folder, "", (base,))


def _without_comments(text: str) -> str:
    return _TRAILING_COMMAS.sub(r"\1", _COMMENTS.sub(lambda found: found[1] or " ", text))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""


def _join(*parts: str) -> str:
    """Join and normalise paths relative to the root; what would lead above it stays at it."""
    joined: list[str] = []
    for part in "/".join(parts).split("/"):
        if part == "..":
            del joined[-1:]
        elif part not in {"", "."}:
            joined.append(part)
    return "/".join(joined)
