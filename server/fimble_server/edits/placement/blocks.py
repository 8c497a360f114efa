"""A code block of an answer, understood: what it defines, and where it leaves code out."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.outline import ImportStatement, Item, Outline, Span, outline
from fimble_indexer.syntax.parse import error_count
from fimble_server.edits.placement.encoding import to_bytes
from fimble_server.edits.placement.indentation import style_of

_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<code>.*?)\n?[ \t]*(?P=fence)\s*", re.DOTALL)
_COMMENT = re.compile(r"(?:#|//+|--|/\*+|<!--|;+|%+|\{/\*)\s*(?P<text>.*?)\s*(?:\*+/\}?|-->)?")
_BARE = re.compile(r"\.{3}|…")
_FRAGMENT = "Fragment"
_ABOVE = ("/*", "//", "@", "[", "#", "--")
_CLOSING = ("}", ")", "]", "end")


@dataclass(frozen=True)
class Block:
    """Code to place. ``source`` may have a line of ours around it, so that members without their type parse.

    ``items``, ``imports`` and ``others`` are what is to be placed, with bytes of ``source``. ``elisions`` are the lines
    of ``source``, from 0, that stand for code left out; there the source has a placeholder.
    """

    source: bytes
    text: str
    items: tuple[Item, ...]
    imports: tuple[ImportStatement, ...]
    others: tuple[Span, ...]
    elisions: frozenset[int]
    errors: int
    is_fragment: bool
    """Whether the items are members of a type that is not shown."""
    is_wrapped: bool
    outline: Outline | None

    def line_of(self, offset: int) -> int:
        """Return the line, from 0, that a byte of the source is on."""
        return self.source.count(b"\n", 0, offset)

    def elisions_in(self, span: Span) -> frozenset[int]:
        """Return the lines in a span that stand for code left out."""
        lines = range(self.line_of(span.start), self.line_of(span.end) + 1)
        return self.elisions.intersection(lines)


def read_block(code: str, path: str, language: Language | None, file_text: str) -> Block:
    """Understand a block that is to go into the file ``path``, whose text tells what is no elision."""
    if fenced := _FENCE.fullmatch(code):
        code = fenced["code"]
    code = code.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    code = _without_path(code, path)
    if language is None:
        return Block(
            to_bytes(code), code, (), (), (), frozenset(), 0, is_fragment=False, is_wrapped=False, outline=None
        )
    code = _with_first_indent(code, language, style_of(file_text).unit or "    ")
    lines = code.split("\n")
    known = {line.strip() for line in file_text.splitlines()}
    elisions = [number for number, line in enumerate(lines) if _is_elision(lines, number, known, language)]
    for number in elisions:
        lines[number] = _placeholder(lines[number], language)
    marked = "\n".join(lines)
    openings, types = _fragments()
    opening = openings.get(language.name, "")
    if code.lstrip().startswith(opening.strip()):
        opening = ""
    plain = _parsed(marked, opening, "", language, elisions)
    if plain.errors == 0 or language.name not in types:
        return plain
    before, after = types[language.name]
    wrapped = _parsed(marked, opening + before, after, language, elisions)
    if wrapped.errors >= plain.errors:
        return plain
    members = tuple(_unwrapped(member) for item in wrapped.items if item.name == _FRAGMENT for member in item.members)
    return replace(wrapped, items=members, imports=(), others=(), is_fragment=True)


def _parsed(code: str, before: str, after: str, language: Language, elisions: Iterable[int]) -> Block:
    source = to_bytes(f"{before}{code}\n{after}")
    found = outline(source, language)
    shift = before.count("\n")
    gaps = {number + shift for number in elisions}
    return Block(
        source,
        code,
        tuple(_without_gaps(item, source, gaps) for item in found.items) if found else (),
        found.imports if found else (),
        tuple(other for other in found.others if other.start >= len(before)) if found else (),
        frozenset(gaps),
        error_count(source, language),
        is_fragment=False,
        is_wrapped=bool(before),
        outline=found,
    )


def _without_gaps(item: Item, source: bytes, gaps: set[int]) -> Item:
    """Take a comment that stands for code left out, and those above it, off what stands above a definition."""
    lines = [source.count(b"\n", 0, comment.start) for comment in item.comments]
    last = max((index for index, line in enumerate(lines) if line in gaps), default=-1)
    comments = item.comments[last + 1 :]
    return replace(
        item,
        comments=comments,
        lead=min([item.span.start, *(span.start for span in (*comments, *item.annotations))]),
        members=tuple(_without_gaps(member, source, gaps) for member in item.members),
    )


def _unwrapped(item: Item) -> Item:
    return replace(
        item,
        qualified_name=item.qualified_name.removeprefix(f"{_FRAGMENT}."),
        members=tuple(map(_unwrapped, item.members)),
    )


def _without_path(code: str, path: str) -> str:
    """Drop a first line that is a comment with the file's own name, as answers often begin."""
    first, newline, rest = code.partition("\n")
    comment = _COMMENT.fullmatch(first.strip())
    if comment is None or not newline:
        return code
    named = re.sub(r"^(?:file(?:name)?|path)\s*:\s*", "", comment["text"], flags=re.IGNORECASE).strip("`'\"")
    parts = PurePosixPath(named).parts
    return rest.lstrip("\n") if parts and PurePosixPath(path).parts[-len(parts) :] == parts else code


def _with_first_indent(code: str, language: Language, unit: str) -> str:
    """Give the first line the indentation that was cut off with what stood before the block.

    It tells by the lines below: by one that closes what the first one opens, or by a body that is indented by more than
    one step. ``unit`` is the file's step.
    """
    first, *rest = code.split("\n")
    below = [line for line in rest if line.strip()]
    if not below or _indent(first):
        return code
    least = min(below, key=_indent)
    indent = least[: _indent(least)]
    if not _is_python_like(language):
        outer = min((line for line in below if not line.lstrip().startswith("*")), key=_indent, default="")
        outermost = [line.lstrip() for line in below if _indent(line) == _indent(outer)]
        closes = first.startswith(_ABOVE) or any(line.startswith(_CLOSING) for line in outermost)
        return (outer[: _indent(outer)] if closes else "") + code
    if first.startswith("@") or least.strip().startswith(_CLOSING):
        return indent + code
    if not first.rstrip().endswith((":", "(", "[", "{")):
        return code
    deeper = [_indent(line) - len(indent) for line in below if _indent(line) > len(indent)]
    steps = len(indent) // len(unit)
    step = min(deeper) if deeper else len(unit) if steps > 1 else len(indent)
    return indent[: max(len(indent) - step, 0)] + code


def _is_elision(lines: list[str], number: int, known: set[str], language: Language) -> bool:
    """Tell a line that stands for code left out; one that the file has as well is none."""
    line = lines[number].strip()
    if not line or line in known:
        return False
    if _BARE.fullmatch(line):
        return not _is_python_like(language) or not _is_whole_body(lines, number)
    comment = _COMMENT.fullmatch(line)
    return comment is not None and any(pattern.fullmatch(comment["text"].lower()) for pattern in _patterns())


def _is_whole_body(lines: list[str], number: int) -> bool:
    """Tell a Python ``...`` that is all that a body has: a stub."""
    above = next((line for line in reversed(lines[:number]) if line.strip()), "")
    below = next((line for line in lines[number + 1 :] if line.strip()), "")
    return above.rstrip().endswith(":") and _indent(below) < _indent(lines[number])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_python_like(language: Language) -> bool:
    return ":" in language.block_openers


def _placeholder(line: str, language: Language) -> str:
    """Return what parses in the place of an elision and belongs to the body that it stands in."""
    indent = line[: _indent(line)]
    return f"{indent}..." if _is_python_like(language) else f"{indent}{language.line_comment or ''} ..."


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    table = tomllib.loads((files(__package__) / "elisions.toml").read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for pattern in table["patterns"])


@cache
def _fragments() -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    table = tomllib.loads((files(__package__) / "fragments.toml").read_text(encoding="utf-8"))
    return table["openings"], {name: (before, after) for name, (before, after) in table["types"].items()}
