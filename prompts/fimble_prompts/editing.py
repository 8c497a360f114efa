"""What a model is asked when a command runs on code: one short question, in the form that it knows best.

A small model that may speak before it writes code changes more of it: begun with a fence, it mostly repeats what it was
shown. Where the form is what matters the answer is begun for it, and it goes on from there. Texts that are shown are
made free of secrets by those who bring them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fimble_indexer.syntax.languages import Language
from fimble_prompts.fim import Snippet

_FENCE = re.compile("`{3,}")
_LONGEST_DIAGNOSTIC = 300
_MOST_DIAGNOSTICS = 8


@dataclass(frozen=True)
class Subject:
    """The code that a command is about, and what the model is told beside it."""

    code: str
    language: Language | None = None
    head: str = ""
    """Lines of the same file before the code."""
    snippets: Sequence[Snippet] = ()
    diagnostics: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """A turn of the user, what the answer begins with, and what ends it."""

    user: str
    opening: str = ""
    stop: tuple[str, ...] = ()


def ask_for_code(task: str, subject: Subject) -> Question:
    """Ask for code in the place of the subject's; the answer holds it as a fenced block, and ends with that."""
    fence = fence_for(subject.code)
    return Question(_asked(task, subject, fence), stop=(f"\n{fence}\n",))


def begin_code(task: str, subject: Subject, opening: str = "", language: Language | None = None) -> Question:
    """Ask for code that begins with `opening`; the answer is what follows it, and nothing else."""
    fence = fence_for(subject.code)
    begun = f"{fence}{language_name(language or subject.language)}\n{opening}"
    return Question(_asked(task, subject, fence), begun, (f"\n{fence}",))


def ask_for_prose(task: str, subject: Subject) -> Question:
    """Ask for an answer in words."""
    return Question(_asked(task, subject, fence_for(subject.code)))


def _asked(task: str, subject: Subject, fence: str) -> str:
    return "\n\n".join([*_beside(subject), task, fenced(subject.code, fence, subject.language)])


def _beside(subject: Subject) -> list[str]:
    """Return what stands before the task: signatures of other files, what tools say."""
    parts = []
    used = [subject.head, *(snippet.text for snippet in subject.snippets)]
    if code := "\n".join(text.strip("\n") for text in used if text.strip()):
        parts.append(f"The code uses:\n{fenced(code, fence_for(code), subject.language)}")
    if subject.diagnostics:
        told = [" ".join(message.split())[:_LONGEST_DIAGNOSTIC] for message in subject.diagnostics]
        parts.append("\n".join(["Tools say of the code:", *(f"- {message}" for message in told[:_MOST_DIAGNOSTICS])]))
    return parts


def fence_for(code: str) -> str:
    """Return a fence that is longer than any in the code."""
    return "`" * max(3, 1 + max(map(len, _FENCE.findall(code)), default=0))


def fenced(code: str, fence: str, language: Language | None) -> str:
    """Return code as a block, with its language's name."""
    return f"{fence}{language_name(language)}\n{code}\n{fence}"


def language_name(language: Language | None) -> str:
    """Return the name of a language as it stands behind a fence; nothing for none."""
    return language.name if language else ""
