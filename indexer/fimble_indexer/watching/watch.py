"""Hear of changes in a workspace, by the operating system's own means.

On Linux each folder that belongs gets a watch of its own, so that a ``node_modules`` with its thousands of folders
costs none, and only what changes content is asked for: the kernel does not even report reads. Elsewhere one watch
covers the whole tree. Both come from watchdog. Where there are no events, or no more watches to be had,
``UnwatchableError`` says so in a sentence for the user, and the caller has to look by itself.
"""

import errno
import os
import platform
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
from watchdog.events import (
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from fimble_indexer.files.listing import list_folders

if sys.platform == "linux":
    from watchdog.observers.inotify_c import (
        CallbackId,
        InotifyConstants,
        InotifyEvent,
        InotifyFD,
        Mask,
        WatchDescriptor,
    )

EXCLUDE_FILE = ".git/info/exclude"
_REMOTE = ("9p", "afs", "cifs", "drvfs", "fuse.", "ncpfs", "nfs", "smb", "vboxsf", "virtiofs", "vmhgfs")
"""What the names of file systems start with whose other side changes files without an event here."""

Post = Callable[[Callable[[], object]], object]
"""Has something run in the thread that owns the watch."""
Changed = Callable[[str], object]
"""Is told a file or folder, relative to the root with "/"; "" says that anything may have changed."""


class UnwatchableError(Exception):
    """The workspace cannot be watched; the message is a sentence for the user."""


class Watch(ABC):
    """A workspace that is being watched, by one thread."""

    def __init__(self, root: Path, post: Post, changed: Changed) -> None:
        self._root = root
        self._post = post
        self._changed = changed

    @abstractmethod
    def close(self) -> None:
        """Stop watching."""

    def _folders_below(self, folder: str) -> Iterator[str]:
        yield from list_folders(self._root, folder)
        if not folder:
            yield EXCLUDE_FILE.rpartition("/")[0]


def watch(root: Path, post: Post, changed: Changed) -> Watch:
    """Watch what belongs to a workspace now, and what is created in it, until ``close``.

    A watch does not notice that the rules change, or that events were lost: after ``changed("")`` make a new one.
    ``changed`` is called by way of ``post``, and so in the thread that owns the watch; what was posted may raise
    UnwatchableError. Raises the same if there is no watching here from the start.
    """
    kind = file_system(root)
    if kind.startswith(_REMOTE):
        raise UnwatchableError(f"{root} is on a file system that does not tell of all changes ({kind})")
    match platform.system():
        case "Linux":
            return FolderWatches(root, post, changed)
        case "Darwin" | "Windows":
            return TreeWatch(root, post, changed)
    raise UnwatchableError(f"{root} cannot be watched on this system")


def file_system(path: Path) -> str:
    """Return the type of the file system that holds ``path``, such as "ext4" or "nfs4"; "" if it cannot be told."""
    try:
        mounts = [mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)]
    except OSError:
        return ""
    # The deepest one, and of several on the same folder the last: it is on top.
    mounts.sort(key=lambda mount: len(Path(mount.mountpoint).parts))
    return mounts[-1].fstype if mounts else ""


if sys.platform == "linux":
    _MASK = Mask(
        InotifyConstants.IN_CLOSE_WRITE
        | InotifyConstants.IN_CREATE
        | InotifyConstants.IN_DELETE
        | InotifyConstants.IN_MOVE
        | InotifyConstants.IN_DELETE_SELF
        | InotifyConstants.IN_MOVE_SELF
        | InotifyConstants.IN_ONLYDIR
        | InotifyConstants.IN_DONT_FOLLOW
        | InotifyConstants.IN_EXCL_UNLINK
    )

    class FolderWatches(Watch):
        """One inotify watch for each folder.

        watchdog's observers would take a thread for each of them, or watch what does not belong as well. This uses
        the layer below them.
        """

        def __init__(self, root: Path, post: Post, changed: Changed) -> None:
            super().__init__(root, post, changed)
            self._id = CallbackId(id(self))
            self._folders: dict[WatchDescriptor, str] = {}
            try:
                self._inotify = InotifyFD()
            except OSError as error:
                raise self._limit_reached(error) from error
            self._inotify.start()
            try:
                self._add("")
            except UnwatchableError:
                self.close()
                raise

        def close(self) -> None:
            self._folders.clear()
            self._inotify.stop()

        # Called by watchdog's thread

        def on_event(self, event: InotifyEvent) -> None:
            self._post(partial(self._read, event))

        def on_watch_deleted(self, wd: WatchDescriptor) -> None:
            self._post(partial(self._folders.pop, wd, None))

        def on_queue_overflow(self) -> None:
            self._post(partial(self._changed, ""))

        # Called by the thread that owns the watch

        def _read(self, event: InotifyEvent) -> None:
            folder = self._folders.get(event.wd)
            if folder is None:
                return
            if not event.name:  # the folder itself is gone, which the one that holds it reports as well
                if not folder:
                    self._changed("")
                return
            name = os.fsdecode(event.name)
            path = f"{folder}/{name}" if folder else name
            if event.is_directory:
                # The watches of a folder that moves go with it, under its old name.
                self._remove([wd for wd, known in self._folders.items() if f"{known}/".startswith(f"{path}/")])
                if event.is_create or event.is_moved_to:
                    self._add(path)
            self._changed(path)

        def _add(self, folder: str) -> None:
            for path in self._folders_below(folder):
                try:
                    wd = self._inotify.add_callback(os.fsencode(self._root / path), _MASK, self, self._id)
                except OSError as error:
                    if error.errno in {errno.ENOSPC, errno.EMFILE}:
                        raise self._limit_reached(error) from error
                    continue  # gone already
                if wd != -1:  # not ours to read
                    self._folders[wd] = path

        def _remove(self, descriptors: list[WatchDescriptor]) -> None:
            for wd in descriptors:
                del self._folders[wd]
            self._inotify.remove_callbacks([(wd, self._id) for wd in descriptors])

        def _limit_reached(self, error: OSError) -> UnwatchableError:
            name = "max_user_instances" if error.errno == errno.EMFILE else "max_user_watches"
            return UnwatchableError(f"{self._root} cannot be watched: raise inotify's limit, sysctl fs.inotify.{name}")


class TreeWatch(Watch, FileSystemEventHandler):
    """One watch for the whole tree, where the system offers it."""

    def __init__(self, root: Path, post: Post, changed: Changed) -> None:
        super().__init__(root, post, changed)
        self._folders = set(self._folders_below(""))
        self._observer = Observer()
        try:
            self._observer.schedule(self, str(root), recursive=True)
            self._observer.start()
        except OSError as error:
            raise UnwatchableError(f"{root} cannot be watched: {error}") from error

    def close(self) -> None:
        self._observer.stop()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Take an event from watchdog's thread."""
        if event.event_type in {EVENT_TYPE_CREATED, EVENT_TYPE_DELETED, EVENT_TYPE_MOVED, EVENT_TYPE_MODIFIED}:
            self._post(partial(self._read, event))

    def _read(self, event: FileSystemEvent) -> None:
        for named in {str(event.src_path), str(event.dest_path)} - {""}:
            try:
                path = Path(named).relative_to(self._root).as_posix()
            except ValueError:
                continue  # moved out of the workspace, or into it
            if path == ".":
                if event.event_type != EVENT_TYPE_MODIFIED:
                    self._changed("")
            elif path.rpartition("/")[0] in self._folders:
                if event.is_directory and event.event_type == EVENT_TYPE_MODIFIED:
                    continue  # something in it was created or deleted, and is reported itself
                if event.is_directory:
                    self._folders.update(self._folders_below(path))
                self._changed(path)
