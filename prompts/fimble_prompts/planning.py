"""What a model is asked to plan changes of several files, and to write the code of one step.

The words are in ``plans.toml``. Texts that are shown are made free of secrets by those who bring them.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.editing import Question, fence_for, fenced, language_name

Way = Literal["change", "rewrite", "create"]


@dataclass(frozen=True)
class ShownFile:
    """A file, or a part of it, as the model sees it."""

    path: str
    text: str


@dataclass(frozen=True)
class StepTask:
    """One step of a plan: what is to be done to the file ``path``, and for what."""

    path: str
    what: str
    question: str


def ask_for_plan(question: str, shown: Sequence[ShownFile], *, most: int, may_remove: bool) -> Question:
    """Ask which files to create, change and remove."""
    table = _templates()["plan"]
    outlines = "\n".join(f"{file.path}\n{file.text}".rstrip("\n") for file in shown) or "(there are none)"
    remove = table["remove"] if may_remove else ""
    return Question(table["user"].format(files=outlines, question=question, most=most, remove=remove).strip())


def ask_for_step(way: Way, task: StepTask, code: str, beside: Sequence[str]) -> Question:
    """Ask for the code of one step: what changes of a file, the whole of it anew, or a new one."""
    table = _templates()[way]
    fence = fence_for(code)
    language = language_for_path(task.path)
    user = table["user"].format(
        path=task.path,
        what=task.what,
        question=task.question,
        code=fenced(code.rstrip(), fence, language),
        beside="\n".join(beside),
    )
    return Question(user.strip(), f"{fence}{language_name(language)}\n", (f"\n{fence}",))


def ask_again(way: Way, question: Question, path: str, problem: str) -> Question:
    """Ask once more, with what was wrong with the answer."""
    return replace(question, user=_templates()[way]["again"].format(path=path, problem=problem))


def beside(kind: Literal["changed", "similar", "subject"], file: ShownFile) -> str:
    """Return what the model is shown of another file."""
    return str(_templates()["beside"][kind]).format(
        path=file.path, code=fenced(file.text.rstrip(), fence_for(file.text), language_for_path(file.path))
    )


@cache
def _templates() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "plans.toml").read_text(encoding="utf-8"))
