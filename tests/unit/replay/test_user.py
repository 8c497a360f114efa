"""The simulated user: what counts as shown, right and taken, and what it saves."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

import pytest

from replaying.keyboard import Keyboard
from replaying.screen import Screen, Suggestion, Verdict, judge
from replaying.user import Buffer, Pace, Request, Typed, type_target

STILL = Pace(None, 0)
KEYBOARD = Keyboard("", "    ", (":",))


class Scripted:
    """Suggests what a function of the text before the cursor says, after a delay."""

    name = "scripted"

    def __init__(self, script: Callable[[str], str], delay: float = 0) -> None:
        self.requests: list[Request] = []
        self.texts: list[str] = []
        self._script = script
        self._delay = delay
        self.taken = 0
        self._asking: asyncio.Task[None] | None = None

    async def arrive(self, buffer: Buffer, screen: Screen) -> None:
        self.buffer, self.screen = buffer, screen
        self._ask()

    def edited(self, start: int, end: int, text: str) -> None:
        assert self._asking
        self._asking.cancel()
        self._ask()

    def accepted(self) -> None:
        self.taken += 1

    async def settle(self) -> None:
        assert self._asking
        await self._asking

    async def leave(self) -> None:
        assert self._asking
        self._asking.cancel()

    def processes(self) -> Sequence[int]:
        return ()

    async def decoded_tokens(self) -> int:
        return 0

    def _ask(self) -> None:
        self.texts.append(self.buffer.text)
        self._asking = asyncio.create_task(self._answer(self.buffer.text[: self.buffer.cursor]))

    async def _answer(self, before: str) -> None:
        await asyncio.sleep(self._delay)
        self.requests.append(Request(0.0, cold=not self.requests))
        text = self._script(before)
        self.screen.show(Suggestion(text) if text else None)


async def typed(goal: str, script: Callable[[str], str], pace: Pace = STILL, delay: float = 0) -> Typed:
    buffer = Buffer("a.py", "python", "x = y", 4)
    result = await type_target(Scripted(script, delay), buffer, goal, KEYBOARD, pace)
    assert buffer.text == f"x = {goal}y"
    return result


async def test_without_suggestions_every_key_is_pressed() -> None:
    result = await typed("first(second)\nthird", lambda _: "")
    assert len(result.keys) == result.baseline == 19
    assert result.shown == []
    assert [request.cold for request in result.requests] == [True, *[False] * 19]


async def test_all_that_remains_is_taken_with_one_key() -> None:
    goal = "first(second)\nthird"
    result = await typed(goal, lambda before: goal[1:] if before == "x = f" else "")
    assert [key.kind for key in result.keys] == ["type", "whole"]
    assert [(shown.text, shown.accepted) for shown in result.shown] == [(goal[1:], True)]


async def test_a_right_first_line_is_taken_alone_and_its_rest_is_not_new() -> None:
    answers = {"x = ": "first\nwrong", "x = first\n": "wrong", "x = first\nth": "ird"}
    result = await typed("first\nthird", lambda before: answers.get(before, ""))
    assert [key.kind for key in result.keys] == ["line", "type", "type", "type", "whole"]
    assert [(shown.text, shown.accepted) for shown in result.shown] == [("first\nwrong", True), ("ird", True)]


async def test_wrong_suggestions_are_typed_over() -> None:
    result = await typed("first", lambda before: "second")
    assert len(result.keys) == 5
    assert [shown.accepted for shown in result.shown] == [False] * 5


async def test_what_stays_while_it_is_typed_is_one_suggestion() -> None:
    goal = "value.name, other"
    text = "value.name + 1"
    result = await typed(goal, lambda before: text[len(before) - 4 :] if text.startswith(before[4:]) else "")
    (shown,) = result.shown
    assert (shown.text, shown.word_right, shown.line_right, shown.accepted) == (text, True, False, False)


async def test_words_are_counted_apart() -> None:
    answers = {"x = ": "value.wrong", "x = value.": "name()"}
    result = await typed("value.name.other", lambda before: answers.get(before, ""))
    assert len(result.keys) == 16
    assert result.word_keys_saved == len("value") - 1 + len("name") - 1


async def test_late_answers_are_not_shown() -> None:
    late = await typed("first", lambda _: "first", Pace(100, 0.0), delay=1)
    assert (len(late.keys), late.shown) == (5, [])


async def test_answers_in_time_are_taken_and_keys_keep_their_pace() -> None:
    started = perf_counter()
    result = await typed("abcdefgh", lambda before: "efgh" if before == "x = abcd" else "", Pace(20, 0.1), delay=0.001)
    assert [key.kind for key in result.keys] == [*["type"] * 4, "whole"]
    assert 0.3 < perf_counter() - started < 3


@pytest.mark.parametrize(
    ("suggestion", "remaining", "behind", "verdict"),
    [
        (Suggestion("a, b"), "a, b", ")", Verdict("a", "a, b", "a, b")),
        (Suggestion("a, b)", replaced=1), "a, b", ")", Verdict("a", "a, b", "a, b")),
        (Suggestion("a, b]", replaced=1), "a, b", ")", Verdict()),
        (Suggestion("a, b)"), "a, b", ")", Verdict("a")),
        (Suggestion("ab"), "abc", "", Verdict()),
        (Suggestion("a.b\nc"), "a.b\nd", "", Verdict("a", "a.b")),
        (Suggestion("\n  a"), "\n  a", "", Verdict("\n  a", "", "\n  a")),
        (Suggestion(""), "a", "", Verdict()),
    ],
)
def test_verdicts(suggestion: Suggestion, remaining: str, behind: str, verdict: Verdict) -> None:
    assert judge(suggestion, remaining, behind) == verdict


def test_a_suggestion_that_vanishes_and_comes_back_is_the_same() -> None:
    screen = Screen()
    screen.show(Suggestion("value"))
    screen.edited("v", deleted=False)
    assert screen.current == Suggestion("alue")
    screen.show(None)
    screen.edited("a", deleted=False)
    screen.show(Suggestion("lue"))
    assert len(screen.shown) == 1
    screen.edited("", deleted=True)
    screen.show(Suggestion("lue"))
    assert len(screen.shown) == 2
