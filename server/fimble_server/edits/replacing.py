"""Commands whose answer takes the place of the code: asked, put back, checked, and asked once more if need be."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from fimble_indexer.files.secrets import redact
from fimble_prompts.editing import ask_for_code, begin_code
from fimble_server.edits.asking import Answer, OnText, ask
from fimble_server.edits.changes import FileEdit, split_lines
from fimble_server.edits.checks import errors_in, syntax_problem
from fimble_server.edits.files import EditError
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


def wanted(task: Task, **known: str) -> str:
    """Return what the model is asked to do; `known` is what only some commands know."""
    language = task.language.name if task.language else ""
    # A command of a repository is text of that repository.
    return redact(task.command.text(language=language, name=task.name, instruction=task.instruction, **known))


async def replace_code(engine: Engine, task: Task, on_text: OnText | None, fit: Fit | None = None) -> Proposal:
    """Have the code written anew, a long one window by window; `on_text` gets the code as it first comes."""
    if fit is None:
        # What does not parse may be wrong in its quotes.
        fit = partial(put_back, keep_quotes=task.language is None or not errors_in(task.text, task.language))
    proposal = Proposal(task.command.title)
    lines = split_lines(task.text)
    problems: list[str] = []
    for window in windows(task.text, task.selection, task.language, WINDOW_CHARACTERS):
        attempts = await _attempts(engine, task, window, on_text, fit)
        for attempt in attempts:
            proposal = proposal.counting(attempt.answer)
        best = next((attempt for attempt in reversed(attempts) if attempt.problem is None), attempts[-1])
        if best.lines is not None:
            # The window's first line stands for all of them: the numbers of the others stay what they are.
            lines[window.start_line : window.end_line] = [best.lines] + [""] * (window.end_line - window.start_line - 1)
        if best.problem is not None:
            problems.append(best.problem)
    text = "".join(lines)
    if text == task.text:
        return replace(proposal, notice=problems[0] if problems else UNCHANGED)
    return replace(proposal, edit=FileEdit(task.path, task.text, text), problems=tuple(problems))


async def _attempts(engine: Engine, task: Task, window: Selection, on_text: OnText | None, fit: Fit) -> list[_Attempt]:
    """Ask, and ask once more if the code that came does not parse or changes nothing; if none came, begin it.

    What came is looked at in a thread: a long file takes a while to parse, and somebody may be typing.
    """
    shown = show_lines(task.text, window.start_line, window.end_line)
    subject = task.subject(shown.code)
    question = ask_for_code(wanted(task), subject)
    tokens = int(1.5 * len(shown.code) / CHARACTERS_PER_TOKEN) + _TOKENS_TO_SPARE
    answering = partial(ask, engine, maximum_tokens=tokens, temperature=task.command.temperature)

    async def result_of(answer: Answer, block: str | None) -> _Attempt:
        return await asyncio.to_thread(_result, task, window, shown, fit, answer, block)

    stream = BlockStream(on_text) if on_text else None
    answer = await answering(question, on_text=stream.hear if stream else None)
    if stream:
        stream.close()
    block = block_of(answer.text, shown.code)
    if not block and answer.is_complete:
        begun = await answering(begin_code(wanted(task), subject), on_text=on_text)
        return [
            _Attempt(answer, None, NO_CODE),
            await result_of(begun, without_blank_ends(begun.text, has_fences="```" in shown.code)),
        ]
    first = await result_of(answer, block)
    is_unchanged = first.lines == "".join(shown.lines)
    if first.problem == CUT_OFF or (first.problem is None and not is_unchanged):
        return [first]
    complaint = _AGAIN_UNCHANGED if first.problem is None else f"{first.problem[0].upper()}{first.problem[1:]}."
    again = replace(question, user=f"{complaint} {_AGAIN}")
    answer = await answering(again, before=[(question, answer.text)])
    return [first, await result_of(answer, block_of(answer.text, shown.code))]


def _result(task: Task, window: Selection, shown: ShownLines, fit: Fit, answer: Answer, block: str | None) -> _Attempt:
    if not answer.is_complete and not is_closed(answer.text, shown.code):
        return _Attempt(answer, None, CUT_OFF)
    if not block:
        return _Attempt(answer, None, NO_CODE)
    lines = split_lines(task.text)
    before, after = lines[: window.start_line], lines[window.end_line :]
    try:
        code = tidied(block, shown.code, task.path, [*before, *after], task.language, task.instruction)
        fitted = fit(shown, code)
    except EditError as error:
        return _Attempt(answer, None, str(error))
    return _Attempt(answer, fitted, syntax_problem(task.text, "".join([*before, fitted, *after]), task.language))
