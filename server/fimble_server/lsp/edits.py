"""Commands on code: `fimble/edit`, `fimble/commands`, code actions, and the command `fimble.edit`.

docs/protocol.md tells what is sent and answered.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.commands import Command, load_commands
from fimble_server.documents import Document
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError, read_source
from fimble_server.edits.paths import check_path
from fimble_server.edits.proposal import Proposal
from fimble_server.edits.selection import Selection, select_at, select_lines
from fimble_server.edits.tasks import find_command, make_task
from fimble_server.errors import FimbleError
from fimble_server.lsp.background import Progress
from fimble_server.lsp.files import find_document, uri_of
from fimble_server.lsp.positions import UTF16, range_at
from fimble_server.lsp.server import FimbleServer, plain_data
from fimble_server.lsp.workspace_edits import check_operations, workspace_edit

EDIT = "fimble.edit"
_log = logging.getLogger(__name__)
_CHANGED = "the code was changed meanwhile; ask once more"
_REVIEWER = "Fimble"
_FROM_REPOSITORY = " (of this repository)"


@dataclass(frozen=True)
class _Wish:
    """What is asked of the server, as the protocol has it."""

    uri: str
    range: types.Range
    command: str
    instruction: str = ""

    @classmethod
    def read(cls, params: Any) -> "_Wish":
        """Read parameters; raises `EditError` where they have another form."""
        try:
            data = plain_data(params)
            start, end = (
                types.Position(int(data["range"][side]["line"]), int(data["range"][side]["character"]))
                for side in ("start", "end")
            )
            return cls(
                str(data["textDocument"]["uri"]),
                types.Range(start, end),
                str(data["command"]),
                str(data.get("instruction") or ""),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise EditError(f"fimble/edit cannot be read: {error!r}") from error


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature("fimble/commands")
    def commands(params: Any) -> list[dict[str, Any]]:
        uri = getattr(getattr(params, "textDocument", None), "uri", None)
        found, complaints = load_commands(_root(server, uri))
        for complaint in complaints:
            server.tell(complaint, types.MessageType.Warning)
        return [_described(command) for command in found.values()]

    @server.feature("fimble/edit")
    async def edit(params: Any) -> dict[str, Any]:
        token: str | int | None = getattr(params, "partialResultToken", None)

        def on_text(text: str) -> None:
            if token is None:
                return
            server.protocol.notify(types.PROGRESS, types.ProgressParams(token, {"text": text}))

        try:
            proposal, uri = await _propose(server, _Wish.read(params), on_text)
        except FimbleError as error:
            return _as_data(server, "", Proposal("", notice=str(error)))
        return _as_data(server, uri, proposal)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[
                types.CodeActionKind.QuickFix,
                types.CodeActionKind.RefactorRewrite,
                types.CodeActionKind.Source,
            ]
        ),
    )
    def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        if server.documents.get(uri) is None:
            return []
        found, _ = load_commands(_root(server, uri))
        return [_action(command, params) for command in found.values() if _is_offered(command, params.context)]

    @server.command(EDIT)
    async def run_edit(wish: Any) -> None:
        """Run a command on code, and have the editor apply what comes of it."""
        await _run(server, wish)


def _is_offered(command: Command, context: types.CodeActionContext) -> bool:
    """Tell whether a command is worth an entry: editors ask at every move of the cursor, and show a light bulb."""
    if context.only and not any(f"{command.kind}.".startswith(f"{kind}.") for kind in context.only):
        return False
    if command.kind == types.CodeActionKind.QuickFix:
        return bool(context.diagnostics)
    return command.instruction != "required" and context.trigger_kind != types.CodeActionTriggerKind.Automatic


def _action(command: Command, params: types.CodeActionParams) -> types.CodeAction:
    # Somebody else's words: nobody is to take them for ours.
    title = f"Fimble: {command.title}{_FROM_REPOSITORY if command.from_repository else ''}"
    argument = {
        "textDocument": {"uri": params.text_document.uri},
        "range": params.range,
        "command": command.name,
    }
    return types.CodeAction(
        title,
        kind=command.kind,
        diagnostics=params.context.diagnostics if command.kind == types.CodeActionKind.QuickFix else None,
        command=types.Command(title=title, command=EDIT, arguments=[argument]),
    )


async def _propose(server: FimbleServer, wish: _Wish, on_text: Callable[[str], None] | None) -> tuple[Proposal, str]:
    """Return what a command makes of the document as it is now, and the URI of the file that it is about."""
    document = _document(server, wish.uri)
    path = Path(to_fs_path(wish.uri) or wish.uri.rpartition("/")[2] or "untitled")
    window = server.window
    root, _ = window.locate(path)
    selection = _selection(document, wish.range)
    command = find_command(root, wish.command)
    task = make_task(
        window,
        command,
        path,
        document.text,
        selection,
        instruction=wish.instruction,
        language=document.language,
        read=partial(_text, server),
    )
    proposal = await propose(window.engine, task, on_text)
    if document == server.documents.get(wish.uri):
        _publish_remarks(server, document, proposal)
    edit = proposal.edit
    if edit is None:
        return proposal, wish.uri
    uri = wish.uri if edit.path == task.path else _uri_beside(server, root, path, edit)
    check_operations(server, [edit])
    fresh = edit.onto(_text_of(server, uri))  # it may have changed while the model wrote
    return (replace(proposal, edit=fresh) if fresh else replace(proposal, edit=None, notice=_CHANGED)), uri


def _uri_beside(server: FimbleServer, root: Path | None, path: Path, edit: FileEdit) -> str:
    """Return the URI of a file that the command chose by itself, such as one of tests; raises `FimbleError`."""
    if root is None and not path.is_absolute():
        raise EditError(f"save {path} first; the edit is of a file beside it")
    if root is not None:
        check_path(root, edit.path)
    return uri_of(server, (root or path.parent) / edit.path)


def _document(server: FimbleServer, uri: str) -> Document:
    """Return the document as the editor has it, or the file where it is not open; raises `EditError`."""
    document = server.documents.get(uri)
    if document is not None:
        return document
    path = to_fs_path(uri)
    if path is None:
        raise EditError(f"{uri} is not open")
    return Document(uri, read_source(Path(path)), language=language_for_path(uri))


def _text(server: FimbleServer, path: Path) -> str | None:
    """Return the text of a file as the user has it; None if there is none."""
    document = find_document(server, path)
    return document.text if document else None


def _text_of(server: FimbleServer, uri: str) -> str | None:
    document = server.documents.get(uri)
    path = to_fs_path(uri)
    if document is None and path is not None:
        document = find_document(server, Path(path))
    return document.text if document else None


def _selection(document: Document, selected: types.Range) -> Selection:
    """Return the whole lines of a range; for a mere cursor what it is in."""
    start, end = selected.start, selected.end
    if start == end:
        return select_at(document.text, document.language, start.line)
    last = end.line + 1 if end.character > 0 else end.line
    return select_lines(document.text, document.language, start.line, max(last, start.line + 1))


async def _run(server: FimbleServer, argument: Any) -> None:
    task = asyncio.current_task()
    progress = Progress(server, "Fimble: changing code", task.cancel if task else None)
    try:
        proposal, uri = await _propose(server, _Wish.read(argument), None)
    except FimbleError as error:
        _say(server, str(error), types.MessageType.Error)
        return
    finally:
        progress.end()
    for sentence in (proposal.answer, proposal.notice):
        if sentence:
            _say(server, sentence, types.MessageType.Info)
    if proposal.edit is not None:
        await _apply(server, uri, proposal)


async def _apply(server: FimbleServer, uri: str, proposal: Proposal) -> None:
    """Have the editor apply an edit; one with problems only where the editor asks its user."""
    assert proposal.edit is not None
    question = "; ".join(proposal.problems) or proposal.title
    edit = workspace_edit(server, {uri: proposal.edit}, confirm=question)
    if proposal.problems and edit.change_annotations is None:
        _say(server, f"{question}. Nothing was changed.", types.MessageType.Warning)
        return
    label = f"Fimble: {proposal.title}"
    result = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    if not result.applied:
        _log.info("the editor did not apply %s: %s", label, result.failure_reason)


def _publish_remarks(server: FimbleServer, document: Document, proposal: Proposal) -> None:
    """Show what a review says at the lines it speaks of, until the document changes."""
    if not proposal.remarks:
        return
    encoding = server.workspace.position_encoding or UTF16
    found = []
    for remark in proposal.remarks:
        line = document.line(remark.line)
        start = document.line_starts[remark.line] + len(line) - len(line.lstrip())
        found.append(
            types.Diagnostic(
                range_at(document, start, document.line_starts[remark.line] + len(line), encoding),
                remark.message,
                severity=types.DiagnosticSeverity.Information,
                source=_REVIEWER,
            )
        )
    server.reviewed.add(document.uri)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document.uri, found, document.version))


def withdraw_remarks(server: FimbleServer, uri: str) -> None:
    """Take the remarks away: the code is not what was reviewed."""
    if uri in server.reviewed:
        server.reviewed.discard(uri)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _as_data(server: FimbleServer, uri: str, proposal: Proposal) -> dict[str, Any]:
    edit = proposal.edit
    return {
        "title": proposal.title,
        "edit": workspace_edit(server, {uri: edit}) if edit else None,
        "diff": edit.diff if edit else "",
        "problems": list(proposal.problems),
        "answer": proposal.answer,
        "remarks": [{"line": remark.line, "message": remark.message} for remark in proposal.remarks],
        "notice": proposal.notice,
        "usedTokens": proposal.prompt_tokens + proposal.answer_tokens,
        "contextTokens": server.window.settings.engine.context_tokens,
    }


def _described(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "title": command.title,
        "instruction": command.instruction,
        "needsInstruction": command.instruction == "required",
        "result": command.result,
        "fromRepository": command.from_repository,
    }


def _root(server: FimbleServer, uri: str | None) -> Path | None:
    path = to_fs_path(uri) if uri else None
    if path is not None:
        return server.window.locate(Path(path))[0]
    return server.window.roots[0] if server.window.roots else None


def _say(server: FimbleServer, message: str, kind: types.MessageType) -> None:
    # Some editors make links of what is spelled so, commands among them, and these may be a model's words.
    server.window_show_message(types.ShowMessageParams(kind, message.replace("](", "] (")))
