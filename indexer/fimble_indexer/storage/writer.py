"""Write to an index that other processes write to as well, and replace it when it is damaged."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout

from fimble_indexer.storage.database import delete, is_damage
from fimble_indexer.storage.locks import write_lock
from fimble_indexer.storage.store import Store, StoreUnavailableError

_ASK_SECONDS = 0.25  # how often one that waits for the lock asks whether it still should


class DamagedError(Exception):
    """The index was damaged and is deleted; everything has to be written anew."""


class StoppedError(Exception):
    """There is no need to wait any longer."""


class Writer:
    """An index that stays open for writing; only who holds the write lock writes."""

    def __init__(self, database: Path, on_replaced: Callable[[], object] = lambda: None) -> None:
        """Open nothing yet; ``on_replaced`` is told when a damaged or outdated file has to give way to a new one."""
        self._database = database
        self._on_replaced = on_replaced
        self._lock = write_lock(database)
        self._opened: tuple[Store, os.stat_result] | None = None

    @contextmanager
    def writing(self, is_stopped: Callable[[], bool]) -> Iterator[Store]:
        """Hold the lock, and hand out the index.

        Raises StoppedError if ``is_stopped`` came true while others wrote, DamagedError, OSError and sqlite3.Error.
        """
        self._database.parent.mkdir(parents=True, exist_ok=True)
        while not self._lock.is_locked:
            if is_stopped():
                raise StoppedError
            try:
                self._lock.acquire(timeout=_ASK_SECONDS)
            except Timeout:
                continue
        try:
            yield self._store()
        except sqlite3.Error as error:
            self.close()
            if not is_damage(error):
                raise
            delete(self._database)
            self._on_replaced()
            raise DamagedError from error
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; the next ``writing`` opens it again."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _store(self) -> Store:
        # Another process may have put a new file in the place of this one. While it is open its number is not reused.
        if self._opened is not None and not (
            self._database.exists() and os.path.samestat(self._opened[1], self._database.stat())
        ):
            self.close()
        if self._opened is None:
            if self._database.exists() and self._database.stat().st_size and not _is_usable(self._database):
                self._on_replaced()
            self._opened = Store.open(self._database), self._database.stat()
        return self._opened[0]


def _is_usable(database: Path) -> bool:
    try:
        Store.open(database, read_only=True).close()
    except StoreUnavailableError:
        return False
    return True
