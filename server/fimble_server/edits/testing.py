"""Tests written by the model, into the file where the repository has them."""

import re
from dataclasses import replace

from fimble_indexer.syntax.languages import Language
from fimble_prompts.editing import begin_code
from fimble_server.edits.asking import OnText, ask
from fimble_server.edits.changes import FileEdit, plain
from fimble_server.edits.checks import syntax_problem
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.places_of_tests import place_of_tests
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF, NO_CODE, WINDOW_CHARACTERS, wanted
from fimble_server.edits.selection import definitions_of, symbols_of
from fimble_server.edits.tidying import without_blank_ends
from fimble_server.engine.client import Engine

_MOST_TOKENS = 500
_EXAMPLE_LINES = 25
_PIECE = re.compile(r"\n\s*\n(?=\S)")
"""Between two tests that stand at the top of their file."""


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
    opening = place.filled(place.framework.opening, task.path, definition.name)
    shown = show_lines(task.text, task.selection.start_line, task.selection.end_line)
    subject = task.subject(shown.code[:WINDOW_CHARACTERS])
    asked = wanted(task, framework=place.framework.name)
    if before is not None:
        asked += f"\n\nThe file of tests begins with:\n{_beginning(before)}"
    question = begin_code(asked, subject, header + opening)
    answer = await ask(
        engine, question, maximum_tokens=_MOST_TOKENS, temperature=task.command.temperature, on_text=on_text
    )
    proposal = Proposal(task.command.title).counting(answer)
    code = without_blank_ends(opening + answer.text)
    if not answer.is_complete:
        code = "\n\n".join(_PIECE.split(code)[:-1])
    if not code.strip() or code.strip() == opening.strip():
        return replace(proposal, notice=NO_CODE if answer.is_complete else CUT_OFF)
    after = _appended(before, header, code, task.language)
    edit = FileEdit(place.path, before, after)
    problem = syntax_problem(before or "", after, task.language)
    return replace(proposal, edit=edit, problems=(problem,) if problem else ())


def _beginning(text: str) -> str:
    return "\n".join(show_lines(text, 0, _EXAMPLE_LINES).shown).strip()


def _appended(before: str | None, header: str, code: str, language: Language) -> str:
    """Return the file of tests with the new ones at its end, and their imports among its own."""
    if before is None or not before.strip():
        return f"{header}{code}\n"
    code = _renamed(code, before, language)
    end = show_lines(before, 0, 0).line_end
    lines = plain(before).rstrip("\n").split("\n")
    imports = [item.line for item in symbols_of(before, language).imports]
    missing = [line for line in header.split("\n") if line.strip() and line not in lines]
    if language.name in {"go", "java"}:
        missing = []  # their headers are the same for all files
    place = max(imports, default=-1) + 1
    gap = [""] * (2 if language.name == "python" else 1)
    return _keeping(before, end, place, missing, [*gap, *code.split("\n")])


def _keeping(before: str, end: str, place: int, imports: list[str], behind: list[str]) -> str:
    """Put lines in at a place and behind the text, which stays as it is byte for byte."""
    text = before if before.endswith(("\n", "\r")) else before + end
    lines = text.splitlines(keepends=True)
    added = "".join(f"{line}{end}" for line in behind)
    return "".join([*lines[:place], *(f"{line}{end}" for line in imports), *lines[place:]]) + added


def _renamed(code: str, before: str, language: Language) -> str:
    """Give names of their own to tests that would hide those that there are."""
    taken = {item.name for item in definitions_of(before, language)}
    for name in [item.name for item in definitions_of(code, language) if item.name in taken]:
        number = next(number for number in range(2, 1000) if f"{name}_{number}" not in taken)
        code = re.sub(rf"\b{re.escape(name)}\b", f"{name}_{number}", code, count=1)
    return code
