"""Commands on code: `fimble/edit` and `fimble/commands`.

docs/protocol.md tells what is sent and answered.
"""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_prompts.commands import Command, load_commands
from fimble_server.documents import Document
from fimble_server.edits.asking import OnText
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.edit import propose
from fimble_server.edits.files import EditError
from fimble_server.edits.paths import check_path
from fimble_server.edits.proposal import Proposal
from fimble_server.edits.selection import Selection, select_at, select_lines
from fimble_server.edits.tasks import find_command, make_task
from fimble_server.errors import FimbleError
from fimble_server.lsp.files import find_document, path_of, read_document, text_of, uri_of
from fimble_server.lsp.parameters import Range, TextDocument, read_parameters
from fimble_server.lsp.positions import UTF16, range_at
from fimble_server.lsp.server import FimbleServer, plain_data
from fimble_server.lsp.workspace_edits import check_operations, workspace_edit

_CHANGED = "the code was changed meanwhile; ask once more"
_REVIEWER = "Fimble"


class _Place(msgspec.Struct, rename="camel"):
    text_document: TextDocument | None = None


class EditRequest(msgspec.Struct, rename="camel"):
    """What is asked of a command."""

    text_document: TextDocument
    range: Range
    command: str
    instruction: str | None = None
    partial_result_token: str | int | None = None


def read_request(params: Any) -> EditRequest:
    """Read the parameters of `fimble/edit`; raises `EditError` where they have another form."""
    try:
        return msgspec.convert(plain_data(params), EditRequest)
    except msgspec.ValidationError as error:
        raise EditError(f"fimble/edit cannot be read: {error}") from error


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature("fimble/commands")
    async def commands(params: Any) -> list[dict[str, Any]]:
        document = read_parameters(params, _Place).text_document
        found, complaints = await commands_for(server, document.uri if document else None)
        for complaint in complaints:
            server.tell(complaint, types.MessageType.Warning)
        return [_described(command) for command in found.values()]

    @server.feature("fimble/edit")
    async def edit(params: Any) -> dict[str, Any]:
        try:
            request = read_request(params)
            token = request.partial_result_token
            proposal, uri = await propose_edit(
                server, request, None if token is None else partial(_stream, server, token)
            )
        except FimbleError as error:
            return _as_data(server, "", Proposal("", notice=str(error)))
        return _as_data(server, uri, proposal)


def _stream(server: FimbleServer, token: str | int, text: str) -> None:
    server.protocol.notify(types.PROGRESS, types.ProgressParams(token, {"text": text}))


async def commands_for(server: FimbleServer, uri: str | None) -> tuple[dict[str, Command], list[str]]:
    """Return the commands for a document, or those of the first folder, and a sentence for each unusable file."""
    path = to_fs_path(uri) if uri else None
    root = server.window.locate(Path(path))[0] if path else None
    if uri is None:
        root = next(iter(server.window.roots), None)
    return await asyncio.to_thread(load_commands, _trusted(server, root))


def _trusted(server: FimbleServer, root: Path | None) -> Path | None:
    return root if server.window.settings.trusted else None


async def propose_edit(
    server: FimbleServer, request: EditRequest, on_text: OnText | None = None
) -> tuple[Proposal, str]:
    """Return what a command makes of the document as it is now, and the URI of the file that it is about.

    Raises:
        FimbleError: the request cannot be fulfilled; the message says why.

    """
    asked = request.text_document.uri
    document = _document(server, asked)
    path = path_of(asked)
    window = server.window
    root, _ = window.locate(path)
    selection = await asyncio.to_thread(_selection, document, request.range)
    command = await asyncio.to_thread(find_command, _trusted(server, root), request.command)
    task = make_task(
        window,
        command,
        path,
        document.text,
        selection,
        instruction=request.instruction or "",
        language=document.language,
        read=partial(_text, server),
    )
    proposal = await propose(window.engine, task, on_text)
    if document == server.documents.get(asked):
        _publish_remarks(server, document, proposal)
    edit = proposal.edit
    if edit is None:
        return proposal, asked
    uri = asked if edit.path == task.path else _uri_beside(server, root, path, edit)
    check_operations(server, [edit])
    fresh = edit.onto(text_of(server, uri))  # it may have changed while the model wrote
    return (replace(proposal, edit=fresh) if fresh else replace(proposal, edit=None, notice=_CHANGED)), uri


def _uri_beside(server: FimbleServer, root: Path | None, path: Path, edit: FileEdit) -> str:
    """Return the URI of a file that the command chose by itself, such as one of tests; raises `FimbleError`."""
    if root is None and not path.is_absolute():
        raise EditError("save the file first; the command makes or changes one beside it")
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
    return read_document(uri, Path(path))


def _text(server: FimbleServer, path: Path) -> str | None:
    """Return the text of a file as the user has it; None if there is none."""
    document = find_document(server, path)
    return document.text if document else None


def _selection(document: Document, selected: Range) -> Selection:
    """Return the whole lines of a range; for a mere cursor what it is in."""
    start, end = selected.start, selected.end
    if start == end:
        return select_at(document.text, document.language, start.line)
    last = end.line + 1 if end.character > 0 else end.line
    return select_lines(document.text, document.language, start.line, max(last, start.line + 1))


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
