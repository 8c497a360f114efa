"""Commit messages with the real server, the real model, and git."""

import subprocess
from pathlib import Path

import pytest

from editors.neovim.headless import MODEL_SECONDS, Window
from editors.waiting import wait_for

pytestmark = pytest.mark.model


def git(root: Path, *arguments: str) -> str:
    """Run git and return what it says."""
    command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_git_s_file_is_filled_and_what_is_committed_is_what_it_says(real: Window, workspace: Path, sums: Path) -> None:
    sums.write_text("def double(number: int) -> int:\n    return 2 * number\n", encoding="utf-8")
    git(workspace, "add", "sums.py")
    file = workspace / ".git" / "COMMIT_EDITMSG"
    file.write_text("\n# Please enter the commit message for your changes.\n", encoding="utf-8")
    real.open(file)
    real.nvim.command("Fimble commit")
    wait_for(lambda: not real.text.startswith("\n"), "the message", MODEL_SECONDS)
    first = real.text
    assert "double" in first or "sums" in first
    real.nvim.command("Fimble commit shorter")
    wait_for(lambda: real.text != first, "a shorter message", MODEL_SECONDS)
    assert len(real.text.splitlines()[0]) <= len(first.splitlines()[0])
    real.nvim.command("write")
    git(workspace, "commit", "--quiet", "--cleanup=strip", "-F", str(file))
    assert git(workspace, "log", "-1", "--format=%s").strip() == real.text.splitlines()[0]
