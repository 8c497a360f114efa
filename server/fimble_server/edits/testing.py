"""Tests written by the model, into the file where the repository has them."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from fimble_indexer.syntax.languages import Language
from fimble_prompts.editing import begin_code
from fimble_server.edits.asking import OnText, ask
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.checks import hidden_secret, syntax_problem
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.placement.apply import add_imports
from fimble_server.edits.places_of_tests import place_of_tests
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF, NO_CODE, WINDOW_CHARACTERS, wanted
from fimble_server.edits.selection import definitions_of
from fimble_server.edits.tidying import without_blank_ends
from fimble_server.edits.whole_tests import is_repetitive, whole_tests
from fimble_server.engine.client import Engine

_MOST_TOKENS = 500
_EXAMPLE_LINES = 25
_RESULT = re.compile(r"\breturn +[^\s;]|=>|\byield\b")


async def write_tests(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have tests of the selected definition written, behind those that there are.

    Raises:
        EditError: no definition is selected, or Fimble does not know how its language is tested.

    """
    definition = task.selection.definition
    if definition is None:
        raise EditError("there is no definition to test; point at a function or a type")
    outer = definition.qualified_name.partition(".")[0] if definition.parent else definition.name
    place = task.language and place_of_tests(task.path, task.text, outer, task.language, task.paths, task.read)
    if not place or task.language is None:
        raise EditError(f"Fimble does not know how code is tested in {task.path}")
    before = task.read(place.path)
    header = place.filled(place.framework.header, task.path, definition.name)
    shown = show_lines(task.text, task.selection.start_line, task.selection.end_line)
    opening = place.framework.opening
    if definition.kind == "function" and definition.parent is None and _RESULT.search(shown.code):
        opening += place.framework.call
    opening = place.filled(opening, task.path, definition.name)
    subject = task.subject(shown.code[:WINDOW_CHARACTERS])
    asked = wanted(task, framework=place.framework.name)
    if before is not None:
        asked += f"\n\nThe file of tests begins with:\n{_beginning(before)}"
    question = begin_code(asked, subject, header + opening)
    answer = await ask(
        engine,
        question,
        maximum_tokens=_MOST_TOKENS,
        temperature=task.command.temperature,
        on_text=on_text,
        is_enough=lambda text: is_repetitive(opening + text),
    )
    proposal = Proposal(task.command.title).counting(answer)
    code = without_blank_ends(opening + answer.text)
    if not answer.is_complete:
        code = await asyncio.to_thread(whole_tests, code, task.language)
    if not code.strip() or code.strip() == opening.strip():
        return replace(proposal, notice=NO_CODE if answer.is_complete else CUT_OFF)
    after = await asyncio.to_thread(_appended, before, header, code, place.path, task.language)
    edit = FileEdit(place.path, before, after)
    problems = [hidden_secret(code), await asyncio.to_thread(syntax_problem, before or "", after, task.language)]
    return replace(proposal, edit=edit, problems=tuple(problem for problem in problems if problem))


def _beginning(text: str) -> str:
    return "\n".join(show_lines(text, 0, _EXAMPLE_LINES).shown).strip()


def _appended(before: str | None, header: str, code: str, path: str, language: Language) -> str:
    """Return the file of tests with the new ones at its end, and their imports among its own."""
    if before is None or not before.strip():
        return f"{header}{code}\n"
    end = show_lines(before, 0, 0).line_end
    text = add_imports(before, header, path, language)
    text += "" if text.endswith(("\n", "\r")) else end
    gap = [""] * (2 if language.name == "python" else 1)
    return text + "".join(f"{line}{end}" for line in [*gap, *_renamed(code, before, language).split("\n")])


def _renamed(code: str, before: str, language: Language) -> str:
    """Give names of their own to tests that would hide those that there are."""
    taken = {item.name for item in definitions_of(before, language) if item.parent is None}
    lines = code.split("\n")
    for item in definitions_of(code, language):
        if item.parent is not None:
            continue
        spelled = re.compile(rf"\b{re.escape(item.name)}\b")
        name = next(name for name in _names(item.name) if name not in taken)
        taken.add(name)
        place = next(number for number in range(item.start_line, item.end_line) if spelled.search(lines[number]))
        lines[place] = spelled.sub(name, lines[place], count=1)
    return "\n".join(lines)


def _names(name: str) -> Iterator[str]:
    """Yield a name, and then others like it without end."""
    yield name
    yield from (f"{name}_{number}" for number in count(2))
