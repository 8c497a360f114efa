"""Code that a block leaves out, found again in what it takes the place of; refused where that is not certain.

The lines of the block around a gap are looked for in the old code. A gap stands for the old lines between the nearest
of them that occur there only once; lines of the block that are new stand beside it. If a new line resembles one that
the gap would keep, it most likely changes that one, and nothing is certain.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from fimble_server.edits.placement.placing import ApplyError

_SIMILAR = 0.75
_ASSIGNED = re.compile(r"(?:(?:const|let|var|mut|auto|final)\s+)*([\w.\[\]'\"]+)\s*(?::[^=]+)?:?=(?!=)")
_TELLING = re.compile(r"\w")
_LEAVES = re.compile(r"(?:return|raise|throw|break|continue|goto|panic!?)\b")


@dataclass(frozen=True, slots=True)
class Kept:
    """Lines of the old code, from one number to another, which stay as they are."""

    start: int
    end: int


def restore(old: Sequence[str], new: Sequence[str | None], *, old_header: int, new_header: int) -> list[Kept | int]:
    """Return what the code is with its gaps filled: lines kept of the old code, and the numbers of new lines.

    None stands for a gap among the ``new`` lines. The first ``old_header`` and ``new_header`` lines, which name what
    the code defines, stand for each other.

    Raises:
        ApplyError: it is not certain what a gap stands for.

    """
    old_words = [" ".join(line.split()) for line in old]
    new_words = [None if line is None else " ".join(line.split()) for line in new]
    result: list[Kept | int] = [*range(new_header)]
    position = old_header
    above: list[int] = []  # new lines right above the gap
    segments = _segments(new_words, new_header)
    for index, segment in enumerate(segments):
        anchors = _anchors(old_words, new_words, segment, position)
        if index > 0:
            if anchors:
                end, below = anchors[0].old, [number for number in segment if number < anchors[0].new]
            elif index == len(segments) - 1:
                end, closing = _end_of_body(old_words, new_words, segment, position)
                below = segment[: len(segment) - closing]
                if any(new_words[number] for number in below):
                    end = _before_leaving(old[position:end], [new[number] or "" for number in below], below) + position
            else:
                raise _uncertain(segment)
            _refuse_changes(above, new_words, old_words[position:end], from_end=False)
            _refuse_changes(below, new_words, old_words[position:end], from_end=True)
            result.append(Kept(position, end))
        result += segment
        above = [number for number in segment if not anchors or number > anchors[-1].new]
        position = anchors[-1].old + 1 if anchors else position
    return result


def _segments(new: Sequence[str | None], start: int) -> list[list[int]]:
    """Return the numbers of the lines before, between and behind the gaps."""
    segments: list[list[int]] = [[]]
    for number in range(start, len(new)):
        if new[number] is None:
            segments.append([])
        else:
            segments[-1].append(number)
    return segments


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A line that both have, by its numbers."""

    old: int
    new: int


def _anchors(
    old: Sequence[str], new: Sequence[str | None], segment: Sequence[int], position: int
) -> tuple[_Anchor, ...]:
    """Return the first and the last line of a segment that the old code has exactly once from a position on."""
    rest = list(old[position:])
    found = [
        _Anchor(position + rest.index(line), number)
        for number in segment
        if (line := new[number]) and _TELLING.search(line) and rest.count(line) == 1
    ]
    if [anchor.old for anchor in found] != sorted(anchor.old for anchor in found):
        raise _uncertain(segment)
    return (found[0], found[-1]) if found else ()


def _end_of_body(
    old: Sequence[str], new: Sequence[str | None], segment: Sequence[int], position: int
) -> tuple[int, int]:
    """Return where the old body ends, and how many last lines of a segment close it as the old code does."""
    end, closing = len(old), 0
    while (
        end > position
        and closing < len(segment)
        and old[end - 1] == new[segment[-1 - closing]]
        and not _TELLING.search(old[end - 1])
    ):
        end -= 1
        closing += 1
    return end, closing


def _refuse_changes(added: Sequence[int], new: Sequence[str | None], kept: Sequence[str], *, from_end: bool) -> None:
    """Refuse new lines that seem to change a kept one: a line beside them, or whatever assigns to the same name."""
    count = len(added) + 1
    beside = [line for line in (kept[-count:] if from_end else kept[:count]) if _TELLING.search(line)]
    assigned = {match[1] for line in kept if (match := _ASSIGNED.match(line))}
    for number in added:
        line = new[number]
        if not line or not _TELLING.search(line):
            continue
        target = _ASSIGNED.match(line)
        if (target and target[1] in assigned) or any(_resembles(line, other) for other in beside):
            raise _uncertain([number])


def _resembles(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR and matcher.ratio() >= _SIMILAR


def _before_leaving(kept: Sequence[str], added: Sequence[str], numbers: Sequence[int]) -> int:
    """Return how many lines are kept of a body to whose end lines are added: all, unless it ends by leaving.

    Nothing behind that would run, so it must be what the new lines take the place of, and they have to leave as well.
    """
    base = min((_indent(line) for line in kept if line.strip()), default=0)
    leaving = next(
        (i for i in range(len(kept) - 1, -1, -1) if _indent(kept[i]) == base and _LEAVES.match(kept[i].strip())), None
    )
    if leaving is None:
        return len(kept)
    if any(_LEAVES.match(line.strip()) for line in added):
        return leaving
    raise _uncertain(numbers)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _uncertain(segment: Sequence[int]) -> ApplyError:
    where = f" near its line {segment[0] + 1}" if segment else ""
    return ApplyError(f"The code leaves parts out{where}, and it is not certain which; ask for the whole definition")
