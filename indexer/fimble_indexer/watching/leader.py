"""Lead the processes that keep one index true: only the leader watches the workspace."""

from pathlib import Path

from filelock import Timeout

from fimble_indexer.storage.locks import announce, watch_lock, withdraw
from fimble_indexer.watching.watch import Changed, Post, Watch, watch


class Leader:
    """The lead over an index, once it is had, and the watch on the workspace that goes with it."""

    def __init__(self, root: Path, database: Path) -> None:
        self._root = root
        self._database = database
        self._lock = watch_lock(database)
        self._watch: Watch | None = None

    @property
    def is_leading(self) -> bool:
        """Tell whether this process has the lead."""
        return self._lock.is_locked

    @property
    def is_watching(self) -> bool:
        """Tell whether changes are reported."""
        return self._watch is not None

    def try_to_lead(self) -> bool:
        """Take the lead unless another process has it; tells which. Raises OSError."""
        self._database.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        withdraw(self._database)  # the one before may have been killed
        return True

    def watch(self, post: Post, changed: Changed) -> None:
        """Watch what belongs to the workspace, as ``watch.watch`` does. Raises UnwatchableError."""
        self._watch = watch(self._root, post, changed)

    def stop_watching(self) -> None:
        """Watch nothing any more, and say so."""
        if self.is_leading:
            withdraw(self._database)
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def announce(self) -> None:
        """Say that everything has been looked at, and that every change from now on is seen. Raises OSError."""
        announce(self._database)

    def release(self) -> None:
        """Give the lead back."""
        self._lock.release()
