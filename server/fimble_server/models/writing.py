"""What every change of the model files has in common: one process at a time, and a disk that can fill up."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fimble_server.errors import FimbleError
from fimble_server.models import storage

Notify = Callable[[str], None]
"""Called with one line for the user."""


class NoSpaceError(FimbleError):
    """The disk cannot hold the file."""


class NotWritableError(FimbleError):
    """The folder of the models cannot be written."""


@contextmanager
def locked(name: str, notify: Notify) -> Iterator[None]:
    """Hold the model's lock: one process at a time changes its files."""
    directory = storage.models_directory()
    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        notify(f"Another fimble is at work on {name}; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing_to(directory: Path, needed: int) -> Iterator[None]:
    """Turn the errors of a disk into one sentence; `needed` is the size in bytes of what is to be written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(_no_space(directory, needed)) from error
        raise NotWritableError(
            f"{directory} cannot be written ({error.strerror}); make it writable or set FIMBLE_HOME to another folder"
        ) from error


def check_space(directory: Path, needed: int) -> None:
    """See that `needed` bytes more fit on the disk of `directory`.

    Raises:
        NoSpaceError: they do not.

    """
    if shutil.disk_usage(directory).free < needed:
        raise NoSpaceError(_no_space(directory, needed))


def megabytes(size: int) -> str:
    """Write a size in bytes for people, as "491 MB"."""
    return f"{size / 1e6:,.0f} MB"


def _no_space(directory: Path, needed: int) -> str:
    existing = next(folder for folder in (directory, *directory.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return (
        f"The disk of {directory} is too full: {megabytes(needed)} are needed and {megabytes(free)} are free; "
        "make room or set FIMBLE_HOME to a folder on another disk"
    )
