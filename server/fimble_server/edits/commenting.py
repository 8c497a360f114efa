"""Comments between the lines of code, of which not a character changes.

A small model that is to repeat code with comments mostly repeats it without. So the code is written for it up to the
place of each comment, and it writes that comment alone; the engine has read all before it already.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.statements import statements
from fimble_prompts.editing import begin_code
from fimble_server.edits.asking import Answer, OnText, ask
from fimble_server.edits.changes import FileEdit, plain, split_lines
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import UNCHANGED, WINDOW_CHARACTERS, wanted
from fimble_server.edits.selection import Selection
from fimble_server.edits.windows import windows
from fimble_server.engine.client import Engine

_MOST_TOKENS = 40
_ENDING = re.compile("return|raise|throw|yield")
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)+[.):]*|\d+[.):]+)\s+")
_SENTENCE_END = re.compile(r"[.!?;](?=\s)")


async def comment_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the code explained by comments between its lines.

    Raises:
        EditError: the language has no comments that end with their line.

    """
    mark = task.language.line_comment if task.language else None
    if mark is None or task.language is None:
        raise EditError(f"there is no kind of comment for single lines in {task.path}")
    proposal = Proposal(task.command.title)
    lines = split_lines(task.text)
    steps = await asyncio.to_thread(steps_of, task.text, task.language, mark)
    for window in windows(task.text, task.selection, task.language, WINDOW_CHARACTERS):
        inside = [step for step in steps if window.start_line <= step < window.end_line]
        proposal, comments = await _comment(engine, task, window, inside, mark, proposal, on_text)
        for step, comment in comments.items():
            lines[step] = comment + lines[step]
    text = "".join(lines)
    if text == task.text:
        return replace(proposal, notice=UNCHANGED)
    return replace(proposal, edit=FileEdit(task.path, task.text, text))


def steps_of(text: str, language: Language, mark: str) -> list[int]:
    """Return the lines, from 0, above which a comment is to tell of a step.

    That is where a body or a paragraph begins, something takes several lines, or a function ends; not where there is a
    comment, nor where a body begins whose head has one.
    """
    lines = plain(text).split("\n")
    found = statements(plain(text).encode(), language)
    depths = {statement.start_line: _depth(lines[statement.start_line]) for statement in found}
    simple = {statement.start_line for statement in found if statement.end_line - statement.start_line == 1}
    steps: list[int] = []
    for statement in found:
        start = statement.start_line
        above = next((line for line in range(start - 1, -1, -1) if lines[line].strip()), -1)
        if lines[above].lstrip().startswith(mark) and above >= 0:
            continue
        goes_on = start - 1 in simple and depths[start - 1] == depths[start]
        is_step = not goes_on or start not in simple or _ENDING.search(statement.kind)
        if is_step and not (above in steps and depths[above] < depths[start]):
            steps.append(start)
    return steps


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


async def _comment(
    engine: Engine,
    task: Task,
    window: Selection,
    steps: Sequence[int],
    mark: str,
    proposal: Proposal,
    on_text: OnText | None,
) -> tuple[Proposal, dict[int, str]]:
    """Return the proposal with the tokens that it took, and the comments, as lines of the file, by their steps."""
    shown = show_lines(task.text, window.start_line, window.end_line)
    subject = task.subject(shown.code)
    comments: dict[int, str] = {}
    told = {line.strip().removeprefix(mark).strip().lower() for line in shown.shown if line.strip().startswith(mark)}
    opening, done = "", 0
    for step in steps:
        number = step - window.start_line
        line = shown.shown[number]
        before = "".join(f"{code}\n" for code in shown.shown[done:number]) + line[: _depth(line)]
        question = begin_code(wanted(task), subject, f"{opening}{before}{mark}")
        answer = await ask(
            engine,
            replace(question, stop=("\n", *question.stop)),
            maximum_tokens=_MOST_TOKENS,
            temperature=task.command.temperature,
        )
        proposal = proposal.counting(answer)
        said = _comment_in(answer)
        comment = _NUMBER.sub("", said)
        if comment and comment.lower() not in told:
            told.add(comment.lower())
            comments[step] = f"{shown.indentation}{line[: _depth(line)]}{mark} {comment}{shown.line_end}"
            # With its number, if it has one: a model that counts its steps keeps to them.
            before += f"{mark} {said}\n{line[: _depth(line)]}"
        opening += before + line[_depth(line) :] + "\n"
        done = number + 1
        if on_text is not None:
            on_text(before + line[_depth(line) :] + "\n")
    return proposal, comments


def _comment_in(answer: Answer) -> str:
    """Return the comment, up to its last sentence if it was cut off; empty if it is none."""
    said = answer.text.partition("\n")[0].strip()
    if not answer.is_complete:
        ends = [match.start() for match in _SENTENCE_END.finditer(said)]
        said = said[: ends[-1]] if ends else ""
    return "" if said.startswith("```") else said
