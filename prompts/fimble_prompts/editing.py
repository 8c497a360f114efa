"""What a model is asked when a command runs on code: one short question, and how its answer begins.

An answer that is code begins with a fence, so that even a small model has nothing else to say first, and ends where the
fence ends. Texts that are shown are made free of secrets by those who bring them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fimble_indexer.syntax.languages import Language
from fimble_prompts.fim import Snippet

SYSTEM = "You are an expert programmer. You do exactly what is asked, and answer with nothing else."
_FENCE = re.compile("`{3,}")
_LONGEST_DIAGNOSTIC = 300
_MOST_DIAGNOSTICS = 8


@dataclass(frozen=True)
class Subject:
    """The code that a command is about, and what the model is told beside it."""

    code: str
    language: Language | None = None
    snippets: Sequence[Snippet] = ()
    diagnostics: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """A turn of the user, what the answer begins with, and what ends it."""

    system: str
    user: str
    opening: str = ""
    stop: tuple[str, ...] = ()


def ask_for_code(task: str, subject: Subject, *, opening: str = "", language: Language | None = None) -> Question:
    """Ask for code in the place of the subject's; `opening` is what that begins with for certain."""
    fence = _fence(subject.code)
    answered = language or subject.language
    return Question(
        SYSTEM,
        "\n\n".join([*_beside(subject), task, _fenced(subject.code, fence, subject.language)]),
        f"{fence}{_name(answered)}\n{opening}",
        (f"\n{fence}",),
    )


def ask_for_prose(task: str, subject: Subject) -> Question:
    """Ask for an answer in words."""
    return Question(
        SYSTEM, "\n\n".join([*_beside(subject), task, _fenced(subject.code, _fence(subject.code), subject.language)])
    )


def _beside(subject: Subject) -> list[str]:
    """Return what stands before the task: signatures of other files, what tools say."""
    parts = []
    if subject.snippets:
        code = "\n".join(snippet.text.strip("\n") for snippet in subject.snippets)
        parts.append(f"The code uses:\n{_fenced(code, _fence(code), subject.language)}")
    if subject.diagnostics:
        told = [" ".join(message.split())[:_LONGEST_DIAGNOSTIC] for message in subject.diagnostics]
        parts.append("\n".join(["Tools say of the code:", *(f"- {message}" for message in told[:_MOST_DIAGNOSTICS])]))
    return parts


def _fence(code: str) -> str:
    """Return a fence that is longer than any in the code."""
    return "`" * max(3, 1 + max(map(len, _FENCE.findall(code)), default=0))


def _fenced(code: str, fence: str, language: Language | None) -> str:
    return f"{fence}{_name(language)}\n{code}\n{fence}"


def _name(language: Language | None) -> str:
    return language.name if language else ""
