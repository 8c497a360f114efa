"""Open the SQLite file of an index.

The file is disposable: one that is damaged or of another version is replaced by an empty one when a writer opens it.
Many readers may have it open while one process writes.
"""

import sqlite3
from importlib.resources import files
from pathlib import Path

# Raised with every change of schema.sql, and of what is written for the same source.
SCHEMA_VERSION = 8
_BUSY_SECONDS = 10.0
_WRITER_PRAGMAS = (
    # Losing the last moments in a power cut costs one more parse; waiting for the disk would cost every batch.
    "synchronous = NORMAL",
    "cache_size = -16000",  # KiB
    "wal_autocheckpoint = 4000",  # pages: those that every batch changes are copied less often
    "secure_delete = OFF",  # what is deleted is in the user's own files
)


class StoreUnavailableError(Exception):
    """There is no index to read yet, or one that only a writer can replace."""


class _UnusableError(sqlite3.DatabaseError):
    pass


def open_reader(path: Path) -> sqlite3.Connection:
    """Open an index that exists, read-only. Raises StoreUnavailableError."""
    try:
        connection = _connect(f"{path.absolute().as_uri()}?mode=ro")
        try:
            _check_version(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"no index at {path}: {error}") from error
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """Open an index; an empty one takes the place of a file that is missing, damaged or of another version.

    Raises sqlite3.Error and OSError for what a new file would not cure, such as a lock or a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open_or_create(path)
    except sqlite3.Error as error:
        if not is_damage(error) and not isinstance(error, _UnusableError):
            raise
    delete(path)
    return _open_or_create(path)


def delete(path: Path) -> None:
    """Delete an index, for damage that shows only later. No writer may have it open."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_damage(error: sqlite3.Error) -> bool:
    """Tell an error that a damaged file causes from one of the moment, such as a lock or a full disk."""
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary_code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def check_pages(connection: sqlite3.Connection) -> None:
    """Read every page, which takes about half a second for a million lines.

    Raises sqlite3.DatabaseError for damage, as any look-up does that meets it.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _open_or_create(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)  # it holds the user's code
    connection = _connect(path.absolute().as_uri())
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            _create(connection)
        else:
            _check_version(connection)
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    schema = (files(__package__) / "schema.sql").read_text(encoding="utf-8")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN;\n{schema}\nPRAGMA user_version = {SCHEMA_VERSION};\nCOMMIT;")


def _check_version(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise _UnusableError(f"version {version}, not {SCHEMA_VERSION}")
    connection.execute("SELECT path FROM files LIMIT 1").fetchone()
