"""What `fimble edit` and `fimble apply` do: read the place, propose, and print or write."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import typer

from fimble_indexer.syntax.languages import language_for_path
from fimble_server.complete import repository_root
from fimble_server.config import load_settings
from fimble_server.documents import Document
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError, read_source, write_edit
from fimble_server.edits.placement.apply import apply_code
from fimble_server.edits.proposal import Proposal
from fimble_server.edits.selection import Selection, select_at, select_lines, select_symbol
from fimble_server.edits.tasks import find_command, make_task
from fimble_server.index import IndexingError, update_index
from fimble_server.terminal import print_json, printable
from fimble_server.workspace import Workspace

_log = logging.getLogger(__name__)
_PLACE = re.compile(r"(?P<path>.+?):(?:(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?|:(?P<symbol>[^:]+))")
_FILE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d{1,9}))?")


def edit_at(place: str, name: str, instruction: str, *, apply: bool, as_json: bool) -> bool:
    """Run a command on a place and show what it proposes; tells whether that is something, and without problems.

    Raises:
        FimbleError: the place, the command, the model or the engine cannot be used.

    """
    path, first, last, symbol = parse_place(place)
    path = path.absolute()
    proposal, root = asyncio.run(_propose(path, first, last, symbol, name, instruction))
    applied = apply and proposal.edit is not None and not proposal.problems
    if applied and proposal.edit is not None:
        write_edit(root, proposal.edit)
    if as_json:
        print_json(_as_data(proposal, applied=applied))
    else:
        _show(proposal, applied=applied)
    return bool(proposal.edit or proposal.answer or proposal.remarks) and not proposal.problems


def parse_place(place: str) -> tuple[Path, int, int, str]:
    """Split FILE:12, FILE:12-30 or FILE::symbol into path, first and last line (1-based, 0 for none) and symbol.

    Raises:
        EditError: it has another form.

    """
    match = _PLACE.fullmatch(place)
    if match is None:
        raise EditError(f"{place!r} is no place; write FILE:12, FILE:12-30 or FILE::symbol")
    first = int(match["first"] or 0)
    last = int(match["last"] or first)
    if match["symbol"] is None and not 1 <= first <= last:
        raise EditError(f"{place!r} is no range of lines; they count from 1, the first before the last")
    return Path(match["path"]), first, last if match["last"] else 0, match["symbol"] or ""


async def _propose(
    path: Path, first: int, last: int, symbol: str, name: str, instruction: str
) -> tuple[Proposal, Path]:
    text = read_source(path)
    language = language_for_path(path)
    selection: Selection
    if symbol:
        selection = select_symbol(text, language, symbol)
    elif last:
        selection = select_lines(text, language, first - 1, last)
    else:
        selection = select_at(text, language, first - 1)
    root = repository_root(path)
    settings, complaints = load_settings(root)
    for complaint in complaints:
        _log.warning("%s", complaint)
    command = find_command(root if settings.trusted else None, name)
    if root is not None and settings.index.enabled and command.context:
        try:
            await update_index(root)
        except IndexingError as error:
            _log.warning("%s; going on without other files", error)
    workspace = Workspace([root or path.parent], settings)
    try:
        task = make_task(workspace, command, path, text, selection, instruction=instruction)
        return await propose(workspace.engine, task), root or path.parent
    finally:
        await workspace.close()


def _as_data(proposal: Proposal, *, applied: bool) -> dict[str, Any]:
    return {
        "title": proposal.title,
        "path": proposal.edit.path if proposal.edit else None,
        "diff": proposal.edit.diff if proposal.edit else "",
        "problems": list(proposal.problems),
        "answer": proposal.answer,
        "remarks": [{"line": remark.line + 1, "message": remark.message} for remark in proposal.remarks],
        "notice": proposal.notice,
        "applied": applied,
        "tokens": {"prompt": proposal.prompt_tokens, "answer": proposal.answer_tokens},
    }


def _show(proposal: Proposal, *, applied: bool) -> None:
    if proposal.edit is not None and not applied:
        typer.echo(printable(proposal.edit.diff), nl=False)
    if proposal.answer:
        typer.echo(proposal.answer)
    for remark in proposal.remarks:
        typer.echo(f"{remark.line + 1}: {remark.message}")
    for sentence in (*proposal.problems, proposal.notice):
        if sentence:
            typer.echo(f"fimble: {sentence}", err=True)
    if applied and proposal.edit is not None:
        typer.echo(f"changed {proposal.edit.path}", err=True)


def apply_at(place: str, code: bytes, *, write: bool, as_json: bool) -> None:
    """Put code into a file, and print the diff or write the file.

    Raises:
        FimbleError: the code has no certain place, or the file cannot be read or written.

    """
    match = _FILE.fullmatch(place)
    if match is None:
        raise EditError(f"{place!r} is no place; write FILE or FILE:12")
    path = Path(match["path"]).absolute()
    text = read_source(path)
    cursor = None if match["line"] is None else _offset(path, text, int(match["line"]))
    applied = apply_code(text, code.decode("utf-8", "replace"), path.as_posix(), cursor=cursor)
    edit = FileEdit(path.name, text, applied.text)
    if write:
        write_edit(path.parent, edit)
    if as_json:
        data = {
            "path": match["path"],
            "diff": edit.diff,
            "how": applied.how,
            "left_out": list(applied.left_out),
            "written": write,
        }
        print_json(data)
        return
    typer.echo(applied.how if write else printable(edit.diff), nl=write)
    for part in applied.left_out:
        typer.echo(f"fimble: left out {part}", err=True)


def _offset(path: Path, text: str, line: int) -> int:
    starts = Document(path.as_uri(), text).line_starts
    if not 1 <= line <= len(starts):
        raise EditError(f"{path} has no line {line}; it has {len(starts)}")
    return starts[line - 1]
