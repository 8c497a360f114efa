"""`fimble plan`: a change of several files, shown or made as a whole."""

from pathlib import Path
from typing import Annotated

import typer

_NOTHING_DONE = 1


def plan(
    question: Annotated[list[str], typer.Argument(help="What is to be done.")],
    root: Annotated[Path, typer.Option("--root", help="The workspace's folder.")] = Path(),
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Make all the edits, or none if one has a problem.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Plan a change of several files, and show each step as a unified diff.

    The exit code is 1 where a step has no edit or a problem; nothing is written then. No command is ever run. The JSON
    object has `question`, `steps` (id, action, path, what, diff, how, problems), `refused`, `test_command`, `applied`.
    """
    from fimble_server.plans.terminal import plan_in

    if not plan_in(root, " ".join(question), apply=apply, as_json=as_json):
        raise typer.Exit(_NOTHING_DONE)
