"""Tell the window that this process works for what it does: one message for what is new, none for what is known."""

import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from fimble_indexer.building.build import Summary

_PROGRESS_SECONDS = 0.1


class Reporter:
    """The messages of one process, which ``service.py`` lists."""

    def __init__(self, output: Callable[[dict[str, Any]], object]) -> None:
        """Report by ``output``, which is given one message at a time."""
        self._output = output
        self._warnings: set[str] = set()
        self.state = ""

    def enter(self, state: str) -> None:
        """Tell of the part that this process has now, if it is another one."""
        if state != self.state:
            self.state = state
            self._output({"state": state})

    def warn(self, sentence: str) -> None:
        """Give the user a sentence, once."""
        if sentence not in self._warnings:
            self._warnings.add(sentence)
            self._output({"warning": sentence})

    def progress(self) -> Callable[[int, int], None]:
        """Return what one update calls with the files that are done and all of them, as often as it likes."""
        told = time.monotonic()

        def report(done: int, total: int) -> None:
            nonlocal told
            if done == total or time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                self._output({"done": done, "total": total})

        return report

    def updated(self, summary: Summary, paths: Collection[str] | None, *, is_complete: bool) -> None:
        """Tell what an update of these paths did, None for everything, and whether it came to its end."""
        self._output({"updated": asdict(summary), "paths": paths and sorted(paths), "complete": is_complete})
