"""What the tests of the Neovim client share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from editor import SERVER
from editors.neovim.headless import Window
from samples import ADD


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Window]:
    """Neovim with the plugin on its path, not set up."""
    with Window(tmp_path / "home") as window:
        yield window


@pytest.fixture
def window(bare: Window, tmp_path: Path) -> Window:
    """Neovim with a file of one empty line and a server that the test controls."""
    (tmp_path / ".git").mkdir()
    file = tmp_path / "code.py"
    file.write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.open(file)
    return bare


@pytest.fixture
def sums(workspace: Path) -> Path:
    """A file of the repository that ends where a suggestion is wanted."""
    file = workspace / "sums.py"
    file.write_text(ADD.removesuffix("return "), encoding="utf-8")
    return file


@pytest.fixture
def real(bare: Window, model: Path, sums: Path) -> Window:
    """Neovim without a window, with the real server and the real model, in that file."""
    bare.lua("require('fimble').setup(...)", {"cmd": SERVER})
    bare.open(sums)
    bare.type("G")
    return bare
