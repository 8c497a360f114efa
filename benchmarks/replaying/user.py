"""The simulated user: types a target key by key, and takes a suggestion with one key where it is right."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from replaying.keyboard import Keyboard
from replaying.screen import Screen, Shown, Suggestion, Verdict, judge


@dataclass
class Buffer:
    """An open file; offsets count characters."""

    path: str
    language: str
    text: str
    cursor: int

    def edit(self, start: int, end: int, text: str) -> None:
        """Replace characters, and put the cursor behind the new ones."""
        self.text = self.text[:start] + text + self.text[end:]
        self.cursor = start + len(text)


@dataclass(frozen=True)
class Request:
    """A request that an assistant sent. `milliseconds` is None if it was given up before there was an answer."""

    milliseconds: float | None
    cold: bool
    """Whether it was the first one after a jump."""
    origin: str = ""
    evaluated_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    first_token_ms: float | None = None
    """Until the model began to answer, as far as the assistant tells."""
    details: dict[str, object] = field(default_factory=dict)


class Assistant(Protocol):
    """What suggests: an editor's side of it, with the processes behind it."""

    name: str
    requests: list[Request]

    async def arrive(self, buffer: Buffer, screen: Screen) -> None:
        """Open a buffer and put the cursor into it, ready to type: the first request goes out."""

    def edited(self, start: int, end: int, text: str) -> None:
        """Learn that the buffer's characters were replaced by the user; the next request goes out."""

    def accepted(self) -> None:
        """Learn that the suggestion on the screen was taken as a whole, as editors tell after they inserted it."""

    async def settle(self) -> None:
        """Wait until every answer is there."""

    async def leave(self) -> None:
        """Save the buffer and leave it."""

    def processes(self) -> Sequence[int]:
        """Return the ids of the processes that do the work."""

    async def decoded_tokens(self) -> int:
        """Return how many tokens went through the model so far, whatever became of them."""


@dataclass(frozen=True)
class Pace:
    """How fast keys follow: `speed` in keys a second, or None if the user waits for every answer.

    `rest` is the time in seconds between the arrival at a place and the first key.
    """

    speed: float | None
    rest: float = 1.0


@dataclass(frozen=True)
class Key:
    """A key: what it did ("type", "line" or "whole"), and what was on the screen before it."""

    kind: str
    typed: int
    seen: str | None


@dataclass
class Typed:
    """How a target was typed."""

    keys: list[Key]
    baseline: int
    """Keys without any suggestion."""
    word_keys_saved: int
    """What accepting word by word would save beyond, where a first word is right and the line is not."""
    shown: list[Shown]
    requests: list[Request]


async def type_target(assistant: Assistant, buffer: Buffer, goal: str, keyboard: Keyboard, pace: Pace) -> Typed:
    """Type the goal at the buffer's cursor. Times go by as the pace says, whatever the assistant does."""
    start, typed = buffer.cursor, ""
    keys: list[Key] = []
    words = _Words()

    def judged(suggestion: Suggestion) -> Verdict:
        if not goal.startswith(typed):
            return Verdict()
        return judge(suggestion, goal[len(typed) :], buffer.text[buffer.cursor :])

    screen = Screen(judged, lambda: len(typed))
    assistant.requests.clear()
    await assistant.arrive(buffer, screen)
    clock = _Clock(pace)
    await clock.wait(assistant, pace.rest)
    while typed != goal:
        seen = screen.current
        verdict = judged(seen) if seen else Verdict()
        accepted = verdict.whole or verdict.line
        words.key(len(typed), "" if accepted else verdict.word)
        keys.append(
            Key("whole" if verdict.whole else "line" if accepted else "type", len(typed), seen.text if seen else None)
        )
        if accepted:
            screen.accept()
        new = typed + accepted if accepted else keyboard.press(typed, goal)
        common = _common_length(typed, new)
        edit = (start + common, start + len(typed), new[common:])
        screen.edited(new[common:], deleted=common < len(typed))
        typed = new
        buffer.edit(*edit)
        assistant.edited(*edit)
        if seen and accepted == seen.text:
            assistant.accepted()
        await clock.wait(assistant, 1 / pace.speed if pace.speed else 0)
    await assistant.leave()
    # What is shown behind the goal is neither right nor wrong: nobody goes on there.
    shown = [suggestion for suggestion in screen.shown if suggestion.typed < len(goal)]
    return Typed(keys, keyboard.count(goal), words.saved, shown, list(assistant.requests))


def _common_length(text: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))


class _Clock:
    """Keys come at fixed times: a late one does not delay the next."""

    def __init__(self, pace: Pace) -> None:
        self._still = pace.speed is None
        self._next = perf_counter()

    async def wait(self, assistant: Assistant, seconds: float) -> None:
        if self._still:
            await assistant.settle()
            return
        self._next += seconds
        await asyncio.sleep(max(0.0, self._next - perf_counter()))


class _Words:
    """Counts what one key for a right first word would save: all keys within the word but one."""

    def __init__(self) -> None:
        self.saved = 0
        self._until = 0

    def key(self, typed: int, word: str) -> None:
        if typed < self._until:
            self.saved += 1
        elif len(word) > 1:
            self._until = typed + len(word)
