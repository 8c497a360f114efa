r"""Markdown of a model made harmless: nothing in it loads or leads anywhere.

What a repository holds can talk a model into an image whose address carries what it has read, or into a link that runs
an editor's command. Outside of code, links, images and tags get a backslash, so that a reader sees them as they were
written. What is code is decided as in CommonMark, and where its rules need more than a line, nothing counts as code.
"""

import re
from collections.abc import Iterator

from fimble_server.controls import without_controls

_FENCE = re.compile(r"(?P<fence>`{3,})[^`\n]*(?:\n|\Z)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
"""Python knows more line ends than Markdown does."""
_TICKS = re.compile(r"`+")
_LIVE = re.compile(
    r"(?P<link>\])(?=\()|(?P<slashes>\\*)<(?=[A-Za-z/!?])|^(?P<definition> {0,3}\[[^\]\n]*\])(?=:)", re.MULTILINE
)
_UNSETTLED = re.compile(r"[\]<\\]+\Z")

Span = tuple[int, int]


def disarmed(text: str) -> str:
    """Return markdown without live links, images and tags, and without control characters; code stays as it is."""
    pieces: list[str] = []
    closing: re.Pattern[str] | None = None
    is_open = False  # a backtick above may open a span that goes on here
    for line in _LINE.findall(without_controls(text)):  # before what would become a link without them
        if closing is not None:
            pieces.append(line)
            closing = None if closing.match(line) else closing
        elif fence := _FENCE.match(line):
            pieces.append(line)
            closing = re.compile(rf" {{0,3}}{fence['fence']}`*\s*\Z")
        else:
            spans, open_from = _code_spans(line)
            is_open = is_open and bool(line.strip())
            pieces += _escaped(line, [] if is_open else spans)
            is_open = is_open or open_from is not None
    return "".join(pieces)


class DisarmedStream:
    """Makes a text harmless that comes in pieces: what could still become a link is held back."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._raw = ""
        self._sent = 0

    def feed(self, piece: str) -> str:
        """Return the next harmless text; often some of it follows with the next piece."""
        self._raw += without_controls(piece)
        return self._release(_settled(self._raw))

    def flush(self) -> str:
        """Return what was held back."""
        return self._release(len(self._raw))

    def _release(self, end: int) -> str:
        harmless = disarmed(self._raw[:end])
        released, self._sent = harmless[self._sent :], len(harmless)
        return released


def _code_spans(line: str) -> tuple[list[Span], int | None]:
    """Return the code spans of a line, and where one begins that does not end in it."""
    spans: list[Span] = []
    open_from: int | None = None
    position = 0
    while position < len(line):
        if line[position] == "\\":
            position += 2
        elif ticks := _TICKS.match(line, position):
            closing = next(
                (found for found in _TICKS.finditer(line, ticks.end()) if len(found.group()) == len(ticks.group())),
                None,
            )
            if closing:
                spans.append((ticks.start(), closing.end()))
            elif open_from is None:
                open_from = ticks.start()
            position = (closing or ticks).end()
        else:
            position += 1
    return spans, open_from


def _escaped(line: str, spans: list[Span]) -> Iterator[str]:
    def escape(match: re.Match[str]) -> str:
        if any(start <= match.end() - 1 < end for start, end in spans):
            return match.group()
        if match["slashes"] is not None:
            # After an odd number of backslashes it has one already.
            return match.group() if len(match["slashes"]) % 2 else f"{match['slashes']}\\<"
        return f"{match.group()}\\"

    yield _LIVE.sub(escape, line)


def _settled(raw: str) -> int:
    """Return how much of a text no further character can change the meaning of."""
    start = max(raw.rfind("\n"), raw.rfind("\r")) + 1
    line = raw[start:]
    spans, open_from = _code_spans(line)
    if line.endswith("`") and spans and spans[-1][1] == len(line):
        open_from = spans[-1][0] if open_from is None else open_from  # one more backtick, and it ends elsewhere
    if open_from is not None:
        return start + open_from
    return len(raw) - len(match.group()) if (match := _UNSETTLED.search(raw)) else len(raw)
