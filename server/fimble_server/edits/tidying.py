"""Code out of an answer, without what small models add to it: fences, imports that are there, examples of use."""

import re
from collections.abc import Callable, Collection, Sequence
from textwrap import dedent

from fimble_indexer.syntax.languages import Language
from fimble_indexer.words import identifiers
from fimble_server.edits.selection import definition_span, definitions_of, symbols_of

_FENCE = re.compile(r"[ \t]*`{3,}[^\n`]*")
_OPENING = re.compile(r"^[ \t]*(`{3,})[^\n`]*\n", re.MULTILINE)
_IMPORT = re.compile(r"import|include|require", re.IGNORECASE)


def block_of(answer: str) -> str | None:
    """Return the first fenced block of an answer, closed or not; None if there is none."""
    opening = _OPENING.search(answer.replace("\r\n", "\n"))
    if opening is None:
        return None
    behind = opening.string[opening.end() :]
    closing = re.search(rf"^[ \t]*{opening[1]}[ \t]*$", behind, re.MULTILINE)
    return without_blank_ends(behind[: closing.start()] if closing else behind)


def without_blank_ends(code: str) -> str:
    """Return code without blank lines and fences around it."""
    lines = code.replace("\r\n", "\n").split("\n")
    while lines and (not lines[0].strip() or _FENCE.fullmatch(lines[0])):
        lines.pop(0)
    while lines and (not lines[-1].strip() or _FENCE.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines)


class BlockStream:
    """Passes on the first fenced block of an answer that comes in pieces, as soon as it comes."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        """Pass text to `on_text`."""
        self._on_text = on_text
        self._text = ""
        self._passed: int | None = None
        self._fence = ""

    def hear(self, piece: str) -> None:
        """Take the next piece."""
        self._text += piece
        if self._passed is None and (opening := _OPENING.search(self._text)):
            self._passed, self._fence = opening.end(), f"\n{opening[1]}"
        self._pass_on(held=len(self._fence))  # the end may be the beginning of the closing fence

    def close(self) -> None:
        """Take note that there are no more pieces."""
        self._pass_on(held=0)

    def _pass_on(self, held: int) -> None:
        if self._passed is None:
            return
        closing = self._text.find(self._fence, self._passed - 1)
        end = closing if closing >= 0 else len(self._text) - held
        if end > self._passed:
            self._on_text(self._text[self._passed : end])
            self._passed = end


def is_closed(answer: str) -> bool:
    """Tell whether the answer's first fenced block has come to its end."""
    opening = _OPENING.search(answer)
    return (
        opening is not None
        and re.search(rf"^[ \t]*{opening[1]}[ \t]*$", answer[opening.end() :], re.MULTILINE) is not None
    )


def tidied(code: str, asked: str, around: Collection[str], language: Language | None, instruction: str = "") -> str:
    """Return the code that takes the place of the code that was `asked` about, without what nobody asked for.

    A method that is answered in its class comes out of it. Where the code ends with a definition, what stands behind
    the last one of the answer goes: calls, examples, prints. Imports that the file has in other lines, `around`, go as
    well. Definitions that are left out of an answer with nothing but definitions stay as they were, as do the imports
    beside them, unless the instruction speaks of them.
    """
    if language is None:
        return code
    code = _unwrapped(code, asked, language)
    lines = _without_imports(code.split("\n"), {line.rstrip() for line in around}, language)
    old = [item for item in definitions_of(asked, language) if item.parent is None]
    if old and old[-1].end_line == len(asked.rstrip().split("\n")):
        found = definitions_of("\n".join(lines), language)
        if found:
            lines = lines[: max(definition.end_line for definition in found)]
    code = "\n".join(lines).strip("\n")
    return code if _IMPORT.search(instruction) else _merged(code, asked, language, set(identifiers(instruction)))


def _unwrapped(code: str, asked: str, language: Language) -> str:
    """Take members out of what the answer has put around them."""
    names = {item.name for item in definitions_of(asked, language) if item.parent is None}
    found = definitions_of(code, language)
    around = [item for item in found if item.parent is None]
    members = [item for item in found if item.name in names and item.parent is not None]
    if len(around) != 1 or around[0].name in names or {item.name for item in members} != names or not names:
        return code
    lines = code.split("\n")
    return dedent("\n".join("\n".join(lines[slice(*definition_span(lines, item))]) for item in members))


def _merged(code: str, asked: str, language: Language, spoken_of: set[str]) -> str:
    """Put definitions of an answer in the place of those of the same names; an answer with more than that stays."""
    old, new = (
        {item.name: item for item in definitions_of(text, language) if item.parent is None} for text in (asked, code)
    )
    lines, answered = asked.split("\n"), code.split("\n")
    if not new or not new.keys() <= old.keys() or spoken_of & (old.keys() - new.keys()):
        return code
    spans = {name: definition_span(answered, item) for name, item in new.items()}
    imported = {item.line for item in symbols_of(code, language).imports}
    inside = {line for start, end in spans.values() for line in range(start, end)} | imported
    if any(line.strip() and number not in inside for number, line in enumerate(answered)):
        return code
    for name, (start, end) in sorted(spans.items(), key=lambda item: -old[item[0]].start_line):
        first, last = definition_span(lines, old[name])
        if start == new[name].start_line:
            first = old[name].start_line  # the answer has no comment above it, so that the old one stays
        lines[first:last] = answered[start:end]
    added = [answered[number] for number in sorted(imported) if answered[number] not in lines]
    return "\n".join([*added, *lines])


def _without_imports(lines: Sequence[str], around: Collection[str], language: Language) -> list[str]:
    """Leave out the imports at the top that stand in other lines of the file, if a line is all that they are."""
    imported = {item.line for item in symbols_of("\n".join(lines), language).imports}
    return [
        line
        for number, line in enumerate(lines)
        if number not in imported or line.rstrip() not in around or line[:1].isspace() or "(" in line
    ]
