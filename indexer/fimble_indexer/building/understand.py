"""Turn a file into what the index holds of it: read it, make secrets unreadable, parse it, cut it into chunks.

This is the work of an update that needs no database, so that processes can share it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fimble_indexer.files.listing import content_belongs, is_generated, read_source
from fimble_indexer.files.secrets import redact
from fimble_indexer.modules.configuration import aliases_of
from fimble_indexer.storage.rows import FileRows, file_rows
from fimble_indexer.syntax.chunks import chunk
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import FileSymbols, parse

_HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be understood.

    ``content`` is what an editor holds of it, None for what is on disk. With ``known_hash``, the hash of what the index
    holds, a file that is still the same is not parsed. Of a file that ``is_foreign`` only what it defines is kept. With
    ``parse`` false it is taken as text.
    """

    path: str
    content: bytes | None = None
    known_hash: bytes | None = None
    is_foreign: bool = False
    parse: bool = True


@dataclass(frozen=True, slots=True)
class Understood:
    """What became of a task.

    ``hash`` is that of the content, b"" for content that does not belong, None for a file that could not be read.
    ``rows`` are None if the content is the known one. ``failed`` tells that understanding it brought a process down,
    or took too long, so that the file is kept as plain text or empty.
    """

    path: str
    hash: bytes | None
    language: str | None = None
    rows: FileRows | None = None
    failed: bool = False


def understand(root: Path, task: Task) -> Understood:
    """Do a task. Never raises, but a grammar may crash or hang on some content."""
    try:
        content = _content(root, task)
    except OSError:
        return Understood(task.path, None)
    digest = content_hash(content)
    if digest == task.known_hash:
        return Understood(task.path, digest)
    if content is None:
        # Kept as an empty file, so that it is not read again every time.
        return Understood(task.path, digest, rows=FileRows([], [], [], [], []))
    text = redact(content.decode("utf-8", "replace"))
    language = language_for_path(task.path)
    symbols = parse(text.encode(), language) if language is not None and task.parse else FileSymbols()
    if task.is_foreign or is_generated(text):
        rows = file_rows(FileSymbols(definitions=symbols.definitions), [])
    else:
        rows = file_rows(symbols, chunk(text, symbols), aliases_of(task.path, text))
    return Understood(task.path, digest, language.name if language else None, rows, failed=not task.parse)


def give_up(root: Path, task: Task) -> Understood:
    """Answer for a file that cannot even be taken as text: it is kept as an empty one until its content changes."""
    try:
        digest = content_hash(_content(root, task))
    except OSError:
        return Understood(task.path, None)
    return Understood(task.path, digest, rows=FileRows([], [], [], [], []), failed=True)


def content_hash(content: bytes | None) -> bytes:
    """Hash the content of a file; b"" for one whose content does not belong."""
    return b"" if content is None else hashlib.blake2b(content, digest_size=_HASH_BYTES).digest()


def _content(root: Path, task: Task) -> bytes | None:
    if task.content is None:
        return read_source(root, task.path)
    return task.content if content_belongs(task.content) else None
