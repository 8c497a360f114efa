"""Code out of an answer, without what small models add to it: fences, imports that are there, examples of use."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from textwrap import dedent

from fimble_indexer.syntax.languages import Language
from fimble_indexer.words import identifiers
from fimble_prompts.editing import fence_for
from fimble_server.edits.files import EditError
from fimble_server.edits.placement.apply import ApplyError, apply_code, shows_all
from fimble_server.edits.placement.blocks import read_block
from fimble_server.edits.selection import definition_span, definitions_of, symbols_of

_FENCE = re.compile(r"[ \t]*`{3,}[^\n`]*")
_OPENING = re.compile(r"^[ \t]*(`{3,})[^\n`]*\n", re.MULTILINE)
_IMPORT = re.compile(r"import|include|require", re.IGNORECASE)


def block_of(answer: str, asked: str = "") -> str | None:
    """Return the first fenced block of an answer, closed or not; None if there is none.

    Where the code that was `asked` about has fences as long as the answer's, the block ends with the last of these.
    """
    opening = _OPENING.search(answer.replace("\r\n", "\n"))
    if opening is None:
        return None
    behind = opening.string[opening.end() :]
    closings = list(_closings(opening, behind))
    if closings:
        behind = behind[: closings[-1 if _may_nest(opening, asked) else 0].start()]
    return without_blank_ends(behind, has_fences="```" in asked)


def without_blank_ends(code: str, *, has_fences: bool = False) -> str:
    """Return code without blank lines around it, and without fences, unless it may have some of its own."""
    lines = code.replace("\r\n", "\n").split("\n")

    def is_outside(line: str) -> bool:
        return not line.strip() or (not has_fences and _FENCE.fullmatch(line) is not None)

    while lines and is_outside(lines[0]):
        lines.pop(0)
    while lines and is_outside(lines[-1]):
        lines.pop()
    return "\n".join(lines)


def is_closed(answer: str, asked: str = "") -> bool:
    """Tell whether the answer's first fenced block has come to its end, as far as that is certain."""
    opening = _OPENING.search(answer)
    if opening is None or _may_nest(opening, asked):
        return False
    return any(_closings(opening, answer[opening.end() :]))


def _closings(opening: re.Match[str], behind: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"^[ \t]*{opening[1]}[ \t]*$", behind, re.MULTILINE)


def _may_nest(opening: re.Match[str], asked: str) -> bool:
    return len(opening[1]) < len(fence_for(asked))


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


def tidied(
    code: str, asked: str, path: str, around: Collection[str], language: Language | None, instruction: str = ""
) -> str:
    """Return the code that takes the place of the code that was `asked` about, without what nobody asked for.

    A method that is answered in its class comes out of it. Where the code ends with a definition, what stands behind
    the last one of the answer goes: calls, examples, prints. Imports that the file has in other lines, `around`, go as
    well. A definition keeps its name unless there is an instruction. Definitions that are left out of an answer with
    nothing but definitions stay as they were, as do the imports beside them, unless the instruction speaks of them; so
    does what a comment stands for, as in `# ... as before`.

    Raises:
        EditError: it is not certain what the answer leaves out.

    """
    if language is None:
        return code
    code = _unwrapped(code, asked, language)
    code = code if instruction else _with_its_name(code, asked, language)
    lines = _without_imports(code.split("\n"), {line.rstrip() for line in around}, language)
    old = [item for item in definitions_of(asked, language) if item.parent is None]
    if old and old[-1].end_line == len(asked.rstrip().split("\n")):
        found = definitions_of("\n".join(lines), language)
        if found:
            lines = lines[: max(definition.end_line for definition in found)]
    code = "\n".join(lines).strip("\n")
    return code if _IMPORT.search(instruction) else _merged(code, asked, path, language, set(identifiers(instruction)))


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


def _with_its_name(code: str, asked: str, language: Language) -> str:
    """Give a definition its name back that an answer calls otherwise: others use it by that name."""
    old, new = ([item.name for item in definitions_of(text, language) if item.parent is None] for text in (asked, code))
    gone, come = set(old) - set(new), set(new) - set(old)
    if len(old) != len(new) or len(gone) != 1 or len(come) != 1:
        return code
    (name,) = gone
    return re.sub(rf"\b{re.escape(come.pop())}\b", lambda _: name, code)


def _merged(code: str, asked: str, path: str, language: Language, spoken_of: set[str]) -> str:
    """Fill what an answer leaves out with what was asked about; one with more than definitions and imports stays."""
    leaves_out = bool(read_block(code, path, language, asked).elisions)
    old, new = definitions_of(asked, language), definitions_of(code, language)
    gone = {item.name for item in old} - {item.name for item in new}
    is_part = {item.name for item in new if item.parent is None} <= {item.name for item in old if item.parent is None}
    if not leaves_out and (not new or not is_part or spoken_of & gone or shows_all(asked, code, path, language)):
        return code
    try:
        applied = apply_code(asked, code, path, language=language)
    except ApplyError as error:
        if leaves_out:
            raise EditError(f"the answer leaves out parts of the code: {error}") from error
        return code
    return code if applied.left_out and not leaves_out else applied.text.strip("\n")


def _without_imports(lines: Sequence[str], around: Collection[str], language: Language) -> list[str]:
    """Leave out the imports at the top that stand in other lines of the file, if a line is all that they are."""
    imported = {item.line for item in symbols_of("\n".join(lines), language).imports}
    return [
        line
        for number, line in enumerate(lines)
        if number not in imported or line.rstrip() not in around or line[:1].isspace() or "(" in line
    ]
