"""Bring an index up to date with a workspace: parse what changed, forget what is gone."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fimble_indexer.chunks import Chunk, chunk
from fimble_indexer.files import SourceFile, list_files, read_source
from fimble_indexer.languages import language_for_path
from fimble_indexer.parse import FileSymbols, parse
from fimble_indexer.secrets import redact
from fimble_indexer.store import FileRecord, Store

_BATCH_FILES = 100  # in one transaction: enough to be fast, few enough for a reader to see the index grow
_COUNT_WORDS_SHARE = 10  # words are counted anew when a tenth of the files has changed
_HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Summary:
    """What an update did: files known afterwards, parsed and removed just now, and the seconds it took."""

    files: int
    parsed: int
    removed: int
    seconds: float


def update(
    root: Path,
    store: Store,
    *,
    paths: Iterable[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Summary:
    """Bring ``store`` up to date with the files below ``root``.

    A file whose size and time are known is not opened, and one whose content is known is not parsed. With ``paths``
    (relative to ``root``, with "/") only those files, which are then always read, and what is below those folders are
    looked at. ``progress``
    is told how many of how many files are done. Once ``cancelled`` answers true the update ends early; what it has
    done is kept. A file that cannot be read costs only itself. Raises NotADirectoryError and sqlite3.Error.
    """
    started = time.monotonic()
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is no folder")  # and not a workspace whose files are all gone
    paths = None if paths is None else [path.strip("/") for path in paths]
    named = frozenset(paths or ())
    known = store.files()
    listed = {file.path: file for file in list_files(root, paths=paths)}
    gone = [path for path in known if path not in listed and _is_below(path, paths)]
    changed = [file for file in listed.values() if file.path in named or not _is_same(file, known.get(file.path))]
    with store.transaction():
        for path in gone:
            store.remove_file(path)
    parsed = done = 0
    is_cancelled = False
    while done < len(changed) and not is_cancelled:
        with store.transaction():
            for file in changed[done : done + _BATCH_FILES]:
                is_cancelled = cancelled is not None and cancelled()
                if is_cancelled:
                    break
                parsed += _update_file(root, file, known.get(file.path), store)
                done += 1
        if progress is not None:
            progress(done, len(changed))
    if (parsed + len(gone)) * _COUNT_WORDS_SHARE > len(known):
        with store.transaction():
            store.count_words()
    return Summary(store.file_count(), parsed, len(gone), time.monotonic() - started)


def understand(path: str, content: bytes) -> tuple[FileSymbols, list[Chunk]]:
    """Turn the content of a file into what the index holds of it: no secrets, then symbols and chunks.

    This is the work of an update that needs no database. Never raises.
    """
    text = redact(content.decode("utf-8", "replace"))
    language = language_for_path(path)
    symbols = FileSymbols() if language is None else parse(text.encode(), language)
    return symbols, chunk(text, symbols)


def _update_file(root: Path, file: SourceFile, known: FileRecord | None, store: Store) -> bool:
    """Bring one file up to date; tell whether it had to be parsed."""
    try:
        content = read_source(root, file.path)
    except OSError:
        store.remove_file(file.path)
        return False
    digest = b"" if content is None else hashlib.blake2b(content, digest_size=_HASH_BYTES).digest()
    if known is not None and known.hash == digest:
        store.touch_file(file.path, file.size, file.mtime_ns)
        return False
    # A file whose content does not belong is kept as an empty one, so that it is not read again every time.
    symbols, chunks = (FileSymbols(), []) if content is None else understand(file.path, content)
    language = language_for_path(file.path) if content is not None else None
    record = FileRecord(file.path, language.name if language else None, file.size, file.mtime_ns, digest)
    store.write_file(record, symbols, chunks)
    return content is not None


def _is_same(file: SourceFile, known: FileRecord | None) -> bool:
    return known is not None and (known.size, known.mtime_ns) == (file.size, file.mtime_ns)


def _is_below(path: str, paths: list[str] | None) -> bool:
    """Tell whether ``path`` is one of ``paths`` or lies below one of them; None stands for everywhere."""
    return paths is None or any(not top or path == top or path.startswith(f"{top}/") for top in paths)
