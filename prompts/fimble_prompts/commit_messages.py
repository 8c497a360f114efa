"""Prompts and grammars for commit messages; the words are in ``commit_messages.toml``."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CHARACTERS_PER_WORD = 7
"""Of English and names of code, with the space."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """What a prompt tells of a file: its path, what is done to it in words, and lines of its diff, or ""."""

    path: str
    summary: str
    diff: str = ""


def subject_prompt(
    changed: Sequence[ChangedFile],
    *,
    mood: str,
    limit: int,
    language: str = "",
) -> tuple[str, str]:
    """Return the system's and the user's turn that ask for a subject of at most `limit` characters."""
    words = _words()["subject"]
    rules = [_words()["rules"][mood], _words()["rules"]["limit"].format(words=max(limit // CHARACTERS_PER_WORD, 1))]
    if language:
        rules.append(_words()["rules"]["language"].format(language=language))
    parts = [
        words["files"].format(files="\n".join(f"{file.path}: {file.summary}" for file in changed)),
        words["diff"].format(diff=diff) if (diff := "\n".join(file.diff for file in changed if file.diff)) else "",
        words["task"].format(rules=", ".join(rules)),
    ]
    return words["system"], "".join(part.removeprefix("\n") for part in parts)


def summary_prompt(path: str, diff: str) -> tuple[str, str]:
    """Return the system's and the user's turn that ask what a part of a diff does, in one line."""
    words = _words()["summary"]
    return words["system"], words["task"].format(path=path, diff=diff).removeprefix("\n")


def line_grammar(prefixes: Sequence[str], *, capital: bool | None, limit: int, ascii_only: bool) -> str:
    """Return the GBNF of one line: one of the prefixes, then at most `limit` characters.

    `capital` tells whether the first of them is a capital letter, None for either. Fences, quotes around the line and
    comments cannot be written.
    """
    first = {True: "[A-Z]", False: "[a-z]", None: "[^\\n\\r\\t `\"'#*-]"}[capital if ascii_only else None]
    rest = "[ -_a-~]" if ascii_only else "[^\\n\\r\\t\\x00-\\x1f\\x7f`]"
    heads = " | ".join(_quoted(prefix) for prefix in prefixes if prefix)
    head = f"({heads}) " if heads else ""  # the space separates two rules
    return f"root ::= {head}{first} {rest}{{2,{max(limit - 1, 3)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "commit_messages.toml").read_text(encoding="utf-8"))
