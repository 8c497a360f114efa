"""Emacs in a terminal, configured as the documentation says."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from conftest import PROJECT
from editors.terminal import Terminal
from editors.waiting import wait_for

DOCUMENTATION = PROJECT / "docs" / "editors" / "emacs.md"
_BLOCK = re.compile(r"^```elisp\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Emacs(Terminal):
    """Emacs that edits one file."""

    def __init__(self, home: Path, file: Path, *, blocks: int, environment: Mapping[str, str] | None = None) -> None:
        """Start it with the first blocks of the documentation's configuration; what it writes goes below `home`."""
        emacs = shutil.which("emacs")
        assert emacs, "these tests need Emacs with eglot (Debian: emacs-nox elpa-eglot elpa-company)"
        (home / ".emacs.d").mkdir(parents=True)
        configuration = _BLOCK.findall(DOCUMENTATION.read_text(encoding="utf-8"))[:blocks]
        (home / ".emacs.d" / "init.el").write_text("\n".join(configuration), encoding="utf-8")
        # Emacs would compile its own libraries meanwhile, and show what the compiler thinks of them.
        early = "(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)"
        (home / ".emacs.d" / "early-init.el").write_text(early, encoding="utf-8")
        self._file = file
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**(environment or {}), "HOME": str(home), "PATH": path}
        super().__init__([emacs, "-nw", "--no-splash", str(file)], home, environment)

    def go_to_end(self) -> None:
        """Wait for the server, and go to the end of the last line."""
        self.see("[eglot:")
        self.keys("M->", "C-b")

    def quit(self) -> None:
        """Leave it, whatever is not saved."""
        self.keys("C-g")  # a second one before Emacs has taken the first is its emergency exit, which asks questions
        self.run("(progn (set-buffer-modified-p nil) (kill-emacs))")

    def run(self, lisp: str) -> None:
        """Evaluate Lisp as a user does."""
        wait_for(self._asks_for_lisp, "the prompt")
        self.type(lisp)
        self.keys("Enter")

    def _asks_for_lisp(self) -> bool:
        """Ask to be asked, once: a key that comes while C-g takes effect is lost."""
        self.keys("M-:")
        try:
            self.see("\nEval:", seconds=3)
        except AssertionError:
            return False
        return True

    def expect(self, text: str, seconds: float = 30) -> None:
        """Save the file until it holds this text."""

        def holds() -> bool:
            self.keys("C-x", "C-s")
            return self._file.read_text(encoding="utf-8") == text

        try:
            wait_for(holds, "the text", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error} {text!r}; it is {self._file.read_text('utf-8')!r}\n{self.screen}") from None
