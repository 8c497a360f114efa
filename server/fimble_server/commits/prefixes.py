"""What goes before a subject: a ticket, a type of Conventional Commits with its scope, an area of the source."""

import re
from collections import Counter
from collections.abc import Sequence
from posixpath import dirname

from fimble_server.commits.claims import claimed
from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import Facts, is_public, type_of
from fimble_server.commits.style import Style, scope_of_subject, type_of_subject

_WORD = re.compile(r"\w+")
_BESIDES = frozenset({"changelog", "docs", "lock", "tests"})
"""Kinds of files that mostly go along with others."""
_FEW_SCOPES = 1 / 10
"""A share of subjects with a scope from which it is named where it fits."""


def prefix_of(facts: Sequence[Facts], style: Style, type_: str = "") -> str:
    """Return what goes before the subject in this style: a ticket, a type with its scope, an area."""
    if style.form == "conventional":
        scope = scope_of(facts, style) if style.scope_share > _FEW_SCOPES else ""
        type_ = type_ or likely_types(facts, style)[0]
        return f"{style.ticket}{type_}{f'({scope})' if scope not in {'', type_} else ''}: "
    area = scope_of(facts, style) if style.form == "area" else ""
    return f"{style.ticket}{area}: " if area else style.ticket


def likely_types(facts: Sequence[Facts], style: Style) -> tuple[str, ...]:
    """Return the types of Conventional Commits that the facts allow, the likeliest first."""
    heavy = [file for file in facts if file.kind not in _BESIDES] or list(facts)
    main = max(facts, key=lambda file: file.weight)
    kinds = {file.kind for file in heavy}
    if "source" not in kinds and main not in heavy:
        kinds = {main.kind}
    guesses = tuple(dict.fromkeys(_guesses(facts, heavy, kinds)))
    used = Counter(map(type_of_subject, style.subjects))
    named = Counter(type_of_subject(subject) for subject in style.subjects if covers(subject, main))
    scope = scope_of(facts, style) if style.scope_share > _FEW_SCOPES else ""
    with_scope = Counter(type_of_subject(subject) for subject in style.subjects if scope_of_subject(subject) == scope)
    if scope and not any(with_scope[type_] for type_ in guesses):
        guesses = (*(type_ for type_, _ in with_scope.most_common()), *guesses)
    # Bayes' rule: how often a type is used, and what the facts say, each guess a third as likely as that before it.
    allowed = [(3**-rank * (used[type_] + 1), type_) for rank, type_ in enumerate(guesses) if type_ in style.types]
    allowed.sort(key=lambda pair: (-named[pair[1]] if kinds != {"source"} else 0, -pair[0]))
    return tuple(type_ for _, type_ in allowed) or style.types[:1] or guesses[:1]


def _guesses(facts: Sequence[Facts], heavy: Sequence[Facts], kinds: set[str]) -> tuple[str, ...]:
    """Return the types that facts allow, the likeliest first; `heavy` are those that stand for all, of some kinds."""
    if all(file.is_whitespace for file in facts):
        return "style", "chore"
    if any(file.dependencies for file in facts) and kinds <= {"build", "lock", "ci"}:
        return *(["ci"] if kinds == {"ci"} else []), "build", "chore"
    if "source" not in kinds:
        return (*(type_of(kind) for kind in sorted(kinds)), "chore")
    if all(file.change.status in {"renamed", "removed"} for file in heavy):
        return "refactor", "chore"
    is_told = claimed(max(facts, key=lambda file: file.weight), facts)
    if not is_told and any(is_public(name) for file in heavy for name in file.added):
        return "feat", "fix", "refactor"
    return "fix", "feat", "refactor", "perf"


def scope_of(facts: Sequence[Facts], style: Style) -> str:
    """Return the scope or area in use here that the heaviest file lies in; for an area, else its folder."""
    main = max(facts, key=lambda file: file.weight)
    words = _words(" ".join((main.path, main.kind, *main.symbols)))
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
