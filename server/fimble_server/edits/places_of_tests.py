"""Where the tests of a file belong: the framework, the file, and how they import what they test.

All of it is read off the repository, and off customs where the repository does not tell.
"""

import posixpath
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from fimble_indexer.syntax.languages import Language

Read = Callable[[str], str | None]
"""Returns the text of a file of the workspace, or None if there is none."""

_MANIFESTS = (
    "package.json",
    "pyproject.toml",
    "setup.cfg",
    "requirements-dev.txt",
    "pom.xml",
    "Gemfile",
    "build.gradle",
)
_MOST_READ = 5
"""Files of tests that are looked into, the nearest first."""
_SAME_LANGUAGE = {"tsx": "typescript"}


@dataclass(frozen=True)
class Framework:
    """A way to write tests; as in testing.toml."""

    name: str
    sign: str
    files: tuple[str, ...]
    folder: str
    header: str
    opening: str
    call: str = ""


@dataclass(frozen=True)
class TestPlace:
    """The file that new tests belong into, and how its tests are written."""

    __test__ = False  # its name is no invitation to pytest

    framework: Framework
    path: str
    import_line: str
    package: str

    def filled(self, template: str, path: str, name: str) -> str:
        """Return a template of the framework for the definition `name` of the file `path`."""
        stem = PurePosixPath(path).stem
        known = {
            "stem": stem,
            "Stem": _capital(stem),
            "name": name,
            "Name": _capital(name),
            "snake": _snake(name),
            "import": self.import_line,
            "package": self.package,
        }
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), template).lstrip("\n")


def place_of_tests(
    path: str, text: str, name: str, language: Language, paths: Sequence[str], read: Read
) -> TestPlace | None:
    """Return where the tests of the definition `name` in the file `path` belong; None for a language without tests.

    `paths` are the files of the workspace. All paths are relative to it.
    """
    frameworks = _frameworks(_SAME_LANGUAGE.get(language.name, language.name))
    if not frameworks:
        return None
    suffix = PurePosixPath(path).suffix
    known = _test_files(paths, frameworks, suffix)
    known.sort(key=lambda other: -len(posixpath.commonpath([f"/{path}", f"/{other}"])))
    framework = _framework_in_use(frameworks, known, read)
    test_path = _path(path, framework, known)
    package = re.search(r"^package .*$", text, re.MULTILINE)
    return TestPlace(
        framework, test_path, _import_line(path, text, name, language, test_path, paths), package[0] if package else ""
    )


@cache
def _frameworks(language: str) -> tuple[Framework, ...]:
    table = tomllib.loads((files("fimble_prompts") / "testing.toml").read_text(encoding="utf-8"))
    return tuple(Framework(**{**entry, "files": tuple(entry["files"])}) for entry in table.get(language, ()))


def _test_files(paths: Iterable[str], frameworks: Iterable[Framework], suffix: str) -> list[str]:
    patterns = [_pattern(file, ".+", suffix) for framework in frameworks for file in framework.files]
    return [path for path in paths if any(pattern.fullmatch(PurePosixPath(path).name) for pattern in patterns)]


def _pattern(file: str, stem: str, suffix: str) -> re.Pattern[str]:
    """Return what matches the name of a file of tests; a project may call its files otherwise than ours end."""
    escaped = re.escape(PurePosixPath(file).with_suffix("").as_posix() + suffix)
    return re.compile(re.sub(r"\\\{[sS]tem\\\}", lambda _: f"({stem})", escaped))


def _framework_in_use(frameworks: Sequence[Framework], known: Sequence[str], read: Read) -> Framework:
    for name in (*known[:_MOST_READ], *_MANIFESTS):
        text = read(name)
        if text is None:
            continue
        found = {
            framework: match.start()
            for framework in frameworks
            if (match := re.search(framework.sign, text, re.MULTILINE))
        }
        if found:
            return min(found, key=lambda framework: found[framework])
    return frameworks[0]


def _path(path: str, framework: Framework, known: Sequence[str]) -> str:
    """Return the file of tests of a file: the one that is there, or a new one where others are."""
    pure = PurePosixPath(path)
    for stem in (pure.stem, _capital(pure.stem)):
        patterns = [_pattern(file, re.escape(stem), pure.suffix) for file in framework.files]
        for other in known:
            if any(pattern.fullmatch(PurePosixPath(other).name) for pattern in patterns):
                return other
    counts = Counter(
        file
        for file in framework.files
        for other in known
        if _pattern(file, ".+", pure.suffix).fullmatch(PurePosixPath(other).name)
    )
    usual = max(framework.files, key=lambda file: counts[file])
    name = PurePosixPath(usual.replace("{stem}", pure.stem).replace("{Stem}", _capital(pure.stem)))
    name = PurePosixPath(name.with_suffix("").as_posix() + pure.suffix)
    if known:
        folder = posixpath.dirname(known[0])
    elif framework.folder:
        folder = framework.folder
    else:
        folder = posixpath.dirname(path)
    return posixpath.join(folder, name.as_posix())


def _import_line(path: str, text: str, name: str, language: Language, test_path: str, paths: Sequence[str]) -> str:
    match language.name:
        case "python":
            return f"from {_python_module(path, paths)} import {name}"
        case "javascript" | "typescript" | "tsx":
            return _script_import(path, text, name, language, test_path)
        case "ruby":
            target = posixpath.relpath(
                PurePosixPath(path).with_suffix("").as_posix(), posixpath.dirname(test_path) or "."
            )
            return f'require_relative "{target}"'
    return ""


def _python_module(path: str, paths: Sequence[str]) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    known = frozenset(paths)
    start = len(parts) - 1
    while start and "/".join([*parts[:start], "__init__.py"]) in known:
        start -= 1
    words = parts[start:]
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def _script_import(path: str, text: str, name: str, language: Language, test_path: str) -> str:
    folder = posixpath.dirname(test_path) or "."
    target = posixpath.relpath(path, folder)
    target = target if target.startswith(".") else f"./{target}"
    if language.name != "javascript":
        target = PurePosixPath(target).with_suffix("").as_posix()
        target = target if target.startswith(".") else f"./{target}"
    if re.search(rf"^export\s+default\b.*\b{re.escape(name)}\b", text, re.MULTILINE):
        return f'import {name} from "{target}";'
    if re.search(r"^\s*(?:import|export)\b", text, re.MULTILINE):
        return f'import {{ {name} }} from "{target}";'
    return f'const {{ {name} }} = require("{target}");'


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
