"""What the tests in Emacs share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from editors.emacs.emacs import Emacs
from samples import ADD


@pytest.fixture
def sums(workspace: Path) -> Path:
    """A file of the repository in whose last line a suggestion is wanted."""
    file = workspace / "sums.py"
    file.write_text(ADD.removesuffix("return ") + "\n", encoding="utf-8")
    return file


@pytest.fixture
def eglot(tmp_path: Path, model: Path, sums: Path) -> Iterator[Emacs]:
    """Emacs with eglot alone, in that file, where the suggestion is wanted."""
    with Emacs(tmp_path / "emacs", sums, blocks=1) as emacs:
        emacs.go_to_end()
        yield emacs


@pytest.fixture
def company(tmp_path: Path, model: Path, sums: Path) -> Iterator[Emacs]:
    """Emacs with eglot and company, in that file, where the suggestion is wanted."""
    with Emacs(tmp_path / "emacs", sums, blocks=2) as emacs:
        emacs.go_to_end()
        yield emacs
