"""Waiting for an editor."""

import time
from collections.abc import Callable
from typing import TypeVar

_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.01
_Answer = TypeVar("_Answer")


def wait_for(ask: Callable[[], _Answer], what: str, seconds: float = _PATIENCE_SECONDS) -> _Answer:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(_POLL_SECONDS)
    return answer
