"""Commands whose answer takes the place of the code: asked, put back, checked, and asked once more if need be."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fimble_indexer.files.secrets import redact
from fimble_indexer.syntax.languages import Language
from fimble_prompts.editing import Question, ask_for_code, begin_code
from fimble_server.edits.asking import Answer, OnText, ask
from fimble_server.edits.changes import FileEdit, split_lines
from fimble_server.edits.checks import errors_in, syntax_problem
from fimble_server.edits.files import EditError
from fimble_server.edits.heads import documented_head, missing_head
from fimble_server.edits.lines import ShownLines, put_back, show_lines
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.selection import Selection
from fimble_server.edits.tidying import BlockStream, block_of, is_closed, tidied, without_blank_ends
from fimble_server.edits.windows import windows
from fimble_server.engine.client import Engine
from fimble_server.suggest import CHARACTERS_PER_TOKEN

WINDOW_CHARACTERS = int(1200 * CHARACTERS_PER_TOKEN)
"""Of code that is shown at a time: what a small model can write again without losing its way."""
_TOKENS_TO_SPARE = 500
_AGAIN_UNCHANGED = "That is the code as it was."
_AGAIN = "Say in one sentence what has to change, and then write the whole changed code."
CUT_OFF = "the answer was longer than expected and was cut off; nothing was changed"
NO_CODE = "the answer holds no code; nothing was changed"
UNCHANGED = "the model would change nothing"

Fit = Callable[[ShownLines, str], str]
"""Makes the lines of the file out of what was shown and the code that was answered. May raise `EditError`."""


@dataclass(frozen=True)
class _Attempt:
    """What one answer makes of a window's lines; None where it makes nothing of them."""

    answer: Answer
    lines: str | None
    problem: str | None


def wanted(task: Task, template: str | None = None, **known: str) -> str:
    """Return what the model is asked, by the command's text or another; `known` is what only some commands know."""
    language = task.language.name if task.language else ""
    # A command of a repository is text of that repository.
    return redact(task.command.text(template, language=language, name=task.name, instruction=task.instruction, **known))


async def replace_code(engine: Engine, task: Task, on_text: OnText | None, fit: Fit | None = None) -> Proposal:
    """Have the code written anew, a long one window by window; `on_text` gets the code as it first comes."""
    if fit is None:
        # What does not parse may be wrong in its quotes.
        fit = partial(put_back, keep_quotes=task.language is None or not errors_in(task.text, task.language))
    proposal = Proposal(task.command.title)
    lines = split_lines(task.text)
    problems: list[str] = []
    for window in windows(task.text, task.selection, task.language, WINDOW_CHARACTERS):
        shown = show_lines(task.text, window.start_line, window.end_line)
        attempts = await _attempts(_Window(engine, task, window, shown, fit, on_text))
        for attempt in attempts:
            proposal = proposal.counting(attempt.answer)
        with_lines = [attempt for attempt in attempts if attempt.lines is not None] or attempts
        best = next((attempt for attempt in reversed(attempts) if attempt.problem is None), with_lines[-1])
        if best.lines is not None:
            # The window's first line stands for all of them: the numbers of the others stay what they are.
            lines[window.start_line : window.end_line] = [best.lines] + [""] * (window.end_line - window.start_line - 1)
        if best.problem is not None:
            problems.append(best.problem)
    text = "".join(lines)
    if text == task.text:
        return replace(proposal, notice=problems[0] if problems else UNCHANGED)
    return replace(proposal, edit=FileEdit(task.path, task.text, text), problems=tuple(problems))


@dataclass(frozen=True)
class _Window:
    """Lines that are to be written anew, and how they are asked for."""

    engine: Engine
    task: Task
    lines: Selection
    shown: ShownLines
    fit: Fit
    on_text: OnText | None

    async def ask(self, question: Question, **options: Any) -> Answer:
        tokens = int(1.5 * len(self.shown.code) / CHARACTERS_PER_TOKEN) + _TOKENS_TO_SPARE
        return await ask(
            self.engine, question, maximum_tokens=tokens, temperature=self.task.command.temperature, **options
        )

    async def attempt(self, answer: Answer, begun: str | None = None) -> _Attempt:
        """Return what comes of an answer; of one that goes on with code that was `begun` for it.

        It is looked at in a thread: a long file takes a while to parse, and somebody may be typing.
        """
        if begun is None:
            block = block_of(answer.text, self.shown.code)
            is_whole = answer.is_complete or is_closed(answer.text, self.shown.code)
        else:
            block = without_blank_ends(begun + answer.text, has_fences="```" in self.shown.code)
            is_whole = answer.is_complete
        if not is_whole or not block:
            return _Attempt(answer, None, NO_CODE if is_whole else CUT_OFF)
        return await asyncio.to_thread(_result, self, answer, block)

    def is_done(self, attempt: _Attempt) -> bool:
        """Tell whether an attempt changes the lines, and breaks nothing."""
        return attempt.problem is None and attempt.lines != "".join(self.shown.lines)

    async def go_on(
        self, template: str, find: Callable[[str, Language], str | None], on_text: OnText | None = None
    ) -> list[_Attempt]:
        """Ask by another template for what follows the head that `find` returns; nothing if there is none."""
        language, selection = self.task.language, self.task.selection
        is_whole = (self.lines.start_line, self.lines.end_line) == (selection.start_line, selection.end_line)
        if not template or language is None or selection.definition is None or not is_whole:
            return []
        head = find(self.shown.code, language)
        if head is None:
            return []
        question = begin_code(wanted(self.task, template), self.task.subject(head), head)
        if on_text is not None:
            on_text(head)
        return [await self.attempt(await self.ask(question, on_text=on_text), head)]


async def _attempts(window: _Window) -> list[_Attempt]:
    """Ask, and ask once more if no code came, or code that does not parse or is what it was.

    Where something is missing, the code up to there is given as the answer's beginning. A small model that would change
    nothing writes a documented function better anew, from what its documentation says.
    """
    task, subject = window.task, window.task.subject(window.shown.code)
    attempts = await window.go_on(task.command.missing, missing_head, window.on_text)
    if attempts and window.is_done(attempts[-1]):
        return attempts
    stream = BlockStream(window.on_text) if window.on_text else None
    question = ask_for_code(wanted(task), subject)
    answer = await window.ask(question, on_text=stream.hear if stream else None)
    if stream:
        stream.close()
    first = await window.attempt(answer)
    attempts.append(first)
    if window.is_done(first):
        return attempts
    if first.problem in {None, CUT_OFF}:
        attempts += await window.go_on(task.command.anew, documented_head)
        if window.is_done(attempts[-1]):
            return attempts
    if first.problem in {CUT_OFF, NO_CODE}:
        begun = begin_code(wanted(task), subject)
        return [*attempts, await window.attempt(await window.ask(begun, on_text=window.on_text), "")]
    return [*attempts, *await _again(window, question, first)]


async def _again(window: _Window, question: Question, first: _Attempt) -> list[_Attempt]:
    """Say what is wrong with an answer and ask for another; where that has words alone, its code is begun for it."""
    complaint = f"{first.problem[0].upper()}{first.problem[1:]}." if first.problem else _AGAIN_UNCHANGED
    again = replace(question, user=f"{complaint} {_AGAIN}")
    before = [(question, first.answer.text)]
    answer = await window.ask(again, before=before)
    second = await window.attempt(answer)
    if second.problem != NO_CODE:
        return [second]
    fence = begin_code("", window.task.subject(window.shown.code))
    going_on = replace(again, opening=f"{answer.text.rstrip()}\n\n{fence.opening}", stop=fence.stop)
    return [second, await window.attempt(await window.ask(going_on, before=before), "")]


def _result(window: _Window, answer: Answer, block: str) -> _Attempt:
    task, shown = window.task, window.shown
    lines = split_lines(task.text)
    before, after = lines[: window.lines.start_line], lines[window.lines.end_line :]
    try:
        code = tidied(block, shown.code, task.path, [*before, *after], task.language, task.instruction)
        fitted = window.fit(shown, code)
    except EditError as error:
        return _Attempt(answer, None, str(error))
    return _Attempt(answer, fitted, syntax_problem(task.text, "".join([*before, fitted, *after]), task.language))
