"""Neovim in a terminal, by tmux: the screen that a user sees, and keys as a terminal sends them."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from editors.neovim.headless import environment, executable, wait_for

_QUICK_START = "let g:loaded_python3_provider = 0"
_numbers = itertools.count()


class Terminal:
    """A terminal of 100 by 30 characters in which Neovim edits a file."""

    def __init__(self, home: Path, file: Path, start: Sequence[str]) -> None:
        """Start it with these commands of Neovim; what Neovim writes goes below `home`."""
        tmux = shutil.which("tmux")
        assert tmux, "these tests need tmux: install it with the system's package manager"
        home.mkdir(exist_ok=True)
        self._tmux = [tmux, "-f", os.devnull, "-S", str(home / f"tmux{next(_numbers)}")]
        arguments = [argument for command in (_QUICK_START, *start) for argument in ("--cmd", command)]
        self._run("new-session", "-d", "-x", "100", "-y", "30", executable(), "--clean", "-n", *arguments, str(file))
        self._run("set-option", "-g", "escape-time", "0")

    def __enter__(self) -> Self:
        """Return the terminal itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close Neovim as a user does, so that its server ends, then the terminal."""
        self.keys("Escape", ":qall!", "Enter")
        wait_for(lambda: subprocess.run([*self._tmux, "has-session"], check=False, capture_output=True).returncode, "")

    def _run(self, *command: str) -> str:
        environ = {**environment(Path(self._tmux[-1]).parent), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        ran = subprocess.run([*self._tmux, *command], env=environ, check=True, capture_output=True, text=True)
        return ran.stdout

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
