"""What the configuration of a project calls its own modules: `tsconfig.json`, `package.json`, `go.mod`, `Cargo.toml`.

What one file says depends on that file alone, so that the index keeps it as it keeps definitions.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fimble_indexer.modules.paths import folder_of, join

_MAX_CHARACTERS = 200_000
_CONFIGURATIONS = frozenset({"tsconfig.json", "jsconfig.json", "package.json", "go.mod", "Cargo.toml"})
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMAS = re.compile(r",(\s*[}\]])")
_GO_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Alias:
    """A beginning of module names, and the paths it stands for. It holds for importers below ``scope``."""

    scope: str
    prefix: str
    targets: tuple[str, ...]
    is_whole: bool = False  # the prefix is a name of its own, and no beginning


def aliases_of(path: str, text: str) -> list[Alias]:
    """List what a file of configuration says; nothing for any other file, and for one that is half-written."""
    if PurePosixPath(path).name not in _CONFIGURATIONS or len(text) > _MAX_CHARACTERS:
        return []
    try:
        return list(_aliases_of(path, text))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def first_part(module: str) -> str:
    """Return what comes before the first "/" of a module or of the prefix of an alias."""
    return module.partition("/")[0]


def _aliases_of(path: str, text: str) -> Iterator[Alias]:
    folder = folder_of(path)
    match PurePosixPath(path).name:
        case "go.mod":
            if found := _GO_MODULE.search(text):
                yield Alias(folder, found[1], (folder,), is_whole=True)
                yield Alias(folder, f"{found[1]}/", (folder,))
        case "Cargo.toml":
            name = str(tomllib.loads(text)["package"]["name"]).replace("-", "_")
            yield Alias("", name, (join(folder, "src"),), is_whole=True)
        case "package.json":
            name = json.loads(text)["name"]
            yield Alias("", str(name), (join(folder, "src"), folder), is_whole=True)
            yield Alias("", f"{name}/", (join(folder, "src"), folder))
        case _:
            options = json.loads(_without_comments(text))["compilerOptions"]
            yield from _typescript_aliases(folder, options)


def _typescript_aliases(folder: str, options: dict[str, Any]) -> Iterator[Alias]:
    base = join(folder, str(options.get("baseUrl", ".")))
    for pattern, targets in options.get("paths", {}).items():
        places = tuple(join(base, str(target).removesuffix("*")) for target in targets)
        yield Alias(folder, pattern.removesuffix("*"), places, is_whole=not pattern.endswith("*"))
    if "baseUrl" in options:
        yield Alias(folder, "", (base,))


def _without_comments(text: str) -> str:
    return _TRAILING_COMMAS.sub(r"\1", _COMMENTS.sub(lambda found: found[1] or " ", text))
