"""What a commit changes, file by file, as git sees it: renames, modes, binary files, submodules.

A diff of any size is read in bounded memory: of each file its first hunks are kept, of a line its beginning.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO, Literal

from fimble_server.commits.repository import Repository, readable

Status = Literal["added", "removed", "changed", "renamed", "copied", "retyped"]

_STATUSES: dict[str, Status] = {
    "A": "added",
    "D": "removed",
    "M": "changed",
    "R": "renamed",
    "C": "copied",
    "T": "retyped",
}
_SUBMODULE, _LINK, _EXECUTABLE = "160000", "120000", "100755"
_OPTIONS = ("-r", "-M", "-z", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short")
_HUNK = re.compile(rb"@@+ -(\d+)(?:,\d+)? (?:-\d+(?:,\d+)? )*\+(\d+)(?:,\d+)? @@+ ?(.*)")
_SECTION = b"diff --git "
_LONGEST_LINE = 500
"""Bytes kept of a line."""
_MOST_LINES = 400
"""Lines kept of a file's hunks."""
_MOST_BYTES = 8_000_000
"""Bytes kept of all hunks together; of the files behind, only what git counts is known."""
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changed lines with those around them, each behind " ", "-" or "+". Lines are 0-based."""

    old_start: int
    new_start: int
    heading: str
    """The line above that tells where in the file this is, as git finds it; "" for none."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file. Modes are git's six octal digits, blobs the names of contents; all zeros for none."""

    path: str
    status: Status
    old_path: str
    """Other than `path` for a file that is renamed or copied."""
    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str
    added: int
    """Lines; 0 for a binary file."""
    removed: int
    is_binary: bool = False
    hunks: tuple[Hunk, ...] = ()
    is_cut: bool = False
    """Whether there are more hunks, or longer lines, than are kept."""
    is_secret: bool = False
    """Whether its content is nobody's business."""

    @property
    def is_submodule(self) -> bool:
        """Whether this is another repository, of which only the commit is known."""
        return _SUBMODULE in {self.old_mode, self.new_mode}

    @property
    def is_link(self) -> bool:
        """Whether this is a symbolic link, whose content is a path."""
        return _LINK in {self.old_mode, self.new_mode}

    @property
    def is_new_link(self) -> bool:
        """Whether this becomes a symbolic link, or stays one."""
        return self.new_mode == _LINK

    @property
    def new_permission(self) -> Literal["executable", "not executable"] | None:
        """What the file's mode becomes, if it changes."""
        if self.status in {"added", "removed", "retyped"} or self.old_mode == self.new_mode:
            return None
        return "executable" if self.new_mode == _EXECUTABLE else "not executable"

    @property
    def is_content_same(self) -> bool:
        """Whether only the name or the mode changes."""
        return self.old_blob == self.new_blob

    def lines(self, sign: str) -> Iterator[str]:
        """Yield the lines that are kept of those removed ("-") or added ("+"), without the sign."""
        return (line[1:] for hunk in self.hunks for line in hunk.lines if line.startswith(sign))


def staged_changes(repository: Repository, *, amend: bool = False) -> tuple[Change, ...]:
    """Return what would be committed now; with `amend`, together with what the last commit changed.

    Raises:
        RepositoryError: there are conflicts, or git fails.

    """
    repository.refuse_conflicts()
    base = repository.commit("HEAD^" if amend else "HEAD") or repository.empty_tree()
    return _read(repository, "diff-index", "--cached", base)


def changes_between(repository: Repository, old: str, new: str) -> tuple[Change, ...]:
    """Return what changes from one commit or tree to another; raises `RepositoryError`."""
    return _read(repository, "diff-tree", old, new)


def _read(repository: Repository, command: str, *operands: str) -> tuple[Change, ...]:
    changes = tuple(_listed(repository.output(command, *_OPTIONS, "--raw", "--numstat", *operands)))
    with repository.stream(command, *_OPTIONS, "--patch", *operands) as patch:
        return tuple(_with_hunks(changes, patch))


def _listed(output: bytes) -> Iterator[Change]:
    """Read the records of `--raw` and `--numstat` with `-z` (git-diff-index(1), "Raw output format")."""
    fields = iter(output.split(b"\0")[:-1])
    raw = []
    first_count: bytes | None = None
    for record in fields:
        if not record.startswith(b":"):
            first_count = record
            break
        old_mode, new_mode, old_blob, new_blob, status = record[1:].decode("ascii").split()
        old_path = next(fields)
        new_path = next(fields) if status[0] in "RC" else old_path
        raw.append((old_mode, new_mode, old_blob, new_blob, _STATUSES.get(status[0], "changed"), old_path, new_path))
    counts = chain([first_count], fields) if first_count is not None else iter(())
    for old_mode, new_mode, old_blob, new_blob, status_, old_path, new_path in raw:
        added, removed, name = (next(counts) or b"").split(b"\t", 2)
        if not name:  # a rename: both names follow
            next(counts), next(counts)
        is_binary = added == b"-"
        yield Change(
            readable(new_path),
            status_,
            readable(old_path),
            old_mode,
            new_mode,
            old_blob,
            new_blob,
            0 if is_binary else int(added),
            0 if is_binary else int(removed),
            is_binary,
        )


def _with_hunks(changes: tuple[Change, ...], patch: IO[bytes]) -> Iterator[Change]:
    """Add the hunks; a file that becomes a link, or the other way round, has two sections, all others one."""
    sections = _sections(patch)
    left = _MOST_BYTES
    for change in changes:
        hunks, is_cut = next(sections, ((), True))
        if change.status == "retyped":
            more, is_more_cut = next(sections, ((), True))
            hunks, is_cut = (*hunks, *more), is_cut or is_more_cut
        left -= sum(len(line) for hunk in hunks for line in hunk.lines)
        if left < 0:
            yield replace(change, is_cut=True)
        else:
            yield replace(change, hunks=hunks, is_cut=is_cut)


def _sections(patch: IO[bytes]) -> Iterator[tuple[tuple[Hunk, ...], bool]]:
    """Yield the hunks of one section after the other, and whether some of them is left out."""
    hunks: list[Hunk] = []
    lines: list[str] = []
    kept = 0
    is_cut = is_inside = False
    hunk: re.Match[bytes] | None = None

    def close() -> None:
        if hunk is not None and lines:
            old, new = (max(int(hunk[number]) - 1, 0) for number in (1, 2))
            hunks.append(Hunk(old, new, _text(hunk[3]).strip(), tuple(lines)))
        lines.clear()

    for line, is_whole in _lines(patch):
        if line.startswith(_SECTION):
            close()
            if is_inside:
                yield tuple(hunks), is_cut
            hunks, kept, is_cut, is_inside, hunk = [], 0, False, True, None
        elif (found := _HUNK.match(line)) is not None:
            close()
            hunk = found
        elif hunk is not None and line[:1] in b" +-":
            is_cut = is_cut or not is_whole or kept >= _MOST_LINES
            if kept < _MOST_LINES:
                lines.append(_text(line) or " ")
                kept += 1
    close()
    if is_inside:
        yield tuple(hunks), is_cut


def _lines(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each line, or the words that its beginning has room for, and whether that is all of it."""
    while line := stream.readline(_READ_BYTES):
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(_READ_BYTES)):
            pass
        line = line.rstrip(b"\r\n")
        if len(line) <= _LONGEST_LINE:
            yield line, True
        else:
            # Half a word could be half a secret, which nobody would know for one any more.
            yield line[: max(line.rfind(b" ", 0, _LONGEST_LINE), 1)], False


def _text(line: bytes) -> str:
    """Return a line as text, by Latin-1 if it is no UTF-8; control characters become spaces."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\t" else " " for c in text)
