"""Prompts and grammars for commit messages; the words are in ``commit_messages.toml``."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CHARACTERS_PER_WORD = 7
"""Of English and names of code, with the space."""
_SENTENCE = "[A-Za-z0-9 _.()@#+'*&<=>-]"
_ANY = r"[^\n\r\t\x00-\x1f\x7f`\"]"
_RUN = 4
"""Words that hardly stand together by chance."""
_SHORTEST = 4
"""Characters behind the verb."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """What a prompt tells of a file: its name, what is done to it in words, and lines of its diff, or ""."""

    name: str
    summary: str
    diff: str = ""


def subject_prompt(
    changed: Sequence[ChangedFile],
    *,
    others: int,
    mood: str,
    limit: int,
    language: str = "",
) -> tuple[str, str]:
    """Return the system's and the user's turn that ask for a subject of at most `limit` characters.

    `others` is the number of files that change besides those.
    """
    words = _words()["subject"]
    # The form of the verb is learnt and told of English alone.
    form = _words()["rules"]["language"].format(language=language) if language else _words()["rules"][mood]
    rules = [_words()["rules"]["limit"].format(words=max(limit // CHARACTERS_PER_WORD, 1)), form]
    parts = [
        words["diff"].format(diff=diff) if (diff := "\n".join(file.diff for file in changed if file.diff)) else "",
        words["files"].format(files="\n".join(f"- {file.name}: {file.summary}" for file in changed)),
        words["others"].format(number=others) if others else "",
        words["task"].format(rules=", ".join(rules)),
    ]
    return words["system"], "".join(part.removeprefix("\n") for part in parts)


def summary_prompt(path: str, diff: str) -> tuple[str, str]:
    """Return the system's and the user's turn that ask what a part of a diff does, in one line."""
    words = _words()["summary"]
    return words["system"], words["task"].format(path=path, diff=diff).removeprefix("\n")


def subject_grammar(prefixes: Sequence[str], verbs: Sequence[str], limit: int) -> str:
    """Return the GBNF of a subject: one of the prefixes, one of the verbs, and at most `limit` characters in all.

    What makes a small model go on and on cannot be written: lists, paths, a second prefix, quotes and fences. Without
    verbs, for a language whose verbs are not known, any letter may come first, and any character behind it.
    """
    heads = " | ".join(_quoted(prefix) for prefix in prefixes if prefix)
    room = limit - max(map(len, prefixes), default=0)
    first, rest = (f"({' | '.join(map(_quoted, verbs))}) ", _SENTENCE) if verbs else ("", _ANY)
    space = '" " ' if verbs else ""
    longest = max(room - max(map(len, verbs), default=0) - 1, _SHORTEST)
    return f"root ::= {f'({heads}) ' if heads else ''}{first}{space}{rest}{{{_SHORTEST},{longest}}}"


def repeats_prompt(sentence: str) -> bool:
    """Tell whether a sentence has a run of words from the instructions, which say nothing of a commit."""
    words = sentence.lower().split()
    runs = (" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))
    return any(run in _instructions() for run in runs)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _instructions() -> str:
    subject = _words()["subject"]
    return " ".join(f"{subject['system']} {subject['task']}".lower().split())


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "commit_messages.toml").read_text(encoding="utf-8"))
