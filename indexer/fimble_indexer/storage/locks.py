"""Who may do what with an index, among several processes on the same file.

The write lock is held while an update writes. The watch lock is held for as long as a process watches the workspace:
one of several windows. The kernel gives back both when their process ends, however it ends. A third file says that the
watching process has seen everything, so that others can read without looking at the workspace themselves.
"""

import contextlib
import json
from pathlib import Path

import psutil
from filelock import FileLock

_POLL_SECONDS = 0.02  # a save has to be visible within 100 ms, also while another window writes


def write_lock(database: Path) -> FileLock:
    """Return the lock to hold while writing."""
    return FileLock(f"{database}.lock", poll_interval=_POLL_SECONDS)


def watch_lock(database: Path) -> FileLock:
    """Return the lock to hold while watching."""
    return FileLock(f"{database}.watch")


def announce(database: Path) -> None:
    """Say that this process keeps the index true from now on. Raises OSError."""
    process = psutil.Process()
    temporary = _announcement(database).with_suffix(f".{process.pid}")
    temporary.write_text(json.dumps([process.pid, process.create_time()]), encoding="ascii")
    temporary.replace(_announcement(database))


def withdraw(database: Path) -> None:
    """Take the announcement back: the index may be behind the workspace."""
    with contextlib.suppress(OSError):
        _announcement(database).unlink(missing_ok=True)


def is_kept(database: Path) -> bool:
    """Tell whether a process that lives keeps the index true, so that it need not be brought up to date."""
    try:
        number, created = json.loads(_announcement(database).read_text(encoding="ascii"))
        return bool(psutil.Process(number).create_time() == created)
    except (OSError, ValueError, TypeError, psutil.Error):
        return False


def _announcement(database: Path) -> Path:
    return Path(f"{database}.kept")
