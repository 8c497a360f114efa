"""Questions and conversations on a terminal."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.status import Status

from fimble_indexer.words import identifiers
from fimble_server.chat.answers import Answer
from fimble_server.chat.asking import ask
from fimble_server.chat.questions import Prepared
from fimble_server.config import load_settings
from fimble_server.engine.client import LocalEngine
from fimble_server.errors import FimbleError
from fimble_server.index import database_path, update_index
from fimble_server.models.chosen import choose_model

_log = logging.getLogger(__name__)


async def ask_in(root: Path, question: str, on_progress: Callable[[int, int], None], *, quiet: bool) -> Answer:
    """Answer a question about a workspace, with what is being done on stderr unless `quiet`.

    Raises:
        FimbleError: no question, no index, no model or no engine.

    """
    if not identifiers(question):
        raise FimbleError(f"there is no question in {question!r}")
    settings, complaints = load_settings(root)
    for complaint in complaints:
        _log.warning("%s", complaint)
    engine = LocalEngine(lambda: choose_model(settings.model).path, settings.engine.options())
    status = Status("", console=Console(stderr=True))

    def show(prepared: Prepared) -> None:
        if prepared.turns and not quiet and sys.stderr.isatty():
            files = len({excerpt.path for excerpt in prepared.excerpts})
            status.update(f"Reading {len(prepared.excerpts)} excerpts of {files} files")
            status.start()

    try:
        await update_index(root, on_progress=on_progress)
        return await ask(database_path(root), engine, question, settings.chat, on_prepared=show)
    finally:
        status.stop()
        await engine.close()


def print_answer(answer: Answer) -> None:
    """Print the text and, below it, what its numbers mean."""
    typer.echo(answer.text)
    if answer.citations:
        typer.echo()
    for citation in answer.citations:
        lines = f"{citation.start_line + 1}-{citation.end_line}"
        typer.echo(f"[{citation.number}] {citation.path}:{lines}")


def answer_data(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain data, with lines from 1, inclusive."""
    return {
        "answer": answer.text,
        "citations": [
            {
                "number": citation.number,
                "path": citation.path,
                "start_line": citation.start_line + 1,
                "end_line": citation.end_line,
            }
            for citation in answer.citations
        ],
        "unknown_names": list(answer.unknown_names),
    }
