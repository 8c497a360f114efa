"""`fimble complete`: one explicit completion at a place in a file."""

import logging
import re
from pathlib import Path
from typing import Any

from fimble_server.config import load_settings
from fimble_server.documents import Document
from fimble_server.errors import FimbleError
from fimble_server.explain import as_data
from fimble_server.index import IndexingError, update_index
from fimble_server.suggest import LARGEST_DOCUMENT
from fimble_server.workspace import Workspace

_log = logging.getLogger(__name__)
_PLACE = re.compile(r"(?P<path>.+):(?P<line>\d{1,9}):(?P<column>\d{1,9})")
_LARGEST_FILE = 4 * LARGEST_DOCUMENT
"""Bytes: no character takes more than four."""


class PlaceError(FimbleError):
    """The place cannot be completed: no such file, no text, or no such line."""


def parse_place(place: str) -> tuple[Path, int, int]:
    """Split FILE:LINE:COL; raises `PlaceError`."""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise PlaceError(f"{place!r} is no place; write FILE:LINE:COL with line and column from 1, as in app.py:12:5")
    return Path(match["path"]), int(match["line"]), int(match["column"])


def read_text(path: Path) -> str:
    """Read a source file; bytes that are no UTF-8 become replacement characters.

    Raises:
        PlaceError: the file is missing, unreadable, binary, or too large.

    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise PlaceError(f"{path} is too large to complete in; the limit is {_LARGEST_FILE // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise PlaceError(f"{path} cannot be read: {error.strerror}") from error
    return decode(data, path)


def decode(data: bytes, path: Path) -> str:
    """Return the text that bytes hold; raises `PlaceError` if they hold none."""
    if b"\0" in data:
        raise PlaceError(f"{path} is a binary file; there is nothing to complete")
    return data.decode("utf-8", "replace")


def repository_root(path: Path) -> Path | None:
    """Return the root of the repository that holds a file, or None: a folder that nobody named is not indexed."""
    return next((parent for parent in path.parents if (parent / ".git").exists()), None)


async def complete_at(path: Path, line: int, column: int, data: bytes | None = None) -> dict[str, Any]:
    """Complete at a 1-based line and column, counted in characters; `data` stands in for the file's content.

    A column beyond the line's end is its end. Returns `text`, `range` (1-based, the end exclusive), `candidates` and
    `explanation`.

    Raises:
        FimbleError: the place, the model or the engine cannot be used.

    """
    document = Document(path.as_posix(), read_text(path) if data is None else decode(data, path))
    if not 1 <= line <= len(document.line_starts):
        raise PlaceError(f"{path} has no line {line}; it has {len(document.line_starts)}")
    if column < 1:
        raise PlaceError("columns count from 1")
    offset = document.line_starts[line - 1] + min(column - 1, len(document.line(line - 1)))
    root = repository_root(path)
    settings, complaints = load_settings(root)
    for complaint in complaints:
        _log.warning("%s", complaint)
    if root is not None and settings.index.enabled:
        try:
            await update_index(root)
        except IndexingError as error:
            _log.warning("%s; completing without other files", error)
    workspace = Workspace([root] if root else [], settings)
    try:
        answer = await workspace.suggest(
            document=document.uri, path=path, text=document.text, offset=offset, explicit=True
        )
    finally:
        await workspace.close()
    column = offset - document.line_starts[line - 1] + 1
    candidates = [
        {
            "text": suggestion.text,
            "range": {
                "start": {"line": line, "column": column},
                "end": {"line": line, "column": column + suggestion.replaced},
            },
        }
        for suggestion in answer.suggestions
    ]
    empty = {"text": "", "range": {"start": {"line": line, "column": column}, "end": {"line": line, "column": column}}}
    return {
        **(candidates[0] if candidates else empty),
        "candidates": candidates,
        "explanation": as_data(answer.explanation),
    }
