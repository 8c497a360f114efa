"""From what the model said to what is shown: small filters, each with a name.

A filter takes the text and the place it is meant for and returns the text that is left; an empty one means that
nothing is shown. They run in the order of `FILTERS`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.parse import error_count
from fimble_server.extent import opens_block

_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(_OPENERS.values())
_QUOTES = frozenset("\"'`")
_GOES_ON = (*_OPENERS, ",")
_SEPARATORS = (";", ",", ":")
_ESCAPE = re.compile(r"\\.")
_CLOSING_PUNCTUATION = _CLOSERS | _QUOTES | frozenset(";,")
_LONGEST_PARSED = 100_000
"""Characters; a longer document is not parsed on the keystroke path."""
_PARSED = 16
"""Documents whose errors are remembered: with its suggestion typed along, a document stays what it was."""
_PARSING_SECONDS = 0.03
"""For all attempts together; a text that was not judged by then is shown as it is."""
_LONGEST_LOOP = 3
"""Lines that may come again and again before the text counts as a loop."""
_LOOP_IN_LINE = re.compile(r"(.{4,60}?)\1{3,}")
_SHORTEST_REST = 3
"""Characters; a shorter end of the cursor's line may stand in a suggestion by chance."""
_LINES_LOOKED_AT = 4
"""Lines from the cursor on among which the next line of code is looked for."""


@dataclass(frozen=True)
class Place:
    """The document around the cursor."""

    before: str
    after: str
    language: Language | None = None
    explicit: bool = False
    finished: bool = True
    """Whether the model came to an end by itself."""

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before[self.before.rfind("\n") + 1 :]

    @property
    def line_after(self) -> str:
        """The cursor's line from the cursor on."""
        return self.after.partition("\n")[0]


@dataclass(frozen=True)
class Shown:
    """A suggestion fit to be shown: it replaces the next `replaced` characters after the cursor."""

    text: str
    replaced: int = 0
    filters: tuple[str, ...] = ()
    """The names of the filters that changed or refused the text."""


Filter = Callable[[str, Place], str]


def cut_unfinished_word(text: str, place: Place) -> str:
    """Drop a word that the token or time limit may have cut in two."""
    if place.finished:
        return text
    return re.sub(r"[\w$]+\Z", "", text).rstrip(" \t")


def cut_blank_end(text: str, place: Place) -> str:
    """Drop white space at the end, and a text that is nothing else."""
    del place
    return text.rstrip()


def refuse_line_above(text: str, place: Place) -> str:
    """Drop a text that makes the current line a copy of the one above it."""
    above = place.before[: place.before.rfind("\n") + 1].rstrip().rpartition("\n")[2]
    line = (place.line_before + text).rstrip()
    copied = line == above and any(character.isalnum() for character in line)
    return "" if copied else text


def cut_repeated_indentation(text: str, place: Place) -> str:
    """Drop white space at the start where the cursor's line is indented already as deep as the code around asks."""
    line = place.line_before
    if not line or line.strip():
        return text
    above = place.before.rstrip().rpartition("\n")[2]
    indent = len(above) - len(above.lstrip(" \t"))
    deep_enough = len(line) > indent if opens_block(above, place.language) else len(line) >= indent
    return text.lstrip(" \t") if deep_enough else text


def cut_rest_of_line(text: str, place: Place) -> str:
    """Cut where the text repeats what stands right of the cursor on its line."""
    rest = place.line_after.strip()
    if len(rest) < _SHORTEST_REST or not any(character.isalnum() for character in rest):
        return "" if rest and text.strip() == rest else text
    found = text.find(rest)
    return text if found < 0 else text[:found].rstrip()


def refuse_unclosed(text: str, place: Place) -> str:
    """Drop a text that opens a bracket and leaves it open while the line goes on after the cursor."""
    rest = place.line_after.strip()
    return "" if rest and _brackets(text, place.line_after[:1])[1] else text


def cut_what_follows(text: str, place: Place) -> str:
    """Drop the lines that stand after the cursor already."""
    following = [line for line in place.after.split("\n", _LINES_LOOKED_AT)[1:_LINES_LOOKED_AT] if line.strip()]
    if not following:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        # The first line is the cursor's own; it repeats the next one only if it would be a copy as a whole.
        whole = place.line_before + line if number == 0 else line
        if whole.strip() and whole.rstrip() == following[0].rstrip():
            return "\n".join(lines[:number]).rstrip()
    return text


def cut_repetition(text: str, place: Place) -> str:
    """Cut where the model goes round in circles: the same lines, or the same piece of a line, again and again."""
    del place
    lines = text.split("\n")
    for period in range(1, _LONGEST_LOOP + 1):
        for start in range(len(lines) - 3 * period + 1):
            piece = lines[start : start + period]
            if any(line.strip() for line in piece) and lines[start : start + 3 * period] == piece * 3:
                return "\n".join(lines[: start + period])
    for loop in _LOOP_IN_LINE.finditer(text):
        # Indentation and lines of dashes repeat themselves as well.
        if any(character.isalnum() for character in loop[1]):
            return text[: loop.start()].rstrip()
    return text


def cut_syntax_error(text: str, place: Place) -> str:
    """Keep the most lines that bring no syntax error which was not there before.

    A text that was cut off, or that ends behind an opener or a comma, goes on; it cannot be judged yet. Nor can a
    wrong line be told from one that is being typed: as many errors are excused as are there already.
    """
    language = place.language
    if language is None or len(place.before) + len(place.after) > _LONGEST_PARSED:
        return text
    if not place.finished or opens_block(text, language) or text.endswith(_GOES_ON):
        return text
    lines = text.split("\n")
    deadline = perf_counter() + _PARSING_SECONDS
    for count in range(len(lines), 0, -1):
        if perf_counter() > deadline:
            return text
        shorter = "\n".join(lines[:count])
        errors = _errors(place.before + shorter + place.after[replaced_closers(shorter, place) :], language)
        if not errors or errors <= _errors(place.before + place.after, language):
            return shorter
    return ""


@lru_cache(maxsize=_PARSED)
def _errors(source: str, language: Language) -> int:
    return error_count(source.encode("utf-8", "surrogatepass"), language)


def refuse_short(text: str, place: Place) -> str:
    """Drop what is quicker typed than read: a single character, or nothing but closing brackets and quotes."""
    if place.explicit:
        return text
    content = text.strip()
    return "" if len(content) == 1 or _CLOSING_PUNCTUATION.issuperset(content) else text


FILTERS: tuple[Filter, ...] = (
    cut_unfinished_word,
    cut_blank_end,
    cut_repeated_indentation,
    refuse_line_above,
    cut_rest_of_line,
    cut_what_follows,
    refuse_unclosed,
    cut_repetition,
    cut_syntax_error,
    cut_blank_end,
    refuse_short,
)


def replaced_closers(text: str, place: Place) -> int:
    """Return how many characters after the cursor the text brings along itself.

    Editors close brackets and quotes on their own; where the suggestion closes them too, it takes their place. So
    does a `;`, `,` or `:` at its very end.
    """
    after = place.line_after
    count = 0
    for closer in _brackets(text, after[:1])[0]:
        found = count + len(after[count:]) - len(after[count:].lstrip(" \t"))
        if after[found : found + 1] != closer:
            break
        count = found + 1
    if text.endswith(_SEPARATORS) and after[count : count + 1] == text[-1]:
        count += 1
    return count


def _brackets(text: str, following: str) -> tuple[list[str], list[str]]:
    """Return the brackets and quotes that close what was opened before the text, and those that it leaves to close.

    A quote right after the cursor (`following`) tells that the cursor is in a string, which the text ends if it
    holds an odd number of them.
    """
    text = _ESCAPE.sub("", text)
    inside = following in _QUOTES and text.count(following) % 2 == 1
    expected = [following] if inside else []
    unmatched: list[str] = []
    for character in text:
        if expected and character == expected[-1]:
            expected.pop()
            if inside and not expected:
                unmatched.append(character)
                inside = False
        elif expected and expected[-1] in _QUOTES:
            continue
        elif character in _QUOTES:
            expected.append(character)
        elif character in _OPENERS:
            expected.append(_OPENERS[character])
        elif character in _CLOSERS and not expected:
            unmatched.append(character)
    return unmatched, expected


def postprocess(text: str, place: Place) -> Shown:
    """Run all filters."""
    names: list[str] = []
    for apply in FILTERS:
        left = apply(text, place)
        if left != text and apply is not cut_blank_end:
            names.append(apply.__name__)
        text = left
        if not text:
            break
    return Shown(text, replaced_closers(text, place), tuple(names))
