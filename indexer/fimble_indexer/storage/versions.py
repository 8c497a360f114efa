"""Databases of several versions side by side: two versions of Fimble on one workspace leave each other's alone."""

import contextlib
import re
from contextlib import ExitStack
from pathlib import Path

from filelock import Timeout

from fimble_indexer.storage import database
from fimble_indexer.storage.locks import watch_lock, withdraw, write_lock

_NAME = re.compile(r"(?P<workspace>.+)\.v(?P<version>\d+)\.sqlite")


def database_name(workspace: str) -> str:
    """Return what this version calls the database of a workspace that goes by the name ``workspace``."""
    return f"{workspace}.v{database.SCHEMA_VERSION}.sqlite"


def delete_older(path: Path) -> list[Path]:
    """Delete what older versions keep of the workspace of the database at ``path``; returns what is gone.

    A database that another process watches the workspace for, or writes to, stays. One that cannot be deleted stays as
    well: the next time will do.
    """
    own = _NAME.fullmatch(path.name)
    if own is None:
        return []
    deleted = []
    for other in sorted(path.parent.glob("*.sqlite")):
        found = _NAME.fullmatch(other.name)
        if found and found["workspace"] == own["workspace"] and int(found["version"]) < int(own["version"]):
            with contextlib.suppress(OSError, Timeout):
                _delete(other)
                deleted.append(other)
    return deleted


def _delete(path: Path) -> None:
    locks = watch_lock(path), write_lock(path)
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(lock.acquire(blocking=False))
        database.delete(path)
        withdraw(path)
    for lock in locks:
        Path(lock.lock_file).unlink(missing_ok=True)
