"""Code moved to another indentation: its own steps become those of the file that it goes into."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

_INDENT = re.compile(r"[ \t]*")
_SMALLEST_STEP, _LARGEST_STEP = 2, 8  # spaces
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text indents and ends its lines. ``unit`` is one step; None where no line is indented."""

    unit: str | None
    newline: str


def style_of(text: str) -> Style:
    """Tell the style of a text: the most frequent line end, and tabs or the most frequent step of its indentation."""
    # The lines of a block comment are aligned with its first, and say nothing.
    lines = [line for line in _LINE_END.split(text) if line.strip() and not line.lstrip().startswith("*")]
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines]
    ends = _LINE_END.findall(text)
    newline = max(("\n", "\r\n", "\r"), key=ends.count)
    tabs = sum(indent.startswith("\t") for indent in indents)
    if 2 * tabs > sum(map(bool, indents)):
        return Style("\t", newline)
    steps = Counter(len(inner) - len(outer) for outer, inner in pairwise(indents))
    likely = [step for step in range(_SMALLEST_STEP, _LARGEST_STEP + 1) if steps[step]]
    return Style(" " * max(likely, key=lambda step: (steps[step], -step)) if likely else None, newline)


def reindent(text: str, base: str, target: str, *, source: Style, style: Style, kept: Collection[int] = ()) -> str:
    """Move lines from the indentation ``base`` to ``target``, and their further steps from one style to the other.

    The first line comes without its indentation. Lines whose number is in ``kept``, those inside strings, and lines
    that are indented less than ``base`` stay as they are. Lines end as in ``style``.
    """
    first, *rest = text.split("\n")
    lines = [first]
    for number, line in enumerate(rest, 1):
        if number in kept or not line.strip() or not line.startswith(base):
            lines.append(line if number in kept or line.strip() else "")
        else:
            indent = _INDENT.match(line[len(base) :])[0]  # type: ignore[index]
            lines.append(f"{target}{_converted(indent, source.unit, style.unit)}{line[len(base) + len(indent) :]}")
    return style.newline.join(lines)


def _converted(indent: str, unit: str | None, target: str | None) -> str:
    """Write an indentation in other steps; what is no whole step stays as spaces."""
    if unit is None or target is None or unit == target:
        return indent
    steps = 0
    while indent.startswith(unit):
        steps += 1
        indent = indent[len(unit) :]
    return target * steps + indent
