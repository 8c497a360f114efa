"""What goes before a subject: a ticket, a type of Conventional Commits with its scope, an area of the source."""

import re
from collections import Counter
from collections.abc import Sequence
from posixpath import dirname

from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import Facts, type_of
from fimble_server.commits.style import Style, type_of_subject

_WORD = re.compile(r"\w+")
_BESIDES = frozenset({"changelog", "docs", "lock", "tests"})
"""Kinds of files that mostly go along with others."""


def prefix_of(facts: Sequence[Facts], style: Style, type_: str = "") -> str:
    """Return what goes before the subject in this style: a ticket, a type with its scope, an area."""
    if style.form == "conventional":
        scope = scope_of(facts, style) if style.scope_share > 1 / 4 else ""
        type_ = type_ or likely_types(facts, style)[0]
        return f"{style.ticket}{type_}{f'({scope})' if scope else ''}: "
    area = scope_of(facts, style) if style.form == "area" else ""
    return f"{style.ticket}{area}: " if area else style.ticket


def likely_types(facts: Sequence[Facts], style: Style) -> tuple[str, ...]:
    """Return the types of Conventional Commits that the facts allow, the likeliest first."""
    heavy = [file for file in facts if file.kind not in _BESIDES] or list(facts)
    kinds = {file.kind for file in heavy}
    if all(file.is_whitespace for file in facts):
        guesses: tuple[str, ...] = ("style", "chore")
    elif any(file.dependencies for file in facts) and kinds <= {"build", "lock", "ci"}:
        guesses = ("build", "chore")
    elif len(kinds) == 1 and kinds != {"source"}:
        guesses = (type_of(next(iter(kinds))), "chore")
    elif "source" not in kinds:
        guesses = (*dict.fromkeys(type_of(kind) for kind in sorted(kinds)), "chore")
    elif all(file.change.status in {"renamed", "removed"} for file in heavy):
        guesses = ("refactor", "chore")
    elif any(is_public(name) for file in heavy for name in file.added):
        guesses = ("feat", "fix", "refactor")
    else:
        guesses = ("fix", "feat", "refactor", "perf")
    used = Counter(map(type_of_subject, style.subjects))
    main = max(facts, key=lambda file: file.weight)
    named = Counter(type_of_subject(subject) for subject in style.subjects if covers(subject, main))
    allowed = [type_ for type_ in guesses if type_ in style.types]
    # A type that nobody here uses is the last choice, one that subjects on the same file have the first.
    allowed.sort(key=lambda type_: (-named[type_] if kinds != {"source"} else 0, not used[type_]))
    return tuple(allowed) or style.types[:1] or guesses[:1]


def is_public(symbol: str) -> bool:
    """Tell by its name whether a symbol is for others to use."""
    return not symbol.rpartition(".")[2].startswith("_")


def scope_of(facts: Sequence[Facts], style: Style) -> str:
    """Return the scope or area in use here that the heaviest file lies in; for an area, else its folder."""
    main = max(facts, key=lambda file: file.weight)
    words = _words(" ".join((main.path, *main.symbols)))
    for scope in style.scopes:
        parts = _words(scope)
        if parts and parts <= words:
            return scope
    if style.form != "area":
        return ""
    return dirname(main.path).rpartition("/")[2] or main.name.partition(".")[0]


def _words(text: str) -> set[str]:
    """Return the words of paths and names, alike for `text_range`, `text-range` and `TextRange`."""
    return {word.lower() for word in _WORD.findall(text.replace("_", "").replace("-", ""))}
