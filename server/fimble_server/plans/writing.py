"""Edits of several files written all or not at all: to temporary files first, then renamed, and put back on failure."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import read_source, write_beside
from fimble_server.edits.paths import check_path
from fimble_server.errors import FimbleError


class WriteError(FimbleError):
    """The edits were not made; the files are as they were."""


def write_edits(root: Path, edits: Sequence[FileEdit]) -> None:
    """Create, change and remove files below a folder: all of them, or none.

    Raises:
        PathError: a path leads out of the folder, or to a file that no edit may name.
        WriteError: a file is not what its edit was made for, or the disk refuses; every file is as it was.

    """
    places = [check_path(root, edit.path) for edit in edits]
    if len({os.path.normcase(place) for place in places}) < len(places):
        raise WriteError("Two edits are of the same file; nothing was written")
    for place, edit in zip(places, edits, strict=True):
        _check_unchanged(place, edit)
    undoing: list[Callable[[], object]] = []
    backups: list[Path] = []
    try:
        written = [_write_beside(place, edit, undoing) for place, edit in zip(places, edits, strict=True)]
        for place, edit, new in zip(places, edits, written, strict=True):
            _check_unchanged(place, edit)
            backups += _put(place, new, undoing)
    except BaseException as error:
        for undo in reversed(undoing):
            with contextlib.suppress(OSError):
                undo()
        if isinstance(error, OSError):
            where = error.filename or root
            raise WriteError(f"{where} cannot be written: {error.strerror}; nothing was changed") from error
        raise
    for path in backups:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _check_unchanged(place: Path, edit: FileEdit) -> None:
    if edit.before is None:
        if os.path.lexists(place):
            raise WriteError(f"{edit.path} was created meanwhile; nothing was changed")
    elif not place.is_file() or read_source(place) != edit.before:
        raise WriteError(f"{edit.path} was changed meanwhile; nothing was changed")


def _write_beside(place: Path, edit: FileEdit, undoing: list[Callable[[], object]]) -> Path | None:
    """Write what a file is to hold beside it; returns the temporary file, None for a file that is to go."""
    if edit.after is None:
        return None
    missing = [folder for folder in (place.parent, *place.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        undoing.append(folder.rmdir)
    temporary = write_beside(place, edit.after.encode("utf-8", "surrogateescape"))
    undoing.append(lambda: temporary.unlink(missing_ok=True))
    return temporary


def _put(place: Path, new: Path | None, undoing: list[Callable[[], object]]) -> list[Path]:
    """Put a new file into its place, or remove the old one; returns what is to be removed once all is done."""
    if not place.exists():
        assert new is not None
        # Fails where a file has just come to be, which a rename would take the place of; a link not every disk knows.
        place.touch(exist_ok=False)
        undoing.append(place.unlink)
        new.replace(place)
        return []
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".fimble-")
    os.close(descriptor)
    backup = Path(name)
    undoing.append(lambda: backup.unlink(missing_ok=True))
    place.replace(backup)
    undoing.append(lambda: backup.replace(place))
    if new is not None:
        new.replace(place)
    return [backup]
