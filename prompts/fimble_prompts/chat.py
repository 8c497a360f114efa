"""Conversations as messages for a model, within a budget of characters."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from fimble_prompts.excerpts import Excerpt, numbered

_LONGEST_EARLIER = 1200
"""Characters of an earlier turn: of a longer one, the beginning and the end."""
_ELLIPSIS = "\n[...]\n"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says in a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


def chat_turns(earlier: Sequence[Turn], message: str, excerpts: Sequence[Excerpt]) -> tuple[Turn, ...]:
    """Return the messages that continue a conversation, with the excerpts that the new message is about."""
    wording = _wording()
    asked = wording["user"].format(excerpts=numbered(excerpts), message=message).strip()
    system = wording["system"].strip()
    if excerpts:
        system = f"{system} {wording['with_excerpts'].strip()}"
    return (Turn("system", system), *earlier, Turn("user", asked))


def fitting(earlier: Sequence[Turn], characters: int) -> tuple[Turn, ...]:
    """Choose what of a conversation is told again: its first question and answer, and the newest ones that fit.

    Turns come in pairs of a question and an answer. What is left out is left out of the middle, and said so. The
    excerpts of earlier turns are not told again.
    """
    pairs = [
        (Turn("user", _shortened(question.content)), Turn("assistant", _shortened(answer.content)))
        for question, answer in zip(earlier[::2], earlier[1::2], strict=False)
    ]
    if _length(pairs) <= characters:
        return tuple(turn for pair in pairs for turn in pair)
    first, rest = pairs[:1], pairs[1:]
    if _length(first) > characters // 2:
        first, rest = [], pairs
    room = characters - _length(first)
    newest: list[tuple[Turn, Turn]] = []
    for pair in reversed(rest):
        room -= _length([pair])
        if room < 0:
            break
        newest.insert(0, pair)
    if newest:
        question, answer = newest[0]
        newest[0] = Turn("user", f"{_wording()['left_out']}\n{question.content}"), answer
    return tuple(turn for pair in (*first, *newest) for turn in pair)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_EARLIER:
        return text
    half = (_LONGEST_EARLIER - len(_ELLIPSIS)) // 2
    return f"{text[:half]}{_ELLIPSIS}{text[-half:]}"


def _length(pairs: Sequence[tuple[Turn, Turn]]) -> int:
    return sum(len(turn.content) for pair in pairs for turn in pair)


@cache
def _wording() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "chat.toml").read_text(encoding="utf-8"))
