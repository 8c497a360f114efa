"""Documentation written by the model and put where the language has it; not a character of the code changes."""

import ast
import asyncio
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.parse import Definition
from fimble_prompts.editing import begin_code
from fimble_server.edits.asking import Answer, OnText, ask
from fimble_server.edits.changes import FileEdit, plain, split_lines
from fimble_server.edits.checks import syntax_problem
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import show_lines
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import NO_CODE, WINDOW_CHARACTERS, wanted
from fimble_server.edits.selection import comment_start, definitions_of
from fimble_server.engine.client import Engine

_MOST_TOKENS = 300
_EXAMPLE_LINES = 15
_ATTRIBUTE = ("@", "#[", "[")
"""What a line begins with that stands between documentation and definition."""
_NEVER = "(?!)"
_WORD = re.compile(r"\w+")
_MOST_REPEATED = 0.7
"""The part of an answer's words that may be those of the example."""
_SENTENCE_END = re.compile(r"[.!?:](?=\s|$)")


@dataclass(frozen=True)
class _Style:
    """How a language has documentation; as in documentation.toml."""

    place: str
    opening: str
    line: str
    closing: str
    directive: str = _NEVER


@dataclass(frozen=True)
class _Spot:
    """Where a definition's documentation stands, or is to stand: lines from `start` to before `end`; 0-based."""

    start: int
    end: int
    indentation: str


async def document_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the documentation of the selected definition written anew.

    Raises:
        EditError: no definition is selected, or Fimble does not know how its language documents.

    """
    definition, style = task.selection.definition, _style(task.language)
    if definition is None:
        raise EditError("there is no definition to document; point at a function or a type")
    if style is None or task.language is None:
        raise EditError(f"Fimble does not know how code is documented in {task.path}")
    text = plain(task.text).split("\n")
    spot = _spot(text, definition, style)
    if spot is None:
        raise EditError(f"there is no place for the documentation of {definition.name}")
    code = _without(task, definition, spot)
    subject = task.subject(code[:WINDOW_CHARACTERS])
    example = _example(text, definition, style, task.language)
    asked = f"{wanted(task)}\n\nWrite it in the style of this one:\n{example}" if example else wanted(task)
    opening = style.opening.replace("{name}", definition.name)
    header = ""
    if style.place == "inside":
        header = _header(code, definition)
    stop = style.closing or f"\n{code.lstrip().partition(chr(10))[0][:12]}"

    async def answered(asked: str) -> Answer:
        # Without the blank: the model's words begin with one.
        question = begin_code(asked, subject, (header + opening).rstrip(" "))
        return await ask(
            engine,
            replace(question, stop=(stop, *question.stop)),
            maximum_tokens=_MOST_TOKENS,
            temperature=task.command.temperature,
            on_text=on_text,
        )

    answer = await answered(asked)
    proposal = Proposal(task.command.title).counting(answer)
    if example and _repeats(answer.text, example):
        answer = await answered(wanted(task))
        proposal = proposal.counting(answer)
    lines = _lines(opening, answer, style)
    if not lines:
        return replace(proposal, notice=NO_CODE)
    after = _placed(task.text, lines, spot)
    edit = FileEdit(task.path, task.text, after)
    problem = await asyncio.to_thread(syntax_problem, task.text, after, task.language)
    return replace(proposal, edit=edit, problems=(problem,) if problem else ())


def _style(language: Language | None) -> _Style | None:
    if language is None:
        return None
    table = _table()
    entry = table.get(table["same"].get(language.name, language.name))
    return _Style(**entry) if entry else None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("fimble_prompts") / "documentation.toml").read_text(encoding="utf-8"))


def _spot(lines: Sequence[str], definition: Definition, style: _Style) -> _Spot | None:
    if style.place == "inside":
        return _inside(lines, definition)
    end = definition.start_line
    while end and ((above := lines[end - 1].strip()).startswith(_ATTRIBUTE) or re.match(style.directive, above)):
        end -= 1
    start = end
    if style.closing:
        first = comment_start(lines, end)
        if lines[first].lstrip().startswith(style.opening.partition("\n")[0]):
            start = first
    else:
        while start and _is_documentation(lines[start - 1].strip(), style):
            start -= 1
    return _Spot(start, end, _indentation(lines[definition.start_line]))


def _is_documentation(line: str, style: _Style) -> bool:
    return line.startswith(style.line.strip()) and not line.startswith("#!") and not re.match(style.directive, line)


def _inside(lines: Sequence[str], definition: Definition) -> _Spot | None:
    """Find the place of a docstring, by Python's own parser."""
    try:
        tree = ast.parse("\n".join(lines).removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            (node.name, node.end_lineno) == (definition.name, definition.end_line)
        ):
            first = node.body[0]
            if first.lineno == node.lineno:
                return None
            indentation = _indentation(lines[first.lineno - 1])
            if ast.get_docstring(node, clean=False) is not None:
                return _Spot(first.lineno - 1, first.end_lineno or first.lineno, indentation)
            start = min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", ()))]) - 1
            return _Spot(start, start, indentation)
    return None


def _without(task: Task, definition: Definition, spot: _Spot) -> str:
    """Return the definition as a model sees it, without the documentation that it has."""
    shown = show_lines(task.text, definition.start_line, definition.end_line)
    first, last = spot.start - definition.start_line, spot.end - definition.start_line
    return "\n".join([*shown.shown[: max(0, first)], *shown.shown[max(0, last) :]])


def _header(code: str, definition: Definition) -> str:
    """Return the code up to where its body begins, with the body's indentation."""
    body = _inside(code.split("\n"), replace(definition, end_line=code.count("\n") + 1))
    if body is None:
        return ""
    return "".join(f"{line}\n" for line in code.split("\n")[: body.start]) + body.indentation


def _example(lines: Sequence[str], definition: Definition, style: _Style, language: Language) -> str:
    """Return how another definition of the file is documented: that is how this one is to be; empty for none."""
    for other in definitions_of("\n".join(lines), language):
        spot = _spot(lines, other, style) if other != definition else None
        if spot is not None and 1 < spot.end - spot.start <= _EXAMPLE_LINES:
            return show_lines("\n".join(lines), spot.start, spot.end).code
    return ""


def _repeats(answer: str, example: str) -> bool:
    """Tell whether an answer is the example that was shown, as small models take it."""
    said, shown = ([word.lower() for word in _WORD.findall(text)] for text in (answer, example))
    same = sum((Counter(said) & Counter(shown)).values())
    return bool(said) and same > _MOST_REPEATED * len(said)


def _lines(opening: str, answer: Answer, style: _Style) -> list[str]:
    """Return the lines of the documentation, without indentation."""
    said = answer.text.replace("\r\n", "\n").strip(" ").rstrip()
    if not answer.is_complete:
        ends = [match.end() for match in _SENTENCE_END.finditer(said)]
        said = said[: ends[-1]] if ends else ""
    if not said.strip() or "```" in said:
        return []
    if style.closing:
        return _closed(said, style)
    lines = (opening + said).split("\n")
    mark = style.line.strip()
    end = next((number for number, line in enumerate(lines) if not line.strip().startswith(mark)), len(lines))
    return [line.strip() for line in lines[:end]]


def _closed(said: str, style: _Style) -> list[str]:
    first, *rest = said.split("\n")
    if style.place == "above":
        kept = [line.strip().removeprefix("*").strip() for line in (first, *rest)]
        while kept and not kept[-1]:
            kept.pop()
        return ["/**", *(f"{style.line}{line}".rstrip() for line in kept), " */"]
    quotes = f"r{style.opening}" if "\\" in said else style.opening
    shared = min((len(_indentation(line)) for line in rest if line.strip()), default=0)
    kept = [first.strip(), *(line[shared:].rstrip() for line in rest)]
    if len(kept) == 1 and not kept[0].endswith(('"', "\\")):
        return [f"{quotes}{kept[0]}{style.closing}"]
    return [f"{quotes}{kept[0]}", *kept[1:], style.closing]


def _placed(text: str, lines: Sequence[str], spot: _Spot) -> str:
    old = split_lines(text)
    end = show_lines(text, 0, 0).line_end
    new = [f"{spot.indentation}{line}".rstrip() + end for line in lines]
    return "".join([*old[: spot.start], *new, *old[spot.end :]])


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
