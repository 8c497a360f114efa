"""The human language that messages are written in (``languages.toml``)."""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FEW = 3
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Language:
    name: str
    words: frozenset[str]
    script: re.Pattern[str] | None


def usual_language(sentences: Sequence[str]) -> str:
    """Return the code of the language that most sentences are in; English if that cannot be told."""
    found = Counter(map(_language_of, sentences))
    del found[""]
    if found.total() < _FEW:
        return "en"
    code, count = found.most_common(1)[0]
    return code if count > found["en"] else "en"


def language_name(code: str) -> str:
    """Return the English name of a language."""
    return _languages()[code].name


def _language_of(sentence: str) -> str:
    """Return the language with most of its words, or whose script is used; "" for none, or two of them alike."""
    for code, language in _languages().items():
        if language.script is not None and language.script.search(sentence):
            return code
    words = set(map(str.lower, _WORD.findall(sentence)))
    counts = sorted(((len(words & language.words), code) for code, language in _languages().items()), reverse=True)
    return counts[0][1] if counts[0][0] > counts[1][0] else ""


@cache
def _languages() -> dict[str, _Language]:
    table = tomllib.loads((files(__package__) / "languages.toml").read_text(encoding="utf-8"))
    return {
        code: _Language(
            entry["name"],
            frozenset(entry.get("words", ())),
            re.compile(f"[{entry['script']}]") if "script" in entry else None,
        )
        for code, entry in table.items()
    }
