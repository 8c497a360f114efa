"""Code translated into another language, as a new file beside it."""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from fimble_indexer.syntax.languages import Language, language_named, languages
from fimble_prompts.editing import begin_code
from fimble_server.edits.asking import OnText, ask
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.checks import errors_in, hidden_secret
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import CUT_OFF, NO_CODE, WINDOW_CHARACTERS, wanted
from fimble_server.edits.tidying import without_blank_ends
from fimble_server.engine.client import Engine

_MOST_TOKENS = 1024
_NO_WORD = re.compile(r"\W+")
_OTHER_NAMES = {"c#": "csharp", "c++": "cpp", "golang": "go", "js": "javascript", "py": "python", "ts": "typescript"}


async def translate_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the code written in the language that the instruction names.

    Raises:
        EditError: there is no such language, the file is there already, or the code is too long.

    """
    target = _language(task.instruction)
    selection = task.selection
    stem = PurePosixPath(task.path).stem
    name = _NO_WORD.sub("_", selection.definition.name).strip("_") if selection.definition else stem
    path = PurePosixPath(task.path).with_name((name or stem) + target.extensions[0]).as_posix()
    if task.read(path) is not None:
        raise EditError(f"{path} is there already")
    shown = show_lines(task.text, selection.start_line, selection.end_line)
    if len(shown.code) > WINDOW_CHARACTERS:
        raise EditError("the code is too long to be translated at once; point at one function or type")
    question = begin_code(wanted(task), task.subject(shown.code), language=target)
    answer = await ask(
        engine, question, maximum_tokens=_MOST_TOKENS, temperature=task.command.temperature, on_text=on_text
    )
    proposal = Proposal(task.command.title).counting(answer)
    code = without_blank_ends(answer.text)
    if not answer.is_complete or not code:
        return replace(proposal, notice=NO_CODE if answer.is_complete else CUT_OFF)
    lines = errors_in(code, target)
    broken = f"the code does not parse: there is a syntax error in line {lines[0] + 1}" if lines else None
    problems = tuple(problem for problem in (hidden_secret(code), broken) if problem)
    return replace(proposal, edit=FileEdit(path, None, f"{code}\n"), problems=problems)


def _language(name: str) -> Language:
    """Find a language by what people call it."""
    word = name.strip().strip(".").lower()
    found = language_named(_OTHER_NAMES.get(word, word))
    if found is None:
        raise EditError(f"there is no language {name!r}; there are {', '.join(languages())}")
    return found
