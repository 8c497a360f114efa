"""Anchored fill-in-the-middle prompts.

    PREFIX [text before the anchor] SUFFIX [text after the cursor, snippets of other files] MIDDLE [typed text]

The anchor is where typing began. What was typed since stands behind the middle marker, so that a keystroke only
appends to the prompt and everything before it stays in the KV cache. The idea is EFIM's (arXiv 2505.21889).
Families without a middle marker read the suffix first, and the typed text follows the prefix; that appends as well.

Snippets stand below the document, as code under a comment with their path: so a prompt with them goes on where one
without them ends, and costs no more than they do. The markers that some families have for files of a repository did
worse with a small model, most of all where no other file was needed (docs/context.md).
Lengths are in characters: tokens are the engine's business.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from fimble_indexer.files.secrets import redact
from fimble_indexer.syntax.languages import language_for_path

_WINDOW_STEP = 16
"""Lines. Windows begin at a multiple of this, so that moving down a file keeps what stands above in the cache."""
_LEAST_USED = 0.75
"""Of a window: neither the step nor whole lines may cost a small one more than the rest."""
LONGEST_TYPED = 600
"""Characters typed since the anchor before a new one is set: about 200 tokens."""
_LOOKED_THROUGH = 100_000
"""Characters before and after the anchor among which secrets are looked for: more than any window shows."""
_LONGEST_TYPED_AT_FIRST = LONGEST_TYPED // 2
"""Of a long line, what counts as typed when an anchor is set in it; the rest of the limit is for typing on."""
_COMMENT = "#"
"""Begins a comment in most languages that are not known here."""
_MOST_AUTO_CLOSED = 4
_LONGEST_AUTO_CLOSED = 200
"""Brackets and quotes, and characters with the white space around them, that an editor may have put behind the
cursor since the anchor was set."""
_AUTO_CLOSED = frozenset(")]}>\"'`;")


@dataclass(frozen=True)
class Format:
    """The markers of one model family; `middle` is empty where the family has none."""

    name: str
    prefix: str
    suffix: str
    stops: tuple[str, ...]
    middle: str = ""
    order: Literal["prefix-suffix", "suffix-prefix"] = "prefix-suffix"
    """Which of the two parts comes first; a family that reads the suffix first appends to a prompt by nature."""


@dataclass(frozen=True)
class Snippet:
    """Code of another file that may help at the cursor; lines are 0-based, the end exclusive."""

    path: str
    start_line: int
    end_line: int
    text: str
    source: str
    """Which look-up found it."""


@dataclass(frozen=True)
class Piece:
    """A part of a prompt: markers of the format (`control`), or text that must never be read as markers."""

    text: str
    control: bool = False


@dataclass(frozen=True)
class Anchor:
    """Where typing began: a split of the document that stays while the user types on."""

    before: str
    after: str
    snippets: tuple[Snippet, ...] = ()

    def typed(self, text: str, offset: int, limit: int = LONGEST_TYPED) -> str | None:
        """Return what was typed since the anchor, or None when the document does not continue it.

        More than `limit` characters count as another place: it is time for a new anchor.

        Brackets and quotes that the editor closed behind the cursor on its own do not count as a change of the
        text after it, not even on a line of their own as after Enter between two braces: the model is asked as if
        they were not there.
        """
        start, rest = len(self.before), len(text) - offset - len(self.after)
        if (
            not 0 <= rest <= _LONGEST_AUTO_CLOSED
            or not 0 <= offset - start <= limit
            or not text.startswith(self.before)
            or not text.endswith(self.after)
            or not _is_auto_closed(text[offset : offset + rest])
        ):
            return None
        return text[start:offset]


def _is_auto_closed(text: str) -> bool:
    closed = "".join(text.split())
    return len(closed) <= _MOST_AUTO_CLOSED and _AUTO_CLOSED.issuperset(closed)


@lru_cache(maxsize=8)
def _redacted(before: str, after: str) -> tuple[str, str]:
    """Return both texts without secrets, which are looked for in the whole, so that the split hides none.

    Where the line that is split holds one, nothing of that line is left.
    """
    before, after = before[-_LOOKED_THROUGH:], after[:_LOOKED_THROUGH]
    whole = before + after
    clean = redact(whole)
    if clean == whole:
        return before, after
    lines, original = clean.split("\n"), whole.split("\n")
    number, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    line = lines[number] if lines[number] == original[number] else ""
    return (
        "\n".join([*lines[:number], line[:column]]),
        "\n".join([line[column:], *lines[number + 1 :]]),
    )


@cache
def load_format(name: str) -> Format:
    """Read a format from its data file; raises `KeyError` for a family that has none."""
    file = files(__package__) / "formats" / f"{name}.toml"
    if not file.is_file():
        raise KeyError(name)
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return Format(name=name, **data | {"stops": tuple(data["stops"])})


def set_anchor(text: str, offset: int, snippets: Sequence[Snippet] = ()) -> Anchor:
    """Anchor at the start of the code on the cursor's line, behind the indentation.

    What already stands between there and the cursor counts as typed; of a very long line, only its end.
    """
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    start += len(line) - len(line.lstrip(" \t"))
    start = max(start, offset - _LONGEST_TYPED_AT_FIRST)
    return Anchor(text[:start], text[offset:], tuple(snippets))


def prefix_window(before: str, limit: int) -> str:
    """Return the end of `before`, at most `limit` characters, from a line that is also the start for nearby cursors."""
    if len(before) <= limit:
        return before
    least = limit * _LEAST_USED
    start = before.find("\n", len(before) - limit - 1) + 1
    if start == 0 or len(before) - start < least:
        # Whole lines would leave most of the window empty: there is a very long one.
        return before[len(before) - limit :]
    line = before.count("\n", 0, start)
    for _ in range(-line % _WINDOW_STEP):
        following = before.find("\n", start) + 1
        if following == 0 or len(before) - following < least:
            break
        start = following
    return before[start:]


def suffix_window(after: str, limit: int) -> str:
    """Return the beginning of `after`, at most `limit` characters, in whole lines unless a very long one is there."""
    if len(after) <= limit:
        return after
    end = after.rfind("\n", 0, limit) + 1
    return after[: end if end >= limit * _LEAST_USED else limit]


def fim_prompt(fim: Format, anchor: Anchor, *, path: str, prefix_limit: int, suffix_limit: int) -> tuple[Piece, ...]:
    """Return the pieces of the prompt, up to where the typed text follows.

    `path` is the document's, relative to the repository: its language is that of the comments. Secrets in the
    document are made unreadable, as they are in snippets.
    """
    before, after = _redacted(anchor.before, anchor.after)
    prefix = (Piece(fim.prefix, control=True), Piece(prefix_window(before, prefix_limit)))
    suffix = [Piece(fim.suffix, control=True), Piece(suffix_window(after, suffix_limit))]
    if anchor.snippets:
        suffix.append(Piece(_below(anchor.snippets, path)))
    pieces = [*prefix, *suffix] if fim.order == "prefix-suffix" else [*suffix, *prefix]
    if fim.middle:
        pieces.append(Piece(fim.middle, control=True))
    return tuple(pieces)


def _below(snippets: Sequence[Snippet], path: str) -> str:
    language = language_for_path(path)
    mark = (language.line_comment if language else None) or _COMMENT
    return "".join(f"\n\n{mark} {snippet.path}\n{snippet.text.rstrip()}\n" for snippet in snippets)
