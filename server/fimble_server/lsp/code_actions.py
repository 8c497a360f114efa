"""Commands on code for editors without a surface for them: code actions, and the command `fimble.edit` that they run.

docs/protocol.md tells what is sent and answered.
"""

import asyncio
import logging
from typing import Any

from lsprotocol import types

from fimble_prompts.commands import Command
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal
from fimble_server.errors import FimbleError
from fimble_server.lsp.background import Progress
from fimble_server.lsp.edits import EditRequest, commands_for, propose_edit, read_request
from fimble_server.lsp.parameters import failure
from fimble_server.lsp.server import FimbleServer
from fimble_server.lsp.workspace_edits import workspace_edit

EDIT = "fimble.edit"
_log = logging.getLogger(__name__)
_FROM_REPOSITORY = " (of this repository)"


def register(server: FimbleServer) -> None:
    """Register the handler and the command."""

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
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        if server.documents.get(uri) is None:
            return []
        found, _ = await commands_for(server, uri)
        return [_action(command, params) for command in found.values() if _is_offered(command, params.context)]

    @server.command(EDIT)
    def run_edit(request: Any = None) -> None:
        """Have a command on code run, and the editor apply what comes of it."""
        # Answered at once: some editors do nothing else while they wait for an answer, and not for long.
        try:
            server.start_task(_run(server, read_request(request)))
        except EditError as error:
            raise failure(str(error)) from error


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


async def _run(server: FimbleServer, request: EditRequest) -> None:
    task = asyncio.current_task()
    progress = Progress(server, "Fimble: changing code", task.cancel if task else None)
    try:
        proposal, uri = await propose_edit(server, request)
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


def _say(server: FimbleServer, message: str, kind: types.MessageType) -> None:
    # Some editors make links of what is spelled so, commands among them, and these may be a model's words.
    server.window_show_message(types.ShowMessageParams(kind, message.replace("](", "] (")))
