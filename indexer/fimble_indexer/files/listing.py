"""Which files of a workspace belong to the index.

Left out are what git ignores, what a ``.fimbleignore`` names (same syntax, read after the ``.gitignore`` beside it),
``ignored.toml``, secret files, large, binary and minified files, and folders that a package manager has filled.
Symbolic links are not followed: a target inside the workspace is listed under its own path, and one outside does not
belong. The workspace need not be a git repository.

Generated files, and those that ``.gitattributes`` call generated or vendored, are kept for what they define: code that
is written by hand calls it. Their text and what they use would only get in the way of a search.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path, PurePosixPath
from posixpath import splitext

from fimble_indexer.files.rules import foreign_rules, ignore_rules
from fimble_indexer.files.secrets import is_secret_file

MAX_BYTES = 1_000_000
_MAX_LINE_BYTES = 20_000
_MAX_MEAN_LINE_BYTES = 300
_BINARY_CHECK_BYTES = 8192
_HEAD_LINES = 20
_HEAD_CHARACTERS = 4000
_COMMENT = re.compile(r"\s*(?:#|//|/?\*|--|;|%|<!--|[\"']{3})")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that belongs: its path relative to the root with "/", its size in bytes, its time in nanoseconds.

    ``is_foreign`` tells by its name and by ``.gitattributes`` that nobody here has written it.
    """

    path: str
    size: int
    mtime_ns: int
    is_foreign: bool = False


def list_files(root: Path, *, paths: Iterable[str] | None = None, max_bytes: int = MAX_BYTES) -> Iterator[SourceFile]:
    """List the files that belong, as far as their names and sizes tell; ``read_source`` looks into them.

    With ``paths``, only those files and what is below those folders (relative to ``root``, with "/"). What cannot be
    read is left out. The order is that of the file system.
    """
    rules = _Rules(root)
    for path in dict.fromkeys(paths) if paths is not None else [""]:
        names = PurePosixPath(path).parts
        if ".." in names or PurePosixPath(path).is_absolute() or not _folders_belong(root, names, rules):
            continue
        try:
            status = os.lstat(root / path) if names else root.stat()
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(status.st_mode) and (not names or _folder_belongs("/".join(names), rules)):
            yield from _walk(root, "/".join(names), rules, max_bytes)
        elif stat.S_ISREG(status.st_mode) and _file_belongs("/".join(names), status.st_size, rules, max_bytes):
            yield _source_file("/".join(names), status, rules)


def select_files(root: Path, sizes: Mapping[str, int]) -> list[SourceFile]:
    """Select the files that belong, of paths with sizes in bytes; they need not exist, as buffers of an editor."""
    rules = _Rules(root)
    selected = []
    for path, size in sizes.items():
        names = PurePosixPath(path).parts
        if (
            names
            and "/".join(names) == path
            and ".." not in names
            and not _is_link(root / path)
            and _folders_belong(root, names, rules)
            and _file_belongs(path, size, rules, MAX_BYTES)
        ):
            selected.append(SourceFile(path, size, 0, _is_foreign(path, rules)))
    return selected


def list_folders(root: Path, folder: str = "") -> Iterator[str]:
    """List a folder and those below it whose files can belong, each before what is in it.

    Paths are relative to ``root`` with "/", and "" is the root itself. What cannot be read is left out.
    """
    rules = _Rules(root)
    if not _folders_belong(root, (*PurePosixPath(folder).parts, ""), rules):
        return
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as scan:
                entries = list(scan)
        except OSError:
            continue
        yield folder
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                if entry.is_dir(follow_symlinks=False) and not _is_junction(entry) and _folder_belongs(path, rules):
                    waiting.append(path)
            except OSError:
                continue


def read_source(root: Path, path: str, *, max_bytes: int = MAX_BYTES) -> bytes | None:
    """Read a listed file; None if its content is binary, minified, or has grown too large. Raises OSError."""
    with (root / path).open("rb") as file:
        content = file.read(max_bytes + 1)
    return content if content_belongs(content, max_bytes=max_bytes) else None


def content_belongs(content: bytes, *, max_bytes: int = MAX_BYTES) -> bool:
    """Tell whether content is neither too large nor binary nor minified."""
    return len(content) <= max_bytes and not is_binary(content) and not is_minified(content)


def is_binary(content: bytes) -> bool:
    """Tell as git does: by a NUL among the first bytes."""
    return b"\0" in content[:_BINARY_CHECK_BYTES]


def is_generated(text: str) -> bool:
    """Tell by the comments among the first lines whether a program has written this."""
    head = text[:_HEAD_CHARACTERS].split("\n")[:_HEAD_LINES]
    return bool(_ignored().generated_marks.search("\n".join(filter(_COMMENT.match, head))))


def is_minified(content: bytes) -> bool:
    """Tell by the length of the lines whether a person can have written this."""
    is_long = len(content) > _MAX_MEAN_LINE_BYTES * 10
    return (is_long and len(content) / (content.count(b"\n") + 1) > _MAX_MEAN_LINE_BYTES) or _has_long_line(content)


def _has_long_line(content: bytes) -> bool:
    start = 0
    while len(content) - start > _MAX_LINE_BYTES:
        end = content.rfind(b"\n", start, start + _MAX_LINE_BYTES + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _walk(root: Path, folder: str, rules: "_Rules", max_bytes: int) -> Iterator[SourceFile]:
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(f"{root}/{folder}") as scan:
                entries = list(scan)
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if not _is_junction(entry) and _folder_belongs(path, rules):
                        waiting.append(path)
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    if _file_belongs(path, status.st_size, rules, max_bytes):
                        yield _source_file(path, status, rules)
            except OSError:
                continue


def _is_link(path: Path) -> bool:
    return os.path.islink(path)  # noqa: PTH114 - pathlib's raises in a forbidden folder


def _is_junction(entry: "os.DirEntry[str]") -> bool:
    """Tell a Windows junction, the other kind of link to a folder."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _folders_belong(root: Path, names: tuple[str, ...], rules: "_Rules") -> bool:
    """Tell whether every folder on the way to a path belongs."""
    for depth in range(1, len(names)):
        folder = "/".join(names[:depth])
        if folder not in rules.folders:
            rules.folders[folder] = not _is_link(root / folder) and _folder_belongs(folder, rules)
        if not rules.folders[folder]:
            return False
    return True


def _folder_belongs(path: str, rules: "_Rules") -> bool:
    name = path.rpartition("/")[2]
    return (
        name not in _ignored().folders
        and _is_encodable(name)
        and not rules.ignored.match(f"{path}/")
        and not _is_installed(rules.root / path)
    )


def _is_installed(folder: Path) -> bool:
    """Tell by what lies in it that a folder was filled by a package manager or is a cache."""
    installed = _ignored().installed
    marks = (*installed["*"], *installed.get(folder.name, ()))
    return any(os.path.exists(folder / mark) for mark in marks)  # noqa: PTH110 - pathlib's raises in a forbidden folder


def _file_belongs(path: str, size: int, rules: "_Rules", max_bytes: int) -> bool:
    name = path.rpartition("/")[2].lower()
    return (
        size <= max_bytes
        and splitext(name)[1] not in _ignored().binary
        and not _ignored().files.match(name)
        and _is_encodable(name)
        and not is_secret_file(path)
        and not rules.ignored.match(path)
    )


def _source_file(path: str, status: os.stat_result, rules: "_Rules") -> SourceFile:
    return SourceFile(path, status.st_size, status.st_mtime_ns, _is_foreign(path, rules))


def _is_foreign(path: str, rules: "_Rules") -> bool:
    return bool(_ignored().generated.match(path.rpartition("/")[2].lower())) or rules.foreign.match(path)


def _is_encodable(name: str) -> bool:
    """Tell whether a name is text; one that is not could be neither stored nor shown."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


class _Rules:
    """What decides about the files of one workspace, beside what holds for all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ignored = ignore_rules(root)
        self.foreign = foreign_rules(root)
        self.folders: dict[str, bool] = {}  # whether those on the way to a path belong


@dataclass(frozen=True, slots=True)
class _Ignored:
    folders: frozenset[str]
    installed: dict[str, list[str]]
    files: re.Pattern[str]
    binary: frozenset[str]
    generated: re.Pattern[str]
    generated_marks: re.Pattern[str]


@cache
def _ignored() -> _Ignored:
    table = tomllib.loads((package_files(__package__) / "ignored.toml").read_text(encoding="utf-8"))
    return _Ignored(
        folders=frozenset(table["folders"]),
        installed=table["installed"],
        files=re.compile("|".join(map(translate, table["files"]))),
        binary=frozenset(table["binary"]),
        generated=re.compile("|".join(map(translate, table["generated"]))),
        generated_marks=re.compile("|".join(table["generated_marks"]), re.IGNORECASE | re.MULTILINE),
    )
