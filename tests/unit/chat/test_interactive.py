import asyncio
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from fakes import FakeEngine
from fimble_server.chat import interactive
from fimble_server.config import Settings


class Terminal(Console):
    """A terminal on which the given lines are typed."""

    def __init__(self, *lines: str) -> None:
        super().__init__(file=io.StringIO(), width=100)
        self._lines = iter(lines)

    def input(self, *_arguments: object, **_options: object) -> str:
        line = next(self._lines, None)
        if line is None:
            raise EOFError
        if line == "^C":
            raise KeyboardInterrupt
        return line

    @property
    def shown(self) -> str:
        assert isinstance(self.file, io.StringIO)
        return self.file.getvalue()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    fake = FakeEngine(generated=["It ", "bakes `preheat` [1]."])
    monkeypatch.setattr(interactive, "LocalEngine", lambda *_arguments: fake)
    monkeypatch.setattr(interactive, "choose_model", lambda _name: None)
    return fake


def test_messages_are_answered_until_the_input_ends(bakery: Path, engine: FakeEngine) -> None:
    terminal = Terminal("How is the oven preheated?", "/context", "who calls plan_day?", "see @file:nope.py", "", "^C")
    interactive.talk(bakery, Settings(), terminal)
    assert "It bakes preheat [1]." in terminal.shown
    assert "[1] bakery/oven.py:" in terminal.shown
    assert "(question, about" in terminal.shown
    assert "plan_day [1] is used in 2 places" in terminal.shown
    assert "fimble: there is no file 'nope.py'" in terminal.shown


def test_a_new_conversation_knows_nothing_of_the_one_before(bakery: Path, engine: FakeEngine) -> None:
    interactive.talk(bakery, Settings(), Terminal("Hello", "Again", "/new", "Hello", "/quit", "never asked"))
    assert [len(request.messages) for request in engine.conversations] == [2, 4, 2]


class Interrupted(asyncio.Event):
    """Who waits for it is interrupted, as by a user who has had enough."""

    async def wait(self) -> bool:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
        return False


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Heed Ctrl-C even where the tests run in the background: a shell has it ignored there."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_answer_and_not_the_conversation(bakery: Path, engine: FakeEngine) -> None:
    engine.waiting = Interrupted()
    terminal = Terminal("Hello", "who calls plan_day?")
    interactive.talk(bakery, Settings(), terminal)
    assert terminal.shown.count("(cancelled)") == 1
    assert "plan_day [1] is used in 2 places" in terminal.shown
