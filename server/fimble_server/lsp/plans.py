"""Code blocks put into files, plans over several files, and commands run with consent.

These are `fimble/applyCode`, `fimble/plan`, `fimble/planStep`, `fimble/applyPlan` and `fimble/runCommand`;
docs/protocol.md tells their form.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from fimble_indexer.files.secrets import is_secret_file
from fimble_indexer.syntax.languages import language_for_path
from fimble_server.documents import Document
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import read_source
from fimble_server.errors import FimbleError
from fimble_server.index import database_path, look_up
from fimble_server.lsp.background import Progress
from fimble_server.lsp.parameters import Position, TextDocument, failure, read_parameters, root_of
from fimble_server.lsp.positions import UTF16, offset_at
from fimble_server.lsp.server import FimbleServer
from fimble_server.lsp.workspace_edits import workspace_edit
from fimble_server.plans.apply import apply_code
from fimble_server.plans.commands import find_test_command
from fimble_server.plans.drafting import draft_step
from fimble_server.plans.paths import check_path, is_obeyed
from fimble_server.plans.planning import PROMPT_CHARACTERS, find_candidates, make_plan
from fimble_server.plans.running import MOST_SECONDS, Consents, run_command
from fimble_server.plans.session import OpenPlan, OpenPlans
from fimble_server.plans.steps import PlanError


class _ApplyCode(msgspec.Struct, rename="camel"):
    code: str
    path: str = ""
    text_document: TextDocument | None = None
    position: Position | None = None


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

    @server.feature("fimble/applyCode")
    def apply(params: Any) -> dict[str, Any]:
        return _answered(_apply_code, server, read_parameters(params, _ApplyCode))

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


def _apply_code(server: FimbleServer, params: _ApplyCode) -> dict[str, Any]:
    uri, path, document = _target(server, params)
    text = document.text if document else ""
    encoding = server.workspace.position_encoding or UTF16
    cursor = None
    if params.position is not None and document is not None:
        cursor = offset_at(document, types.Position(params.position.line, params.position.character), encoding)
    language = document.language if document else language_for_path(path)
    try:
        applied = apply_code(text, params.code, path, cursor=cursor, language=language)
    except FimbleError as error:
        return {"edit": None, "diff": "", "how": "", "leftOut": [], "notice": str(error)}
    edit = FileEdit(path, document.text if document else None, applied.text)
    _check_operations(server, [edit])
    return {
        "edit": workspace_edit(server, {uri: edit}),
        "diff": edit.diff,
        "how": applied.how,
        "leftOut": list(applied.left_out),
        "notice": f"{path} is run or obeyed by tools without a question" if is_obeyed(path) else "",
    }


def _target(server: FimbleServer, params: _ApplyCode) -> tuple[str, str, Document | None]:
    """Return the URI and the path of the file that code goes into, and its text; None if it is yet to be."""
    if params.path:
        root = _root(server, params.text_document)
        place = check_path(root, params.path)
        uri = _uri(place)
        return uri, params.path, _document(server, place)
    if params.text_document is None:
        raise PlanError("Name the file that the code goes into")
    uri = params.text_document.uri
    name = to_fs_path(uri) if uri.startswith("file:") else None
    if name is None:
        document = server.documents.get(uri)
        if document is None:
            raise PlanError(f"{uri} is not open")
        return uri, uri.rpartition("/")[2], document
    if is_secret_file(name):
        raise PlanError(f"{name} is a file for secrets")
    return uri, server.window.locate(Path(name))[1], _document(server, Path(name))


async def _plan(server: FimbleServer, plans: OpenPlans, params: _Plan) -> dict[str, Any]:
    root = _root(server, params.text_document)
    bar = Progress(server, "Fimble: planning")
    try:
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
        lambda path: _text(server, opened.root, path),
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

    def read(path: str) -> str | None:
        document = _document(server, check_path(opened.root, path))
        return document.text if document else None

    edits = opened.chosen(params.steps, read)
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
    _check_operations(server, edits)
    by_uri: dict[str, FileEdit] = {}
    for edit in edits:
        place = check_path(root, edit.path)
        document = _open_document(server, place)
        by_uri[document.uri if document else _uri(place)] = edit
    return workspace_edit(server, by_uri)


def _check_operations(server: FimbleServer, edits: list[FileEdit]) -> None:
    """Refuse edits of which the editor could make only some."""
    supported = server.client_capabilities.workspace and server.client_capabilities.workspace.workspace_edit
    operations = set((supported.resource_operations if supported else None) or ())
    for edit, kind, name in (
        *((edit, types.ResourceOperationKind.Create, "create") for edit in edits if edit.before is None),
        *((edit, types.ResourceOperationKind.Delete, "remove") for edit in edits if edit.after is None),
    ):
        if kind not in operations:
            raise PlanError(
                f"This editor cannot {name} files in an edit, such as {edit.path}; `fimble plan --apply` can"
            )


def _uri(path: Path) -> str:
    return from_fs_path(str(path)) or path.as_uri()


def _text(server: FimbleServer, root: Path, path: str) -> str:
    """Return the text of a file of the workspace as the editor has it."""
    document = _document(server, check_path(root, path))
    if document is None:
        raise PlanError(f"{path} is not there any more")
    return document.text


def _document(server: FimbleServer, path: Path) -> Document | None:
    """Return a file as the editor has it, or as it is on disk; None where there is none."""
    document = _open_document(server, path)
    if document is not None:
        return document
    if not path.exists():
        return None
    return Document(_uri(path), read_source(path), language=language_for_path(path))


def _open_document(server: FimbleServer, path: Path) -> Document | None:
    """Return the document that is open for a file, however the editor spells its URI."""
    uri = next((uri for uri in server.documents.uris() if (name := to_fs_path(uri)) and Path(name) == path), None)
    return server.documents.get(uri) if uri else None


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
