"""Neovim in a terminal."""

from collections.abc import Sequence
from pathlib import Path

from editors.neovim.headless import environment, executable
from editors.terminal import Terminal

_QUICK_START = "let g:loaded_python3_provider = 0"


class NeovimTerminal(Terminal):
    """A terminal in which Neovim edits a file."""

    def __init__(self, home: Path, file: Path, start: Sequence[str]) -> None:
        """Start it with these commands of Neovim; what Neovim writes goes below `home`."""
        arguments = [argument for command in (_QUICK_START, *start) for argument in ("--cmd", command)]
        super().__init__([executable(), "--clean", "-n", *arguments, str(file)], home, environment(home))

    def quit(self) -> None:
        """Leave Neovim, whatever is not saved."""
        self.keys("Escape", ":qall!", "Enter")
