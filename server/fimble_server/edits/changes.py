r"""Changes of text: the smallest ones between two texts, moved to a newer text, shown as a diff.

Offsets count characters. Lines end at "\n", "\r\n" or "\r" and nowhere else, as in `documents.py`.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_MOST_COMPARED_LINES = 4000
"""On either side of a difference; beyond it comparing takes seconds, and it is replaced as a whole."""
_CONTEXT_LINES = 3


@dataclass(frozen=True)
class Change:
    """The characters from `start` to `end` of a text are replaced by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class FileEdit:
    """What one file is to become: `before` is None for a file to create, `after` is None for one to remove.

    `path` is how its user calls the file: relative to the workspace, with slashes.
    """

    path: str
    before: str | None
    after: str | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """The smallest changes, in the order of the text."""
        return changes_between(self.before or "", self.after or "")

    def onto(self, text: str | None) -> "FileEdit | None":
        """Return the same edit of the file as it is now, None for none.

        None if somebody changed the lines from the first to the last of the edit, or made or removed the file.
        """
        if text == self.before:
            return self
        if text is None or self.before is None or self.after is None:
            return None
        if self.before == self.after:
            return FileEdit(self.path, text, text)
        old, new, now = split_lines(self.before), split_lines(self.after), split_lines(text)
        start = shared_length(old, new)
        end = len(old) - shared_length(old[start:][::-1], new[start:][::-1])
        place = rebased(start, end, old, now)
        if place is None:
            return None
        lines = new[start : len(new) - (len(old) - end)]
        return FileEdit(self.path, text, "".join([*now[:place], *lines, *now[place + end - start :]]))

    @property
    def diff(self) -> str:
        """The unified diff, as `patch` and `git apply` read it; empty if nothing changes."""
        return unified_diff(self.path, self.before, self.after)


def split_lines(text: str) -> list[str]:
    """Return the lines of a text with their ends; they join to exactly the text."""
    return _LINE.findall(text)


def without_end(line: str) -> str:
    """Return a line without its end."""
    return line.rstrip("\r\n")


def plain(text: str) -> str:
    """Return a text as parsers and models take it: line feeds alone, and a mark for what UTF-8 has no bytes for.

    The number of lines and of characters in each stays the same.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()


def changes_between(old: str, new: str) -> tuple[Change, ...]:
    """Return the changes that make the old text the new one: each as short as can be, none where lines are the same.

    No change cuts a line end of two characters in half, which positions of the language server protocol cannot name.
    """
    old_lines, new_lines = split_lines(old), split_lines(new)
    found: list[Change] = []
    offset = position = 0
    for kind, old_start, old_end, new_start, new_end in _differences(old_lines, new_lines):
        offset += sum(map(len, old_lines[position:old_start]))
        before, after = "".join(old_lines[old_start:old_end]), "".join(new_lines[new_start:new_end])
        if kind != "equal":
            found.append(_trimmed(offset, before, after))
        offset += len(before)
        position = old_end
    return tuple(found)


def rebased(start: int, end: int, old: Sequence[str], new: Sequence[str]) -> int | None:
    """Return the new number of the old lines from `start` to before `end`; None if any of them is not there any more.

    Of no lines, `start` and `end` being the same, it is where those behind them begin.
    """
    for kind, old_start, old_end, new_start, _ in _differences(old, new):
        if kind == "equal" and old_start <= start and end <= old_end and (start < old_end or start == len(old)):
            return new_start + start - old_start
    return None


def unified_diff(path: str, before: str | None, after: str | None) -> str:
    """Return the unified diff of a file; None stands for a file that is not there."""
    old_lines, new_lines = split_lines(before or ""), split_lines(after or "")
    lines = difflib.unified_diff(
        _terminated(old_lines),
        _terminated(new_lines),
        "/dev/null" if before is None else f"a/{path}",
        "/dev/null" if after is None else f"b/{path}",
        n=_CONTEXT_LINES,
    )
    return "".join(lines)


def _terminated(lines: Sequence[str]) -> list[str]:
    r"""End the last line as diffs do. Lines that end with "\r" alone are one line to every tool that reads diffs."""
    joined = re.findall(r"[^\n]*\n|[^\n]+\Z", "".join(lines))
    if joined and not joined[-1].endswith("\n"):
        joined[-1] += "\n\\ No newline at end of file\n"
    return joined


def _differences(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """Yield the steps from the old lines to the new ones, as `SequenceMatcher.get_opcodes` does."""
    start = shared_length(old, new)
    end = shared_length(old[start:][::-1], new[start:][::-1])
    old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
    yield "equal", 0, start, 0, start
    if max(len(old_middle), len(new_middle)) > _MOST_COMPARED_LINES:
        yield "replace", start, len(old) - end, start, len(new) - end
    else:
        for kind, *places in difflib.SequenceMatcher(None, old_middle, new_middle, autojunk=False).get_opcodes():
            yield kind, places[0] + start, places[1] + start, places[2] + start, places[3] + start
    yield "equal", len(old) - end, len(old), len(new) - end, len(new)


def shared_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the items, lines or characters, that both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _trimmed(offset: int, before: str, after: str) -> Change:
    """Leave out what stays the same at the beginning and at the end."""
    start = shared_length(before, after)
    if _cuts_line_end(before, start) or _cuts_line_end(after, start):
        start -= 1
    end = shared_length(before[start:][::-1], after[start:][::-1])
    if _cuts_line_end(before, len(before) - end) or _cuts_line_end(after, len(after) - end):
        end -= 1
    return Change(offset + start, offset + len(before) - end, after[start : len(after) - end])


def _cuts_line_end(text: str, place: int) -> bool:
    return text[place - 1 : place + 1] == "\r\n" if place else False
