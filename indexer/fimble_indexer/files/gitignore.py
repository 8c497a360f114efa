"""Patterns of a ``.gitignore`` file, decided for one path as git does it: https://git-scm.com/docs/gitignore.

A pattern is compared with the very path, never with what lies above it. git walks from folder to folder in the same
way, and only so can ``!src`` after ``build`` mean "src", and not "src/build".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_CLASS = re.compile(r"\[([!^]?)(\]?(?:\[:\w+:\]|\\.|[^\]\\])*)\]")
_CLASS_PART = re.compile(r"\[:(\w+):\]|(\\.|.)(?:-(\\.|[^\]]))?")
_NOTHING = r"(?!)"


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    is_for_folders: bool
    is_exception: bool


class Patterns:
    """The patterns of one file, or of several that are read one after the other."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns = [pattern for line in lines if (pattern := _compile(line)) is not None]
        self._patterns.reverse()  # the last one that fits decides
        # Nearly all paths fit none: one look tells them.
        self._any = re.compile("|".join(f"(?:{pattern.regex.pattern})" for pattern in self._patterns) or _NOTHING)

    def decide(self, path: str) -> bool | None:
        """Tell whether ``path`` is meant, or excepted by "!"; None if no pattern fits. A folder's ends with "/"."""
        if not self._patterns:
            return None
        is_folder = path.endswith("/")
        path = path.rstrip("/")
        if not self._any.fullmatch(path):
            return None
        for pattern in self._patterns:
            if (is_folder or not pattern.is_for_folders) and pattern.regex.fullmatch(path):
                return not pattern.is_exception
        return None


def _compile(line: str) -> _Pattern | None:
    if line.startswith("#"):
        return None
    is_exception = line.startswith("!")
    glob = _without_trailing_spaces(line[is_exception:])
    is_for_folders = glob.endswith("/")
    glob = glob.removesuffix("/")
    if not glob:
        return None
    anywhere = "" if "/" in glob else "(?:.*/)?"
    regex = re.compile(anywhere + _translate(glob.removeprefix("/")), re.DOTALL)
    return _Pattern(regex, is_for_folders, is_exception)


def _without_trailing_spaces(glob: str) -> str:
    stripped = glob.rstrip(" ")
    is_escaped = (len(stripped) - len(stripped.rstrip("\\"))) % 2 == 1
    return f"{stripped} " if is_escaped and stripped != glob else stripped


def _translate(glob: str) -> str:
    regex = []
    position = 0
    while position < len(glob):
        character = glob[position]
        rest = glob[position:]
        if character == "*":
            stars = len(rest) - len(rest.lstrip("*"))
            after = rest[stars : stars + 1]
            is_path = stars > 1 and (position == 0 or glob[position - 1] == "/") and after in {"", "/"}
            regex.append(("(?:.*/)?" if after else ".+") if is_path else "[^/]*")
            position += stars + (is_path and after == "/")
            continue
        if character == "[":
            match = _CLASS.match(rest)
            regex.append(_translate_class(match[1], match[2]) if match else _NOTHING)
            position += match.end() if match else 1
            continue
        if character == "\\":
            position += 1
            regex.append(re.escape(rest[1]) if len(rest) > 1 else _NOTHING)
        else:
            regex.append("[^/]" if character == "?" else re.escape(character))
        position += 1
    return "".join(regex)


def _translate_class(negation: str, content: str) -> str:
    parts = []
    for name, *ends in _CLASS_PART.findall(content):
        first, last = (end.removeprefix("\\") or "\\" for end in ends)
        if name:
            parts.append(_CLASSES.get(name, ""))
        elif ends[1] and first <= last:
            parts.append(f"{re.escape(first)}-{re.escape(last)}")
        else:
            parts.append(re.escape(first))
    return f"(?!/)[{'^' if negation else ''}{''.join(parts)}]" if any(parts) else _NOTHING
