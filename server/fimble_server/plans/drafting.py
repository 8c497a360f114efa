"""A step of a plan made an edit of its file. Nothing is written: the edit is shown, and applied by whoever asked."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

from fimble_indexer.files.secrets import REDACTED, redact
from fimble_indexer.retrieval.search import is_test_path
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.outline import outline
from fimble_prompts.editing import Question
from fimble_prompts.planning import ShownFile, StepTask, Way, ask_again, ask_for_step, beside
from fimble_server.edits.asking import OnText, ask
from fimble_server.edits.changes import FileEdit, plain
from fimble_server.edits.checks import syntax_problem
from fimble_server.edits.paths import check_path, is_obeyed
from fimble_server.edits.placement.apply import ApplyError, apply_code
from fimble_server.edits.placement.placing import DATA
from fimble_server.edits.whole_tests import is_repetitive, whole_tests
from fimble_server.engine.client import Engine
from fimble_server.errors import FimbleError
from fimble_server.plans.excerpts import excerpt
from fimble_server.plans.steps import Plan, PlanError, Step
from fimble_server.suggest import CHARACTERS_PER_TOKEN

_FILE_CHARACTERS = int(800 * CHARACTERS_PER_TOKEN)
_BESIDE_CHARACTERS = int(300 * CHARACTERS_PER_TOKEN)
_SIMILAR_LINES = 25
_ANSWER_TOKENS = 700

_EXAMPLE = re.compile(
    r"^(?:#|//) ?(?:examples?|samples?|tests?)(?: usage| of use)?[:.]?[ \t]*\n", re.MULTILINE | re.IGNORECASE
)

ReadText = Callable[[str], str]
"""Returns the text of a file of the workspace as the user has it; raises `FimbleError`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What became of a step. An edit with problems is to be shown with them, and never applied by itself.

    ``how`` tells where the code of the answer was put.
    """

    edit: FileEdit | None
    problems: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class _Drafting:
    """A step, and what its code is made from."""

    engine: Engine
    root: Path
    plan: Plan
    step: Step
    read: ReadText
    drafted: Mapping[int, FileEdit]
    on_text: OnText | None

    @property
    def task(self) -> StepTask:
        return StepTask(self.step.path, self.step.what, self.plan.question)

    @property
    def words(self) -> str:
        """What tells which parts of a file the step is about."""
        return f"{self.step.what} {self.plan.question}"


async def draft_step(
    engine: Engine,
    root: Path,
    plan: Plan,
    step: Step,
    read: ReadText,
    drafted: Mapping[int, FileEdit],
    on_text: OnText | None = None,
) -> Draft:
    """Return the edit that a step comes to; `drafted` are those of other steps, by the number of the step.

    Raises:
        FimbleError: the file cannot be read, or the model or the engine cannot be used.

    """
    _check(root, step)
    warnings = (f"{step.path} is run or obeyed by tools without a question",) if is_obeyed(step.path) else ()
    drafting = _Drafting(engine, root, plan, step, read, drafted, on_text)
    if step.action == "create":
        draft = await _create(drafting)
    elif step.action == "remove":
        draft = Draft(FileEdit(step.path, read(step.path), None), how="removes the file")
    else:
        draft = await _change(drafting)
    return Draft(draft.edit, (*warnings, *draft.problems), draft.how)


def _check(root: Path, step: Step) -> None:
    if os.path.lexists(check_path(root, step.path)) == (step.action == "create"):
        raise PlanError(f"{step.path} {'is there already' if step.action == 'create' else 'is not there any more'}")


async def _change(drafting: _Drafting) -> Draft:
    step = drafting.step
    text = drafting.read(step.path)
    language = language_for_path(step.path)
    found = outline(text.encode("utf-8", "replace"), language) if language else None
    way: Way = "change" if found and found.items else "rewrite"
    if way == "rewrite" and len(text) > _FILE_CHARACTERS:
        return Draft(None, (f"{step.path} is too long to be written anew, and has no definitions to change",))
    code = excerpt(redact(plain(text)), language, drafting.words, _FILE_CHARACTERS)
    question = ask_for_step(way, drafting.task, code, _changed_beside(drafting))

    def put(answer: str) -> Draft:
        applied = apply_code(text, answer, step.path)
        if applied.text == text:
            raise PlanError("it changes nothing")
        if applied.text.count(REDACTED) > text.count(REDACTED):
            raise PlanError("it changes a line with a secret, which was not shown")
        return Draft(FileEdit(step.path, text, applied.text), applied.left_out, applied.how)

    return await _answered(drafting, way, question, put)


async def _create(drafting: _Drafting) -> Draft:
    step = drafting.step
    shown = [*_subject(drafting), *_similar(drafting.root, step.path, drafting.read)]
    question = ask_for_step("create", drafting.task, "", shown)

    def put(answer: str) -> Draft:
        text = f"{answer.strip(chr(10))}\n"
        if not text.strip():
            raise PlanError("it is empty")
        if REDACTED in text:
            raise PlanError("it holds a secret that was not shown")
        if problem := syntax_problem("", text, language_for_path(step.path)):
            raise PlanError(problem)
        return Draft(FileEdit(step.path, None, text), how="creates the file")

    return await _answered(drafting, "create", question, put)


async def _answered(drafting: _Drafting, way: Way, question: Question, put: Callable[[str], Draft]) -> Draft:
    """Ask, and once more with the reason where the answer cannot be put into the file."""
    path = drafting.step.path
    before: list[tuple[Question, str]] = []
    problem = ""
    for _ in range(2):
        answer = await ask(
            drafting.engine,
            ask_again(way, question, path, problem) if before else question,
            maximum_tokens=_ANSWER_TOKENS,
            before=before,
            on_text=drafting.on_text,
            is_enough=is_repetitive if is_test_path(path) else None,
        )
        # In a thread: a long file takes a while to parse, and somebody may be typing.
        code = answer.text if answer.is_complete else await asyncio.to_thread(_whole, answer.text, path)
        if not code and not answer.is_complete:
            return Draft(None, ("The model's code has no end; ask for less at a time",))
        try:
            return await asyncio.to_thread(put, _without_example(code, path))
        except (ApplyError, PlanError) as error:
            problem = str(error)
            before.append((question, f"{question.opening}{code}\n{question.stop[0].strip()}"))
    return Draft(None, (f"The model's code cannot be used: {problem}",))


def _whole(code: str, path: str) -> str:
    """Return what can be used of code that was cut off: tests that are whole."""
    language = language_for_path(path)
    return whole_tests(code, language) if language and is_test_path(path) else ""


def _without_example(code: str, path: str) -> str:
    """Leave out what small models add below definitions: how these might be called."""
    example = _EXAMPLE.search(code)
    if example is None or is_test_path(path):
        return code
    above, below = code[: example.start()], code[example.end() :]
    return above if _defines(above, path) and not _defines(below, path) else code


def _defines(code: str, path: str) -> bool:
    language = language_for_path(path)
    found = outline(plain(code).encode(), language) if language else None
    return found is not None and any(item.kind not in DATA for item in found.items)


def _changed_beside(drafting: _Drafting) -> list[str]:
    """Return what other steps have added, so that this one can use it."""
    shown: list[str] = []
    left = _BESIDE_CHARACTERS
    for other in drafting.plan.steps:
        edit = drafting.drafted.get(other.id)
        if other.id == drafting.step.id or edit is None or edit.after is None:
            continue
        added = "\n".join(
            line[1:] for line in edit.diff.splitlines() if line.startswith("+") and not line.startswith("+++")
        )
        text = redact(plain(added))[:left].strip("\n")
        if text.strip():
            shown.append(beside("changed", ShownFile(other.path, text)))
            left -= len(text)
    return shown


def _subject(drafting: _Drafting) -> list[str]:
    """Return the files that a new one is most likely about: those of the other steps, as they are to be."""
    shown: list[str] = []
    left = 2 * _BESIDE_CHARACTERS
    for other in drafting.plan.steps:
        if other.id == drafting.step.id or other.action == "remove" or left <= 0:
            continue
        edit = drafting.drafted.get(other.id)
        text = edit.after if edit else drafting.read(other.path) if other.action == "change" else None
        if text is None:
            continue
        part = excerpt(redact(plain(text)), language_for_path(other.path), drafting.words, left)
        shown.append(beside("subject", ShownFile(other.path, part)))
        left -= len(part)
    return shown


def _similar(root: Path, path: str, read: ReadText) -> list[str]:
    """Return the beginning of the file beside a new one whose name is most like its own."""
    folder = PurePosixPath(path).parent
    name = PurePosixPath(path).name
    try:
        names = [entry.name for entry in os.scandir(root / folder) if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    alike = [other for other in names if other != name and PurePosixPath(other).suffix == PurePosixPath(path).suffix]
    for other in sorted(alike, key=lambda other: (-SequenceMatcher(None, name, other).ratio(), other))[:1]:
        where = (folder / other).as_posix()
        try:
            check_path(root, where)
            lines = redact(plain(read(where))).split("\n")[:_SIMILAR_LINES]
        except FimbleError:
            return []
        text = "\n".join(lines)[:_BESIDE_CHARACTERS]
        return [beside("similar", ShownFile(where, text))] if text.strip() else []
    return []
