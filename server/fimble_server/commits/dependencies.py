"""Dependencies that a commit adds, removes or moves to another version, as manifests name them (``manifests.toml``)."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files

from fimble_server.commits.changes import Change


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package and its versions before and after; "" where it is not depended on. No name: the project itself."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    files: re.Pattern[str]
    patterns: tuple[re.Pattern[str], ...]
    own: re.Pattern[str] | None


def dependencies(change: Change) -> tuple[Dependency, ...]:
    """Return what the changed lines of a manifest say; nothing for other files."""
    name = change.path.rpartition("/")[2].lower()
    manifest = next((manifest for manifest in _manifests() if manifest.files.match(name)), None)
    if manifest is None:
        return ()
    old, new = (_versions(change.lines(sign), manifest) for sign in "-+")
    return tuple(
        Dependency(package, old.get(package, ""), new.get(package, ""))
        for package in dict.fromkeys([*old, *new])
        if old.get(package) != new.get(package) and (package or (old.get(package) and new.get(package)))
    )


def _versions(lines: Iterable[str], manifest: _Manifest) -> dict[str, str]:
    versions = {}
    for line in lines:
        if manifest.own is not None and (own := manifest.own.match(line)):
            versions[""] = own["version"].strip()
        elif found := next(filter(None, (pattern.match(line) for pattern in manifest.patterns)), None):
            versions[found["name"]] = found["version"].strip().rstrip(",").lstrip("=")
    return versions


@cache
def _manifests() -> tuple[_Manifest, ...]:
    table = tomllib.loads((files(__package__) / "manifests.toml").read_text(encoding="utf-8"))
    return tuple(
        _Manifest(
            re.compile("|".join(map(translate, entry["files"]))),
            tuple(map(re.compile, entry["patterns"])),
            re.compile(entry["own"]) if "own" in entry else None,
        )
        for entry in table.values()
    )
