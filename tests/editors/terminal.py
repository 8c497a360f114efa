"""A terminal by tmux: the screen that a user sees, and keys as a terminal sends them."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from editors.waiting import wait_for

_numbers = itertools.count()


class Terminal:
    """A terminal of 100 by 30 characters in which a program runs."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Start the program; the terminal's socket lies in `folder`."""
        tmux = shutil.which("tmux")
        assert tmux, "these tests need tmux: install it with the system's package manager"
        folder.mkdir(exist_ok=True)
        self._environment = {**os.environ, **environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self._tmux = [tmux, "-f", os.devnull, "-S", str(folder / f"tmux{next(_numbers)}")]
        self._run("new-session", "-d", "-x", "100", "-y", "30", *command)
        self._run("set-option", "-g", "escape-time", "0")

    def __enter__(self) -> Self:
        """Return the terminal itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the program as a user does, so that its server ends, and with it the terminal."""
        has_session = [*self._tmux, "has-session"]
        self.quit()
        try:
            wait_for(lambda: subprocess.run(has_session, check=False, capture_output=True).returncode, "the end")
        finally:
            subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def quit(self) -> None:
        """Press the keys that end the program."""
        raise NotImplementedError

    def _run(self, *command: str) -> str:
        arguments = [*self._tmux, *command]
        return subprocess.run(arguments, env=self._environment, check=True, capture_output=True, text=True).stdout

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names; what is no name is typed as it is."""
        for key in keys:
            self._run("send-keys", key)

    def type(self, text: str) -> None:
        """Type a text, whatever it looks like."""
        self._run("send-keys", "-l", text)

    @property
    def screen(self) -> str:
        """What is on the screen, lines without the blanks at their end."""
        return self._run("capture-pane", "-p")

    def see(self, text: str, seconds: float = 30) -> None:
        """Wait until a text is on the screen."""
        try:
            wait_for(lambda: text in self.screen, text, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is\n{self.screen}") from None
