"""Code moved to another indentation: its own steps become those of the file that it goes into."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from math import gcd

_INDENT = re.compile(r"[ \t]*")
_DEFAULT_WIDTH = 4  # of a step in spaces, where nothing tells
_LARGEST_WIDTH = 8
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text indents and ends its lines. ``unit`` is one step; None where no line is indented."""

    unit: str | None
    newline: str


def style_of(text: str) -> Style:
    """Tell the style of a text: the most frequent line end, and tabs or the common divisor of its indentations."""
    indents = [_INDENT.match(line)[0] for line in _LINE_END.split(text) if line.strip()]  # type: ignore[index]
    ends = _LINE_END.findall(text)
    newline = max(("\n", "\r\n", "\r"), key=ends.count)
    tabs = sum(indent.startswith("\t") for indent in indents)
    widths = [len(indent) for indent in indents if indent.startswith(" ")]
    if not tabs and not widths:
        return Style(None, newline)
    if tabs > len(widths):
        return Style("\t", newline)
    return Style(" " * _step(widths), newline)


def _step(widths: list[int]) -> int:
    """Return the step that most indentations are made of; an odd one out, aligned by hand, does not decide."""
    divisors = [
        step
        for step in range(2, _LARGEST_WIDTH + 1)
        if 10 * sum(width % step == 0 for width in widths) >= 9 * len(widths)
    ]
    return max(divisors, default=gcd(*widths))


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
