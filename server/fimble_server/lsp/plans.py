"""Plans over several files, and commands run with consent.

These are `fimble/plan`, `fimble/planStep`, `fimble/applyPlan` and `fimble/runCommand`; docs/protocol.md tells their
form.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types

from fimble_server.edits.changes import FileEdit
from fimble_server.edits.paths import check_path
from fimble_server.errors import FimbleError
from fimble_server.index import database_path, look_up
from fimble_server.lsp.background import Progress
from fimble_server.lsp.files import find_document, uri_of
from fimble_server.lsp.indexing import first_look
from fimble_server.lsp.parameters import TextDocument, failure, read_parameters, root_of
from fimble_server.lsp.server import FimbleServer
from fimble_server.lsp.workspace_edits import check_operations, workspace_edit
from fimble_server.plans.commands import find_test_command
from fimble_server.plans.drafting import draft_step
from fimble_server.plans.planning import PROMPT_CHARACTERS, find_candidates, make_plan
from fimble_server.plans.running import MOST_SECONDS, Consents, run_command
from fimble_server.plans.session import OpenPlan, OpenPlans
from fimble_server.plans.steps import PlanError


class _Plan(msgspec.Struct, rename="camel"):
    question: str
    text_document: TextDocument | None = None


class _PlanStep(msgspec.Struct, rename="camel"):
    plan: str
    step: int
    partial_result_token: str | int | None = None


class _ApplyPlan(msgspec.Struct):
    plan: str
    steps: list[int]


class _RunCommand(msgspec.Struct, rename="camel"):
    command: str
    consent: str = ""
    seconds: float = 120.0
    text_document: TextDocument | None = None


def register(server: FimbleServer) -> None:
    """Register the handlers."""
    plans = OpenPlans()
    consents = Consents()

    @server.feature("fimble/plan")
    async def plan(params: Any) -> dict[str, Any]:
        return await _awaited(_plan(server, plans, read_parameters(params, _Plan)))

    @server.feature("fimble/planStep")
    async def plan_step(params: Any) -> dict[str, Any]:
        return await _awaited(_plan_step(server, plans, read_parameters(params, _PlanStep)))

    @server.feature("fimble/applyPlan")
    def apply_plan(params: Any) -> dict[str, Any]:
        return _answered(_apply_plan, server, plans, read_parameters(params, _ApplyPlan))

    @server.feature("fimble/runCommand")
    async def run(params: Any) -> dict[str, Any]:
        return await _awaited(_run(server, consents, read_parameters(params, _RunCommand)))


async def _plan(server: FimbleServer, plans: OpenPlans, params: _Plan) -> dict[str, Any]:
    root = _root(server, params.text_document)
    bar = Progress(server, "Fimble: planning")
    try:
        await first_look(server, root)
        find = partial(find_candidates, question=params.question, characters=PROMPT_CHARACTERS)
        candidates = await look_up(database_path(root), find)
        plan = await make_plan(server.window.engine, root, params.question, candidates)
    finally:
        bar.end()
    return {
        "plan": plans.add(OpenPlan(root, plan)),
        "steps": [msgspec.to_builtins(step) for step in plan.steps],
        "refused": list(plan.refused),
        "testCommand": find_test_command(root),
    }


async def _plan_step(server: FimbleServer, plans: OpenPlans, params: _PlanStep) -> dict[str, Any]:
    opened = plans.get(params.plan)
    step = opened.step(params.step)
    token = params.partial_result_token

    def send(text: str) -> None:
        assert token is not None
        server.protocol.notify(types.PROGRESS, types.ProgressParams(token, {"text": text}))

    draft = await draft_step(
        server.window.engine,
        opened.root,
        opened.plan,
        step,
        partial(_text_to_change, server, opened.root),
        {number: edit for number, edit in opened.edits.items() if number != step.id},
        None if token is None else send,
    )
    opened.drafts[step.id] = draft
    return {
        "edit": _as_edit(server, opened.root, [draft.edit]) if draft.edit else None,
        "diff": draft.edit.diff if draft.edit else "",
        "how": draft.how,
        "problems": list(draft.problems),
    }


def _apply_plan(server: FimbleServer, plans: OpenPlans, params: _ApplyPlan) -> dict[str, Any]:
    opened = plans.get(params.plan)
    edits = opened.chosen(params.steps, partial(_text, server, opened.root))
    return {
        "edit": _as_edit(server, opened.root, edits),
        "diff": "".join(edit.diff for edit in edits),
        "problems": [problem for number in dict.fromkeys(params.steps) for problem in opened.drafts[number].problems],
    }


async def _run(server: FimbleServer, consents: Consents, params: _RunCommand) -> dict[str, Any]:
    root = _root(server, params.text_document)
    command = params.command.strip()
    if not params.consent:
        return {"command": command, "folder": str(root), "consent": consents.ask(command, root)}
    consents.take(params.consent, command, root)
    task = asyncio.current_task()
    bar = Progress(server, f"Fimble: {command}", task.cancel if task else None)
    try:
        outcome = await run_command(command, root, seconds=min(max(params.seconds, 1.0), MOST_SECONDS))
    finally:
        bar.end()
    return {
        "command": outcome.command,
        "exitCode": outcome.exit_code,
        "output": outcome.output,
        "seconds": round(outcome.seconds, 1),
        "isCut": outcome.is_cut,
    }


def _as_edit(server: FimbleServer, root: Path, edits: list[FileEdit]) -> types.WorkspaceEdit:
    """Return edits as one."""
    check_operations(server, edits)
    for edit in edits:
        check_path(root, edit.path)
    return workspace_edit(server, {uri_of(server, root / edit.path): edit for edit in edits})


def _text(server: FimbleServer, root: Path, path: str) -> str | None:
    """Return the text of a file of the workspace as the editor has it; None where there is none."""
    check_path(root, path)
    document = find_document(server, root / path)
    return document.text if document else None


def _text_to_change(server: FimbleServer, root: Path, path: str) -> str:
    text = _text(server, root, path)
    if text is None:
        raise PlanError(f"{path} is not there any more")
    return text


def _root(server: FimbleServer, document: TextDocument | None) -> Path:
    """Return the folder that a document is in, else the first one of the window; raises `PlanError` without any."""
    root = root_of(server, document)
    if root is None:
        raise PlanError("No folder is open; plans are for the files of a workspace")
    return root


def _answered(function: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    try:
        return function(*arguments)
    except FimbleError as error:
        raise failure(str(error)) from error


async def _awaited(answer: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = await answer
    except FimbleError as error:
        raise failure(str(error)) from error
    return found
