"""Files that edits read and write: every byte that an edit does not touch stays as it is."""

import os
import tempfile
from pathlib import Path

from fimble_indexer.files.secrets import is_secret_file
from fimble_server.edits.changes import FileEdit
from fimble_server.errors import FimbleError
from fimble_server.suggest import LARGEST_DOCUMENT

_LARGEST_FILE = 4 * LARGEST_DOCUMENT
"""Bytes: no character takes more than four."""
_LONGEST_PREFIX = 40
"""Characters of a file's name in that of its temporary file: there is no room for a very long one."""


class EditError(FimbleError):
    """An edit cannot be made; the message is one sentence for the user."""


def holds_secrets(path: Path) -> bool:
    """Tell by its name, or that of what it is a link to, whether a file holds secrets."""
    return is_secret_file(path) or is_secret_file(os.path.realpath(path))


def read_source(path: Path) -> str:
    """Return a file's text; bytes that are no UTF-8 are kept as lone surrogates, so that it can be written back.

    Raises:
        EditError: the file holds secrets, is missing, unreadable, binary, or too large.

    """
    if holds_secrets(path):
        raise EditError(f"{path} holds secrets, which are shown to no model")
    try:
        if not path.is_file():
            raise EditError(f"there is no file {path}")
        if path.stat().st_size > _LARGEST_FILE:
            raise EditError(f"{path} is too large to edit; the limit is {_LARGEST_FILE // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise EditError(f"{path} cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise EditError(f"{path} is a binary file; there is nothing to edit")
    return data.decode("utf-8", "surrogateescape")


def write_edit(root: Path, edit: FileEdit) -> None:
    """Write, create or remove the edit's file below a folder, whole or not at all; its permissions stay.

    Raises:
        EditError: the file is not what the edit was made for, lies outside of the folder, or cannot be written.

    """
    path = (root / edit.path).resolve()
    if not path.is_relative_to(root.resolve()):
        raise EditError(f"{edit.path} is not in {root}")
    exists = os.path.lexists(path)
    if exists != (edit.before is not None) or (exists and read_source(path) != edit.before):
        raise EditError(f"{path} was changed meanwhile; nothing was written")
    try:
        if edit.after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, edit.after.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise EditError(f"{path} cannot be written: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    temporary = write_beside(path, data)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_beside(path: Path, data: bytes) -> Path:
    """Write what a file is to hold to a temporary one beside it, with its permissions, and return that.

    Raises:
        OSError: it could not be written; nothing is left of it.

    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:_LONGEST_PREFIX]}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(path.stat().st_mode if path.exists() else _usual_mode())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return temporary


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
