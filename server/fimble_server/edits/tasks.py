"""A task out of what the user points at: the code, and what the workspace knows about it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from fimble_indexer.files.secrets import redact
from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_indexer.words import identifiers
from fimble_prompts.commands import Command, load_commands
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place
from fimble_prompts.sources import Source
from fimble_server.edits.changes import plain
from fimble_server.edits.checks import errors_in
from fimble_server.edits.files import EditError, holds_secrets, read_source
from fimble_server.edits.paths import check_path
from fimble_server.edits.proposal import Task
from fimble_server.edits.selection import Selection, symbols_of
from fimble_server.errors import FimbleError
from fimble_server.workspace import Workspace

_SOURCES: tuple[Source, ...] = ("imports", "types", "definitions", "diagnostics")
_CONTEXT_TOKENS = 400
_MOST_HEAD_LINES = 12


def find_command(root: Path | None, name: str) -> Command:
    """Return a command by its name, a repository's before a built-in one.

    Raises:
        EditError: there is none, or its file is wrong.

    """
    commands, complaints = load_commands(root)
    if any(f"/{name}.md" in complaint for complaint in complaints):
        raise EditError(next(complaint for complaint in complaints if f"/{name}.md" in complaint))
    if name not in commands:
        raise EditError(f"there is no command {name!r}; there are {', '.join(sorted(commands))}")
    return commands[name]


def make_task(
    workspace: Workspace,
    command: Command,
    path: Path,
    text: str,
    selection: Selection,
    *,
    instruction: str = "",
    language: Language | None = None,
    read: Callable[[Path], str | None] | None = None,
) -> Task:
    """Return the task of a command on lines of a file, with what its context asks for.

    `read` returns the text of a file as the user has it, if otherwise than on disk.

    Raises:
        EditError: the file holds secrets.

    """
    if holds_secrets(path):
        raise EditError(f"{path.name} holds secrets, which are shown to no model")
    root, relative = workspace.locate(path)
    language = language or language_for_path(PurePosixPath(relative))
    task = Task(command, relative, text, language, selection, redact(plain(instruction).strip()))
    if command.result in {"tests", "file"}:
        read_beside = partial(_read_beside, root, path.parent, read or _on_disk)
        task = replace(task, paths=workspace.paths(root), read=read_beside)
    if "diagnostics" in command.context:
        task = replace(task, diagnostics=_diagnostics(workspace, path, task))
    if "definitions" in command.context:
        task = replace(task, snippets=_snippets(workspace, root, task), head=_head(task))
    return task


def _on_disk(path: Path) -> str | None:
    return read_source(path) if path.exists() else None


def _read_beside(root: Path | None, folder: Path, read: Callable[[Path], str | None], name: str) -> str | None:
    """Return the text of another file, if it is one of the workspace that can be read."""
    try:
        if root is not None:
            check_path(root, name)
        return read((root or folder) / name)
    except FimbleError:
        return None


def _snippets(workspace: Workspace, root: Path | None, task: Task) -> tuple[Snippet, ...]:
    text = plain(task.text)
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: task.selection.start_line])
    end = sum(len(line) + 1 for line in lines[: task.selection.end_line])
    place = Place(task.path, task.language, text, min(end, len(text)), window_start=start)
    return workspace.snippets(root, place, tokens=_CONTEXT_TOKENS, sources=_SOURCES)


def _head(task: Task) -> str:
    """Return the file's imports of what the lines use, and the first lines of the definitions that they are in."""
    if task.language is None:
        return ""
    first, end = task.selection.start_line, task.selection.end_line
    lines = redact(plain(task.text)).split("\n")
    symbols = symbols_of(task.text, task.language)
    used = set(identifiers("\n".join(lines[first:end])))
    numbers = {
        item.line
        for item in symbols.imports
        if item.line < first and {item.alias or item.name or "", *identifiers(item.module)} & used
    }
    numbers |= {item.start_line for item in symbols.definitions if item.start_line < first and end <= item.end_line}
    return "\n".join(lines[number] for number in sorted(numbers)[:_MOST_HEAD_LINES])


def _diagnostics(workspace: Workspace, path: Path, task: Task) -> list[str]:
    """Return what tools say of the lines, each with the line that it is said of, and where the code does not parse."""
    first, end = task.selection.start_line, task.selection.end_line
    lines = redact(plain(task.text)).split("\n")
    found = [(item.start_line, item.message) for item in workspace.recent.complaints(path.as_posix(), first, end)]
    if task.language is not None:
        errors = errors_in(task.text, task.language)
        found += [(line, "syntax error") for line in dict.fromkeys(errors) if first <= line < end]
    return [redact(plain(f"{message} (at `{lines[line].strip()}`)")) for line, message in found if line < len(lines)]
