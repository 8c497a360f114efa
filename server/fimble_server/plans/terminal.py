"""What `fimble plan` does: the workspace as it is on disk, and what is printed."""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Any

import typer

from fimble_server.config import load_settings
from fimble_server.edits.files import read_source
from fimble_server.index import database_path, look_up, update_index
from fimble_server.plans.commands import find_test_command
from fimble_server.plans.drafting import Draft, draft_step
from fimble_server.plans.planning import PROMPT_CHARACTERS, find_candidates, make_plan
from fimble_server.plans.session import OpenPlan
from fimble_server.plans.writing import write_edits
from fimble_server.terminal import folder, indexing_progress, print_json, printable
from fimble_server.workspace import Workspace

_log = logging.getLogger(__name__)


def plan_in(root: Path, question: str, *, apply: bool, as_json: bool) -> bool:
    """Plan, draft every step, show that, and write it if that is wanted; tells whether every step has its edit.

    Raises:
        FimbleError: there is no plan, or the edits cannot be written: then no file is changed.

    """
    root = folder(root)
    opened = asyncio.run(_plan(root, question, quiet=as_json))
    is_whole = all(draft.edit is not None and not draft.problems for draft in opened.drafts.values())
    applied = apply and is_whole
    if applied:
        write_edits(root, list(opened.edits.values()))
    if as_json:
        print_json(_plan_data(opened, applied=applied))
    elif applied:
        typer.echo(f"{len(opened.edits)} files were written")
    elif apply:
        typer.echo("fimble: nothing was written, because a step has a problem", err=True)
    return is_whole


async def _plan(root: Path, question: str, *, quiet: bool) -> OpenPlan:
    settings, complaints = load_settings(root)
    for complaint in complaints:
        _log.warning("%s", complaint)
    with indexing_progress(root, hidden=quiet) as show:
        await update_index(root, on_progress=show)
    workspace = Workspace([root], settings)
    try:
        find = partial(find_candidates, question=question, characters=PROMPT_CHARACTERS)
        candidates = await look_up(database_path(root), find)
        plan = await make_plan(workspace.engine, root, question, candidates)
        opened = OpenPlan(root, plan)
        if not quiet:
            _show_steps(opened)
        for step in plan.steps:
            draft = await draft_step(
                workspace.engine, root, plan, step, lambda path: read_source(root / path), opened.edits
            )
            opened.drafts[step.id] = draft
            if not quiet:
                _show_draft(step.id, step.path, draft)
    finally:
        await workspace.close()
    return opened


def _show_steps(opened: OpenPlan) -> None:
    for step in opened.plan.steps:
        typer.echo(f"{step.id}. {step.action} {step.path}: {step.what}")
    for refusal in opened.plan.refused:
        typer.echo(f"fimble: left out of the plan: {refusal}", err=True)
    typer.echo()


def _show_draft(number: int, path: str, draft: Draft) -> None:
    for problem in draft.problems:
        typer.echo(f"fimble: step {number}, {path}: {problem}", err=True)
    if draft.edit is not None:
        typer.echo(printable(draft.edit.diff), nl=False)


def _plan_data(opened: OpenPlan, *, applied: bool) -> dict[str, Any]:
    return {
        "question": opened.plan.question,
        "steps": [
            {
                "id": step.id,
                "action": step.action,
                "path": step.path,
                "what": step.what,
                "diff": edit.diff if (edit := opened.drafts[step.id].edit) else "",
                "how": opened.drafts[step.id].how,
                "problems": list(opened.drafts[step.id].problems),
            }
            for step in opened.plan.steps
        ],
        "refused": list(opened.plan.refused),
        "test_command": find_test_command(opened.root),
        "applied": applied,
    }
