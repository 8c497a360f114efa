"""Which files of a workspace belong to the index.

Left out are what git ignores, what a ``.fimbleignore`` names (same syntax, read after the ``.gitignore`` beside it),
``ignored.toml``, secret files, large, binary and minified files. Symbolic links are not followed: a target inside the
workspace is listed under its own path, and one outside does not belong. The workspace need not be a git repository.
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

from pathspec import GitIgnoreSpec

from fimble_indexer.secrets import is_secret_file

MAX_BYTES = 1_000_000
_IGNORE_FILES = (".gitignore", ".fimbleignore")
_MAX_LINE_BYTES = 20_000
_MAX_MEAN_LINE_BYTES = 300
_BINARY_CHECK_BYTES = 8192


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that belongs: its path relative to the root with "/", its size in bytes, its time in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


def list_files(root: Path, *, paths: Iterable[str] | None = None, max_bytes: int = MAX_BYTES) -> Iterator[SourceFile]:
    """List the files that belong, as far as their names and sizes tell; ``read_source`` looks into them.

    With ``paths``, only those files and what is below those folders (relative to ``root``, with "/"). What cannot be
    read is left out. The order is that of the file system.
    """
    rules = _RulesByFolder(root)
    for path in dict.fromkeys(paths) if paths is not None else [""]:
        names = PurePosixPath(path).parts
        if ".." in names or PurePosixPath(path).is_absolute() or not _folders_belong(root, names, rules):
            continue
        try:
            status = os.lstat(root / path) if names else root.stat()
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(root, "/".join(names), rules, max_bytes)
        elif stat.S_ISREG(status.st_mode) and _file_belongs("/".join(names), status.st_size, rules, max_bytes):
            yield SourceFile("/".join(names), status.st_size, status.st_mtime_ns)


def select_files(root: Path, sizes: Mapping[str, int]) -> list[str]:
    """Select the files that belong, of paths with sizes in bytes; they need not exist, as buffers of an editor."""
    rules = _RulesByFolder(root)
    selected = []
    for path, size in sizes.items():
        names = PurePosixPath(path).parts
        if (
            names
            and "/".join(names) == path
            and ".." not in names
            and not (root / path).is_symlink()
            and _folders_belong(root, names, rules)
            and _file_belongs(path, size, rules, MAX_BYTES)
        ):
            selected.append(path)
    return selected


def list_folders(root: Path, folder: str = "") -> Iterator[str]:
    """List a folder and those below it whose files can belong, each before what is in it.

    Paths are relative to ``root`` with "/", and "" is the root itself. What cannot be read is left out.
    """
    rules = _RulesByFolder(root)
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


def is_minified(content: bytes) -> bool:
    """Tell by the length of the lines whether a person can have written this."""
    lines = content.split(b"\n")
    return (len(content) > _MAX_MEAN_LINE_BYTES * 10 and len(content) / len(lines) > _MAX_MEAN_LINE_BYTES) or max(
        map(len, lines)
    ) > _MAX_LINE_BYTES


def _walk(root: Path, folder: str, rules: "_RulesByFolder", max_bytes: int) -> Iterator[SourceFile]:
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as scan:
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
                        yield SourceFile(path, status.st_size, status.st_mtime_ns)
            except OSError:
                continue


def _is_junction(entry: "os.DirEntry[str]") -> bool:
    """Tell a Windows junction, the other kind of link to a folder."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _folders_belong(root: Path, names: tuple[str, ...], rules: "_RulesByFolder") -> bool:
    """Tell whether every folder on the way to a path belongs."""
    for depth in range(1, len(names)):
        folder = "/".join(names[:depth])
        if (root / folder).is_symlink() or not _folder_belongs(folder, rules):
            return False
    return True


def _folder_belongs(path: str, rules: "_RulesByFolder") -> bool:
    name = path.rpartition("/")[2]
    return name not in _ignored().folders and _is_encodable(name) and not rules.ignore(f"{path}/")


def _file_belongs(path: str, size: int, rules: "_RulesByFolder", max_bytes: int) -> bool:
    name = path.rpartition("/")[2].lower()
    return (
        size <= max_bytes
        and PurePosixPath(name).suffix not in _ignored().binary
        and not _ignored().files.match(name)
        and _is_encodable(name)
        and not is_secret_file(path)
        and not rules.ignore(path)
    )


def _is_encodable(name: str) -> bool:
    """Tell whether a name is text; one that is not could be neither stored nor shown."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


class _RulesByFolder:
    """The ignore files on the way from the repository's top to each folder, read once.

    Semantics: https://git-scm.com/docs/gitignore. The deepest file with a matching pattern decides.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._specs: dict[str, GitIgnoreSpec | None] = {}
        # A workspace may be a folder inside a repository: rules above it hold too. Each with the path from its folder.
        self._above: list[tuple[str, GitIgnoreSpec]] = []
        self._find_rules_above()

    def ignore(self, path: str) -> bool:
        """Tell whether ``path``, relative to the root and with a final "/" for a folder, is ignored."""
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            spec = self._spec(folder)
            inner = path[len(folder) + 1 :] if folder else path
            if spec is not None and (decision := spec.check_file(inner).include) is not None:
                return decision
        for prefix, spec in self._above:
            if (decision := spec.check_file(prefix + path).include) is not None:
                return decision
        return False

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            self._specs[folder] = _read_spec(*(self._root / folder / name for name in _IGNORE_FILES))
        return self._specs[folder]

    def _find_rules_above(self) -> None:
        prefix = ""
        folder = Path(os.path.abspath(self._root))  # noqa: PTH100 - resolve() would follow links
        above: list[tuple[str, GitIgnoreSpec]] = []
        while True:
            if (folder / ".git").exists():
                self._above = above
                exclude = _read_spec(_git_folder(folder) / "info" / "exclude")
                if exclude is not None:
                    self._above.append((prefix, exclude))
                return
            if folder.parent == folder:
                return  # no repository: files above the workspace mean nothing
            prefix = f"{folder.name}/{prefix}"
            folder = folder.parent
            spec = _read_spec(folder / ".gitignore")
            if spec is not None:
                above.append((prefix, spec))


def _read_spec(*paths: Path) -> GitIgnoreSpec | None:
    lines: list[str] = []
    for path in paths:
        try:
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError:  # one bad pattern must not silence the others
        spec = GitIgnoreSpec.from_lines(line for line in lines if _is_valid_pattern(line))
    return spec if lines else None


def _is_valid_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _git_folder(top: Path) -> Path:
    """Find the folder with git's own files; in a linked work tree ``.git`` is a file that leads to it."""
    git = top / ".git"
    try:
        git = top / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        return git / (git / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        return git


@dataclass(frozen=True, slots=True)
class _Ignored:
    folders: frozenset[str]
    files: re.Pattern[str]
    binary: frozenset[str]


@cache
def _ignored() -> _Ignored:
    table = tomllib.loads((package_files(__package__) / "ignored.toml").read_text(encoding="utf-8"))
    return _Ignored(
        folders=frozenset(table["folders"]),
        files=re.compile("|".join(map(translate, table["files"]))),
        binary=frozenset(table["binary"]),
    )
