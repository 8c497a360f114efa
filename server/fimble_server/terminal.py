"""What the commands of the command line share: the workspace's folder, JSON on stdout, the progress of indexing."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

from fimble_server.errors import FimbleError


def folder(root: Path) -> Path:
    """Return the whole path of a workspace's folder; raises `FimbleError` if it is none."""
    root = root.resolve()
    if not root.is_dir():
        raise FimbleError(f"{root} is no folder; name the workspace's folder")
    return root


def print_json(data: Any) -> None:
    """Print one JSON object."""
    typer.echo(printable(json.dumps(data, ensure_ascii=False, indent=2)))


def printable(text: str) -> str:
    """Return a text with a question mark for each byte that was no UTF-8 where it was read: none can be printed."""
    return text.encode("utf-8", "replace").decode()


@contextmanager
def indexing_progress(root: Path, *, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far the indexing is; yields what is to be told."""
    with Progress(console=Console(stderr=True), transient=True, disable=hidden or not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"Indexing {root.name}")
        yield lambda done, total: progress.update(task, completed=done, total=total)
