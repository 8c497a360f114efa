"""What kind of question is asked about a repository, decided by its words; the patterns are in `kinds.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["overview", "dependents", "callers", "place", "explanation"]


@dataclass(frozen=True)
class Classified:
    """The kind of a question, and what it is about if its form tells that."""

    kind: Kind
    subject: str = ""


def classify(question: str) -> Classified:
    """Return the first kind whose patterns the question fits, or "explanation"."""
    plain = " ".join(question.split())
    for kind, pattern in _patterns():
        if match := pattern.search(plain):
            return Classified(kind, (match.groupdict().get("subject") or "").strip(" ?.!"))
    return Classified("explanation")


@cache
def _patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    table = tomllib.loads((files(__package__) / "kinds.toml").read_text(encoding="utf-8"))
    return tuple(
        (kind, re.compile(pattern, re.IGNORECASE))
        for kind in get_args(Kind)
        if kind in table
        for pattern in table[kind]["patterns"]
    )
