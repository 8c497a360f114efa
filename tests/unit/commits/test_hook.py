"""The hook under a real `git commit`, without a model: `FIMBLE_HOME` of these tests has none."""

import sys
from pathlib import Path

import pytest

from fimble_server.commits.hook import install, remove
from fimble_server.errors import FimbleError
from repositories import Git

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the editor is a script of the shell")

KEEP = "true"
"""An editor that leaves the message as it is."""


@pytest.fixture
def hooked(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_EDITOR", KEEP)
    git.commit("Start", **{"app.py": "def start():\n    return 1\n"})
    install(git.repository)
    return git


def message(git: Git) -> str:
    return git("log", "-1", "--format=%B").strip()


def test_an_editor_opens_with_a_message(hooked: Git) -> None:
    hooked.stage("app.py", "def start():\n    return 1\n\n\ndef stop():\n    return 2\n")
    hooked("commit", "--quiet")
    assert message(hooked) == "Add stop to app.py"


def test_a_message_that_is_given_stays(hooked: Git) -> None:
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet", "-m", "Mine")
    assert message(hooked) == "Mine"


def test_amending_keeps_the_message(hooked: Git) -> None:
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet", "--amend")
    assert message(hooked) == "Start"


def test_the_diff_of_a_verbose_commit_stays_below(hooked: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    monkeypatch.setenv("GIT_EDITOR", f"cp \"$1\" '{seen}'; true")
    hooked.stage("b", "content\n")
    hooked("commit", "--quiet", "--verbose")
    assert message(hooked) == "Add b"
    text = seen.read_text()
    assert text.startswith("Add b\n")
    assert text.index(">8") < text.index("+content")


def test_only_the_files_of_a_partial_commit_count(hooked: Git) -> None:
    hooked.stage("b", "b\n")
    hooked.write("app.py", "def start():\n    return 2\n")
    hooked("commit", "--quiet", "app.py")
    assert message(hooked) == "Change start in app.py"


def test_all_changes_count_for_commit_all(hooked: Git) -> None:
    hooked.write("app.py", "def start():\n    return 2\n")
    hooked("commit", "--quiet", "--all")
    assert message(hooked) == "Change start in app.py"


def test_a_merge_a_squash_and_a_fixup_keep_their_messages(hooked: Git) -> None:
    hooked("checkout", "--quiet", "-b", "other")
    hooked.commit("Other", b="b\n")
    hooked("checkout", "--quiet", "main")
    hooked("merge", "--quiet", "--no-ff", "other")
    assert message(hooked) == "Merge branch 'other'"
    hooked.stage("c", "c\n")
    hooked("commit", "--quiet", "--fixup", "HEAD")
    assert message(hooked).startswith("fixup! Merge")
    hooked("checkout", "--quiet", "-b", "third")
    hooked.commit("Third", d="d\n")
    hooked("checkout", "--quiet", "main")
    hooked("merge", "--quiet", "--squash", "third")
    hooked("commit", "--quiet")
    assert message(hooked).startswith("Squashed commit of the following:")


def test_a_rebase_keeps_every_message(hooked: Git) -> None:
    hooked.commit("Second", b="b\n")
    hooked.commit("Third", c="c\n")
    hooked("rebase", "--interactive", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i.bak s/^pick/reword/")
    assert hooked("log", "--format=%s") == "Third\nSecond\nStart"
    hooked("rebase", "--interactive", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i.bak s/^pick/edit/")
    hooked.stage("b", "new\n")
    hooked("commit", "--quiet", "--amend")
    hooked("rebase", "--continue")
    hooked("rebase", "--continue")
    assert hooked("log", "--format=%s") == "Third\nSecond\nStart"


def test_a_template_of_comments_is_filled_one_with_text_is_not(hooked: Git) -> None:
    hooked("config", "commit.template", str(hooked.write("template", "# Say why\n")))
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet")
    assert message(hooked) == "Add b"
    hooked("config", "commit.template", str(hooked.write("template", "Mine: \n\nIssue: 1\n")))
    hooked.stage("c", "c\n")
    hooked("commit", "--quiet", GIT_EDITOR="echo 2 >>")  # git refuses a template that nobody has changed
    assert message(hooked).startswith("Mine:\n\nIssue: 1")


def test_another_comment_character(hooked: Git) -> None:
    hooked("config", "core.commentChar", ";")
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet")
    assert message(hooked) == "Add b"


def test_a_commit_goes_on_whatever_fails(hooked: Git, tmp_path: Path) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "settings.toml").write_text('model = "/nowhere/model.gguf"\n')
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet", "-m", "Mine", FIMBLE_HOME="/dev/null/nowhere")
    hooked.stage("c", "c\n")
    hooked("commit", "--quiet")
    assert message(hooked) == "Add c"


def test_a_python_that_is_gone_stops_nothing(hooked: Git) -> None:
    hook = hooked.root / ".git" / "hooks" / "prepare-commit-msg"
    hook.write_text(hook.read_text().replace(Path(sys.executable).as_posix(), "/nowhere/python"))
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet", "-m", "Mine")
    assert message(hooked) == "Mine"


def test_a_hook_that_is_there_runs_first_and_may_stop_the_commit(git: Git, hooked: Git) -> None:
    remove(hooked.repository)
    old = hooked.write(".git/hooks/prepare-commit-msg", '#!/bin/sh\necho "From the old hook" > "$1"\n[ ! -e stop ]\n')
    old.chmod(0o755)
    install(hooked.repository)
    install(hooked.repository)
    hooked.stage("b", "b\n")
    hooked("commit", "--quiet")
    assert message(hooked) == "From the old hook"
    hooked.write("stop", "")
    hooked.stage("c", "c\n")
    hooked("commit", "--quiet", ok=False)
    assert message(hooked) == "From the old hook"
    assert hooked("rev-list", "--count", "HEAD") == "2"
    remove(hooked.repository)
    assert "From the old hook" in old.read_text()


def test_hooks_of_several_repositories_are_left_alone(git: Git, tmp_path: Path) -> None:
    git("config", "core.hooksPath", str(tmp_path / "shared"))
    with pytest.raises(FimbleError, match=r"core\.hooksPath is set to"):
        install(git.repository)
    assert not (tmp_path / "shared").exists()


def test_removing_what_is_not_there_is_refused(git: Git) -> None:
    with pytest.raises(FimbleError, match="no hook of Fimble's"):
        remove(git.repository)


def test_the_hook_works_in_another_working_tree(hooked: Git, tmp_path: Path) -> None:
    second = tmp_path / "second"
    hooked("worktree", "add", "--quiet", str(second), "-b", "second")
    (second / "b").write_text("b\n")
    hooked("-C", str(second), "add", "b")
    hooked("-C", str(second), "commit", "--quiet")
    assert hooked("log", "-1", "--format=%s", "second") == "Add b"
