"""Bring an index up to date with a workspace: parse what changed, forget what is gone."""

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from fimble_indexer.building.pool import Pool
from fimble_indexer.building.understand import Task, Understood, understand
from fimble_indexer.files.listing import SourceFile, list_files, select_files
from fimble_indexer.storage.store import FileRecord, Store

_BATCH_FILES = 250  # in one transaction: enough to be fast, few enough for a reader to see the index grow
_COUNT_WORDS_SHARE = 10  # words are counted anew when a tenth of the files has changed
_CLOCK_RESOLUTION_NS = 2_000_000_000  # that of FAT
OVERLAY_SIZE = -1  # recorded for what an editor holds: no file on disk looks the same


@dataclass(frozen=True, slots=True)
class Summary:
    """What an update did.

    Files known afterwards, parsed and removed just now, those of the parsed that are kept without symbols because they
    bring a grammar down, and the seconds it took.
    """

    files: int
    parsed: int
    removed: int
    failed: int
    seconds: float


def update(
    root: Path,
    store: Store,
    *,
    paths: Iterable[str] | None = None,
    overlays: Mapping[str, bytes | str] | None = None,
    pool: Pool | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Summary:
    """Bring ``store`` up to date with the files below ``root``.

    A file whose size and time are known is not opened, and one whose content is known is not parsed. With ``paths``
    (relative to ``root``, with "/") only those files, which are then always read, and what is below those folders are
    looked at. ``overlays`` are the contents of an editor's buffers by path; they take the place of what is on disk,
    and an update without them goes back to the disk.

    Files are parsed by the processes of ``pool``; without one they are parsed here, and a grammar that crashes takes
    this process down. ``progress`` is told how many of how many files are done. Once ``cancelled`` answers true the
    update ends early; what it has done is kept. A file that cannot be read costs only itself. Raises
    NotADirectoryError, WorkerError and sqlite3.Error, also for damage of the database: it has to be deleted then.
    """
    started = time.monotonic()
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is no folder")  # and not a workspace whose files are all gone
    now_ns = time.time_ns()
    paths = None if paths is None else frozenset(path.strip("/") for path in paths)
    known = store.files(None if paths is None or "" in paths else paths)
    files = {file.path: file for file in list_files(root, paths=paths)}
    contents = _contents(overlays or {}, paths)
    buffers = select_files(root, {path: len(content) for path, content in contents.items()})
    files |= {file.path: replace(file, size=OVERLAY_SIZE) for file in buffers}
    gone = [path for path in known if path not in files]
    tasks = [
        _task(file, known.get(path), contents)
        for path, file in files.items()
        if (paths and path in paths) or file.size == OVERLAY_SIZE or not _is_same(file, known.get(path))
    ]
    with store.transaction():
        for path in gone:
            store.remove_file(path)

    done = parsed = failed = 0
    understood = (_understand_here if pool is None else pool.understand)(root, tasks, cancelled)
    with contextlib.closing(understood):
        while True:
            with store.transaction():
                batch = 0
                for answer in islice(understood, _BATCH_FILES):
                    _write(store, files[answer.path], answer, now_ns)
                    batch += 1
                    parsed += bool(answer.hash) and answer.rows is not None
                    failed += answer.failed
            done += batch
            if progress is not None and batch:
                progress(done, len(tasks))
            if batch < _BATCH_FILES:
                break
    count = store.file_count()
    if (parsed + len(gone)) * _COUNT_WORDS_SHARE > count:
        with store.transaction():
            store.count_words()
    if paths is None:
        store.check()  # last, so that nobody waits for it
    return Summary(count, parsed, len(gone), failed, time.monotonic() - started)


def _understand_here(
    root: Path, tasks: Sequence[Task], cancelled: Callable[[], bool] | None
) -> Generator[Understood, None, None]:
    for task in tasks:
        if cancelled is not None and cancelled():
            return
        yield understand(root, task)


def _contents(overlays: Mapping[str, bytes | str], paths: frozenset[str] | None) -> dict[str, bytes]:
    return {
        path: content.encode("utf-8", "replace") if isinstance(content, str) else content
        for path, content in overlays.items()
        if _is_below(path, paths)
    }


def _task(file: SourceFile, known: FileRecord | None, contents: Mapping[str, bytes]) -> Task:
    return Task(
        file.path,
        contents[file.path] if file.size == OVERLAY_SIZE else None,
        known.hash if known is not None and known.is_foreign == file.is_foreign else None,
        file.is_foreign,
    )


def _write(store: Store, file: SourceFile, answer: Understood, now_ns: int) -> None:
    # A change within the resolution of the file system's clock leaves no trace in size and time: look again next time.
    mtime_ns = file.mtime_ns if file.mtime_ns < now_ns - _CLOCK_RESOLUTION_NS else 0
    if answer.hash is None:  # it cannot be read
        store.remove_file(file.path)
    elif answer.rows is None:
        store.touch_file(file.path, file.size, mtime_ns)
    else:
        record = FileRecord(file.path, answer.language, file.size, mtime_ns, answer.hash, file.is_foreign)
        store.write_file(record, answer.rows)


def _is_same(file: SourceFile, known: FileRecord | None) -> bool:
    return known is not None and (known.size, known.mtime_ns, known.is_foreign) == (
        file.size,
        file.mtime_ns,
        file.is_foreign,
    )


def _is_below(path: str, paths: frozenset[str] | None) -> bool:
    """Tell whether ``path`` is one of ``paths`` or lies below one of them; None stands for everywhere."""
    if paths is None or "" in paths:
        return True
    while path and path not in paths:
        path = path.rpartition("/")[0]
    return bool(path)
