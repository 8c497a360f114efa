"""Which files an edit that nobody typed may name: those of the workspace, by plain paths, and none with secrets."""

import os
import tomllib
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path

from fimble_indexer.files.secrets import is_secret_file
from fimble_server.errors import FimbleError

_LONGEST_NAME = 255  # bytes, on most file systems
_LONGEST_PATH = 1024  # bytes
_SEPARATORS = frozenset('\\:*?"<>|')


class PathError(FimbleError):
    """The path is none that such an edit may name."""


def check_path(root: Path, path: str) -> Path:
    """Return where the file ``path`` of a workspace is; it need not exist.

    ``path`` is relative to ``root``, with "/" between its parts.

    Raises:
        PathError: it leads outside, through a link as well, to git's own files, to a file with secrets, or is no path
            that every system understands as the same.

    """
    if not path or path.startswith(("/", "~")) or len(os.fsencode(path)) > _LONGEST_PATH:
        raise PathError(f"{path!r} is no path in the workspace")
    parts = path.split("/")
    for part in parts:
        _check_part(part, path)
    if is_secret_file(path):
        raise PathError(f"{path} is a file for secrets")
    real_root = Path(os.path.realpath(root))
    place = real_root.joinpath(*parts)
    real = Path(os.path.realpath(place))
    if not real.is_relative_to(real_root):
        raise PathError(f"{path} leads out of the workspace")
    if real != place and os.path.islink(place):  # noqa: PTH114 - pathlib's raises in a forbidden folder
        raise PathError(f"{path} is a link")
    for depth in range(1, len(parts)):
        folder = real_root.joinpath(*parts[:depth])
        if os.path.lexists(folder) and not folder.is_dir():
            raise PathError(f"{'/'.join(parts[:depth])} is no folder")
    inner = real.relative_to(real_root)
    for part in inner.parts:
        _check_part(part, path)
    if is_secret_file(inner):
        raise PathError(f"{path} leads to a file for secrets")
    return place


def is_obeyed(path: str) -> bool:
    """Tell a file that tools run or obey by themselves, such as a workflow or an editor's tasks."""
    return any(fnmatchcase(path, pattern) for pattern in _rules().obeyed)


def _check_part(part: str, path: str) -> None:
    folded = _folded(part)
    stem = folded.partition(".")[0].rstrip()
    if (
        part in {"", ".", ".."}
        or part != part.strip()
        or part.endswith(".")
        or not part.isprintable()
        or not _SEPARATORS.isdisjoint(part)
        or len(os.fsencode(part)) > _LONGEST_NAME
        or stem in _rules().devices
    ):
        raise PathError(f"{path!r} is no path in the workspace")
    if folded in _rules().forbidden or folded.startswith("git~"):
        raise PathError(f"{path!r} is not to be changed: {part} belongs to version control")


def _folded(part: str) -> str:
    """Return a name as the most forgiving file systems compare it: without case and without invisible characters."""
    plain = "".join(character for character in part if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", plain).casefold().rstrip(". ")


@dataclass(frozen=True, slots=True)
class _Rules:
    forbidden: frozenset[str]
    devices: frozenset[str]
    obeyed: tuple[str, ...]


@cache
def _rules() -> _Rules:
    table = tomllib.loads((files(__package__) / "paths.toml").read_text(encoding="utf-8"))
    return _Rules(frozenset(table["forbidden"]), frozenset(table["devices"]), tuple(table["obeyed"]))
