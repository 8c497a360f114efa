from pathlib import Path

import pytest

from fimble_server.chat.diff import working_diff
from fimble_server.errors import FimbleError
from repositories import Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    git = Git(tmp_path / "repository")
    (git.root / "oven.py").write_text("celsius = 200\n")
    (git.root / ".env").write_text("OVEN=1\n")
    (git.root / ":(top)odd.py").write_text("odd = 1\n")
    git("add", "--force", "--", "oven.py", ".env", "./:(top)odd.py")
    git("commit", "--quiet", "-m", "Start")
    return git


def test_changes_of_tracked_files_are_told_staged_or_not(git: Git) -> None:
    assert working_diff(git.root) == ""
    (git.root / "oven.py").write_text("celsius = 230\n")
    (git.root / ":(top)odd.py").write_text("odd = 2\n")
    git("add", "oven.py")
    diff = working_diff(git.root)
    assert "-celsius = 200\n+celsius = 230\n" in diff
    assert "+odd = 2" in diff


def test_files_of_secrets_are_left_out(git: Git) -> None:
    (git.root / ".env").write_text("OVEN=a-new-secret\n")
    assert working_diff(git.root) == ""


def test_no_program_that_the_repository_names_is_run(git: Git, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    git("config", "diff.external", f"touch {trace}")
    git("config", "diff.odd.textconv", f"touch {trace}; cat")
    (git.root / ".gitattributes").write_text("*.py diff=odd\n")
    (git.root / "oven.py").write_text("celsius = 230\n")
    assert "+celsius = 230" in working_diff(git.root)
    assert not trace.exists()


def test_where_nothing_can_be_compared_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(FimbleError, match="is in no git repository"):
        working_diff(tmp_path)
    with pytest.raises(FimbleError, match="git diff-index failed"):
        working_diff(Git(tmp_path / "empty").root)
