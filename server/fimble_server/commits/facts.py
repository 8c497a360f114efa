"""What a commit does to each file, as far as syntax tells: symbols added, removed, changed; dependencies moved."""

import re
import tomllib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files
from math import log2

from fimble_indexer.files.listing import content_belongs, is_generated
from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_indexer.syntax.parse import Definition, parse
from fimble_server.commits.changes import Change
from fimble_server.commits.dependencies import Dependency, dependencies
from fimble_server.commits.repository import Repository

_GENERATED_WEIGHT = 0.02
_WITH_SIGNATURE = frozenset({"class", "function", "interface", "macro", "method", "struct", "trait", "type"})
_LFS_POINTER = "version https://git-lfs.github.com/spec/"
_MOST_PARSED_BYTES = 20_000_000
"""Bytes parsed for one commit, heavy files first: some 10 s of work."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one file's change. Symbols are names as code would write them, `Class.method`."""

    change: Change
    kind: str
    """What kind of file it is, by its path: source, tests, docs, ci, build, settings, lock (``kinds.toml``)."""
    weight: float
    """How much the file says about the purpose of the commit, beside the others."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    """Symbols whose signature changes."""
    touched: tuple[str, ...] = ()
    """Symbols with changed lines, or headings of documents and keys of data."""
    dependencies: tuple[Dependency, ...] = ()
    is_whitespace: bool = False
    is_generated: bool = False
    is_large_file: bool = False
    """Whether git keeps only a pointer to the content (Git LFS)."""

    @property
    def path(self) -> str:
        """Return the file's path in the new state, or in the old one if it is removed."""
        return self.change.path

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return all symbols, the most telling first."""
        return tuple(dict.fromkeys((*self.added, *self.removed, *self.signatures, *self.touched)))


def facts_of(changes: Sequence[Change], repository: Repository) -> tuple[Facts, ...]:
    """Return what is known of each change, in the same order; files whose contents are missing give less."""
    plain = [_plainly(change) for change in changes]
    left = _MOST_PARSED_BYTES
    with repository.contents() as read:
        found: dict[str, Facts] = {}
        for facts in sorted(plain, key=lambda facts: -facts.weight):
            language = language_for_path(facts.path)
            if left <= 0 or language is None or not _is_worth_parsing(facts):
                continue
            old, new = (read(blob) or b"" for blob in (facts.change.old_blob, facts.change.new_blob))
            left -= len(old) + len(new)
            found[facts.path] = _by_syntax(facts, old, new, language)
    return tuple(found.get(facts.path, facts) for facts in plain)


def _plainly(change: Change) -> Facts:
    kind, weight = kind_of(change.path)
    lines = change.added + change.removed
    is_large_file = any(
        line.startswith(_LFS_POINTER) for hunk in change.hunks[:1] for line in _unsigned(hunk.lines[:3])
    )
    if change.is_content_same or is_large_file:
        lines = 1
    return Facts(
        change,
        kind,
        weight * log2(2 + lines),
        dependencies=dependencies(change),
        is_whitespace=_is_whitespace(change),
        is_large_file=is_large_file,
    )


def _unsigned(lines: Iterable[str]) -> Iterable[str]:
    return (line[1:] for line in lines)


def _is_whitespace(change: Change) -> bool:
    """Tell whether a file says the same as before but for spaces and line breaks."""
    if change.is_cut or not change.hunks or change.status not in {"changed", "renamed"}:
        return False
    return "".join("".join(change.lines("-")).split()) == "".join("".join(change.lines("+")).split())


def _is_worth_parsing(facts: Facts) -> bool:
    change = facts.change
    return not (
        change.is_binary
        or change.is_secret
        or change.is_submodule
        or change.is_link
        or change.is_content_same
        or facts.is_large_file
        or facts.is_whitespace
        or facts.kind == "lock"
    )


def _by_syntax(facts: Facts, old: bytes, new: bytes, language: Language) -> Facts:
    if not (content_belongs(old) and content_belongs(new)):
        return facts
    change = facts.change
    is_generated_ = is_generated((new or old).decode("utf-8", "replace"))
    before, after = _symbols(old, language), _symbols(new, language)
    added = _outermost(key for key in after if key not in before)
    removed = _outermost(key for key in before if key not in after)
    signatures = [
        key
        for key in after
        if key in before
        and after[key][0].kind in _WITH_SIGNATURE
        and _signatures(after[key]) != _signatures(before[key])
    ]
    touched = [
        *_enclosing(after, _changed_lines(change, "+")),
        *_enclosing(before, _changed_lines(change, "-")),
    ]
    named = {*added, *removed}
    return Facts(
        change,
        facts.kind,
        facts.weight if not is_generated_ else facts.weight * _GENERATED_WEIGHT,
        added,
        removed,
        _innermost(signatures),
        tuple(key for key in dict.fromkeys(touched) if key not in named and not _is_inside(key, named)),
        facts.dependencies,
        facts.is_whitespace,
        is_generated_,
    )


def _symbols(source: bytes, language: Language) -> dict[str, list[Definition]]:
    """Return the definitions by qualified name, headings by their own; overloads share one."""
    symbols: dict[str, list[Definition]] = {}
    for definition in parse(source, language, is_resident=True).definitions if source else ():
        name = definition.name if definition.kind == "heading" else definition.qualified_name
        symbols.setdefault(name, []).append(definition)
    return symbols


def _signatures(definitions: Iterable[Definition]) -> list[str]:
    return sorted("".join(definition.signature.split()) for definition in definitions)


def _outermost(keys: Iterable[str]) -> tuple[str, ...]:
    """Leave out what is inside of another one: a new class brings its methods."""
    found = dict.fromkeys(keys)
    return tuple(key for key in found if not _is_inside(key, found))


def _is_inside(key: str, others: Container[str]) -> bool:
    parts = key.split(".")
    return any(".".join(parts[:length]) in others for length in range(1, len(parts)))


def _innermost(keys: Iterable[str]) -> tuple[str, ...]:
    """Leave out what encloses another one: the class of a method whose signature changes."""
    found = list(keys)
    enclosing = {key[:end] for key in found for end in range(len(key)) if key[end] == "."}
    return tuple(key for key in found if key not in enclosing)


def _changed_lines(change: Change, sign: str) -> Iterable[int]:
    """Yield the 0-based numbers of the lines that are added in the new file, or removed from the old one."""
    for hunk in change.hunks:
        number = hunk.new_start if sign == "+" else hunk.old_start
        for line in hunk.lines:
            if line.startswith(sign) and line[1:].strip():
                yield number
            number += line.startswith((" ", sign))


def _enclosing(symbols: dict[str, list[Definition]], lines: Iterable[int]) -> Iterable[str]:
    """Yield the innermost definition around each line."""
    spans = sorted(
        (definition.start_line, -definition.end_line, key)
        for key, definitions in symbols.items()
        for definition in definitions
    )
    for line in lines:
        around = [key for start, end, key in spans if start <= line < -end]
        if around:
            yield around[-1]


def is_public(symbol: str) -> bool:
    """Tell by its name whether a symbol is for others to use."""
    name = symbol.rpartition(".")[2]
    return not name.startswith("_") or name.endswith("__")


def kind_of(path: str) -> tuple[str, float]:
    """Return the kind of a file by its path, and what a changed line of it weighs."""
    lowered = path.lower()
    return next((name, weight) for name, pattern, weight, _ in _kinds() if pattern.match(lowered))


def type_of(kind: str) -> str:
    """Return the type of Conventional Commits that says only such files are touched."""
    return next(type_ for name, _, _, type_ in _kinds() if name == kind)


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str], float, str], ...]:
    table = tomllib.loads((files(__package__) / "kinds.toml").read_text(encoding="utf-8"))
    return tuple(
        (name, re.compile("|".join(map(translate, entry["files"]))), entry["weight"], entry["type"])
        for name, entry in table.items()
    )
