"""A plan: what is to be done to which files, step by step."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fimble_server.edits.paths import PathError, check_path
from fimble_server.errors import FimbleError

Action = Literal["create", "change", "remove"]
MOST_STEPS = 8
_LONGEST_WHAT = 300  # characters


class PlanError(FimbleError):
    """There is no plan, or a step cannot be carried out; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to one file; ``path`` is relative to the workspace, ``what`` a sentence."""

    id: int
    action: Action
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for, the steps to it, and a sentence for each step that was refused."""

    question: str
    steps: tuple[Step, ...]
    refused: tuple[str, ...] = ()


def read_steps(answer: str, question: str, root: Path, candidates: Collection[str]) -> Plan:
    """Read the answer of a model as a plan; whatever it says, only files of the workspace are in it.

    Steps for the same file become one. A file to change or remove is one of the candidates, which were shown to the
    model; one to create is not there.

    Raises:
        PlanError: it is no plan, or has no step that can be taken.

    """
    try:
        entries = json.loads(answer)["steps"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PlanError("The model made no plan; ask in other words, or for less at a time") from error
    steps: dict[str, Step] = {}
    refused: list[str] = []
    for entry in entries if isinstance(entries, list) else []:
        match entry:
            case {"action": "create" | "change" | "remove" as action, "path": str(path), "what": str(what)}:
                what = " ".join(what.split())[:_LONGEST_WHAT]
                if action == "create" and path in candidates:
                    action = "change"  # it is there, and was shown: nothing else can be meant
                try:
                    _check(root, action, path, candidates)
                except PathError as error:
                    refused.append(f"{action} {path!r}: {error}")
                    continue
                known = steps.get(path)
                if known is None:
                    steps[path] = Step(len(steps) + 1, action, path, what)
                elif known.action == action and what not in known.what and action != "remove":
                    steps[path] = replace(known, what=f"{known.what}; {what}"[:_LONGEST_WHAT])
            case _:
                refused.append("a step without action, path and what")
    if not steps:
        reason = f": {refused[0]}" if refused else ""
        raise PlanError(f"The plan has no step that can be taken{reason}")
    return Plan(question, tuple(steps.values())[:MOST_STEPS], tuple(refused))


def _check(root: Path, action: str, path: str, candidates: Collection[str]) -> None:
    place = check_path(root, path)
    if action == "create":
        if place.exists():
            raise PathError("it is there already")
    elif path not in candidates:
        raise PathError("it was not shown to the model")
    elif not place.is_file():
        raise PathError("there is no such file")
