"""Commands that are answered in words: an explanation, and a review as remarks to single lines."""

import re
from dataclasses import replace

from fimble_prompts.editing import Subject, ask_for_prose
from fimble_server.controls import without_controls
from fimble_server.edits.asking import OnText, ask
from fimble_server.edits.lines import show_lines
from fimble_server.edits.proposal import Proposal, Remark, Task
from fimble_server.edits.replacing import WINDOW_CHARACTERS, wanted
from fimble_server.edits.selection import Selection
from fimble_server.edits.windows import windows
from fimble_server.engine.client import Engine

_EXPLANATION_TOKENS = 500
_REVIEW_TOKENS = 300
_NOTHING_FOUND = "the review found nothing"
_REMARK = re.compile(r"line (\d+): (.+)")
_GRAMMAR = r"""root ::= "none" | remark (remark (remark (remark remark?)?)?)?
remark ::= "line " [1-9] [0-9]? [0-9]? ": " [A-Z`] [^\n]{8,160} "\n"
"""


async def explain_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the code explained to its reader. Of code that is too long to be read at once, it is the first part."""
    first, *others = windows(task.text, task.selection, task.language, WINDOW_CHARACTERS)
    question = ask_for_prose(wanted(task), _subject(task, first))
    answer = await ask(
        engine, question, maximum_tokens=_EXPLANATION_TOKENS, temperature=task.command.temperature, on_text=on_text
    )
    said = without_controls(answer.text).strip()
    notice = f"only lines {first.start_line + 1} to {first.end_line} were read" if others else ""
    return Proposal(task.command.title, answer=said, notice=notice).counting(answer)


async def review_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the code reviewed, window by window; a remark is kept if it speaks of a line that was shown."""
    proposal = Proposal(task.command.title)
    remarks: dict[Remark, None] = {}
    for window in windows(task.text, task.selection, task.language, WINDOW_CHARACTERS):
        subject = _subject(task, window)
        numbered = "\n".join(f"{number} {line}" for number, line in enumerate(subject.code.split("\n"), start=1))
        answer = await ask(
            engine,
            ask_for_prose(wanted(task), replace(subject, code=numbered)),
            maximum_tokens=_REVIEW_TOKENS,
            temperature=task.command.temperature,
            grammar=_GRAMMAR,
            on_text=on_text,
        )
        proposal = proposal.counting(answer)
        remarks |= dict.fromkeys(_remarks(answer.text, window))
    found = tuple(sorted(remarks, key=lambda remark: remark.line))
    return replace(proposal, remarks=found, notice="" if found else _NOTHING_FOUND)


def _remarks(answer: str, window: Selection) -> list[Remark]:
    """Read the remarks; one that is said of several lines counts for the first."""
    found: dict[str, Remark] = {}
    for number, message in _REMARK.findall(answer):
        line = window.start_line + int(number) - 1
        if line < window.end_line:
            found.setdefault(message, Remark(line, without_controls(message).strip()))
    return list(found.values())


def _subject(task: Task, window: Selection) -> Subject:
    shown = show_lines(task.text, window.start_line, window.end_line)
    return task.subject(shown.code)
