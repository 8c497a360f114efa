"""The buffers of an editor, which stand in the index for what is on disk."""

from fimble_indexer.building.build import OVERLAY_SIZE
from fimble_indexer.storage.store import Store


class Overlays:
    """What one window has open, and which of it the index held when this process last wrote."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._written: set[str] = set()
        self._version = 0

    def note(self, store: Store) -> bool:
        """Remember what the index holds of them, right after writing; tells whether it is anything."""
        self._written = {path for path in self.texts if _is_overlay(store, path)}
        self._version = store.version()
        return bool(self._written)

    def undone(self, store: Store) -> set[str]:
        """Return those that another process has put the disk's content over; what another window has open may stay."""
        if store.version() == self._version:
            return set()
        self._version = store.version()
        return {path for path in self._written if not _is_overlay(store, path)}


def _is_overlay(store: Store, path: str) -> bool:
    record = store.file(path)
    return record is not None and record.size == OVERLAY_SIZE
