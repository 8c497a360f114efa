"""Code out of an answer, without what small models add to it: fences, imports that are there, examples of use."""

import re
from collections.abc import Collection, Sequence

from fimble_indexer.syntax.languages import Language
from fimble_server.edits.selection import definitions_of, symbols_of

_FENCE = re.compile(r"[ \t]*`{3,}[^\n`]*")


def code_of(answer: str) -> str:
    """Return the code of an answer that was begun with a fence: without a second one, or blank lines around it."""
    lines = answer.replace("\r\n", "\n").split("\n")
    while lines and (not lines[0].strip() or _FENCE.fullmatch(lines[0])):
        lines.pop(0)
    while lines and (not lines[-1].strip() or _FENCE.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def tidied(code: str, asked: str, around: Collection[str], language: Language | None) -> str:
    """Return the code without what was not asked for.

    Where `asked` is definitions, what stands behind the last one goes: calls, examples, prints. Imports that the file
    has already in other lines, `around`, go as well.
    """
    if language is None:
        return code
    lines = _without_imports(code.split("\n"), {line.strip() for line in around}, language)
    if _ends_with_definition(asked, language):
        found = definitions_of("\n".join(lines), language)
        if found:
            lines = lines[: max(definition.end_line for definition in found)]
    return "\n".join(lines).strip("\n")


def _without_imports(lines: Sequence[str], around: Collection[str], language: Language) -> list[str]:
    imported = {item.line for item in symbols_of("\n".join(lines), language).imports}
    return [line for number, line in enumerate(lines) if number not in imported or line.strip() not in around]


def _ends_with_definition(code: str, language: Language) -> bool:
    last = max((definition.end_line for definition in definitions_of(code, language)), default=0)
    return last == len(code.rstrip().split("\n"))
