"""Commit messages: in git's file, and chosen elsewhere."""

import subprocess
from pathlib import Path

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for

COMMIT = "fimble/commitMessage"
COMMENTS = "\n# Please enter the commit message for your changes.\n#\n# On branch main\n"
CANDIDATES = ["Add a sum\n\n- add to numbers.py", "Sum numbers"]


@pytest.fixture
def commit(window: Window, tmp_path: Path) -> Window:
    """Neovim in the file that git opens for a message."""
    file = tmp_path / ".git" / "COMMIT_EDITMSG"
    file.write_text(COMMENTS, encoding="utf-8")
    window.open(file)
    assert window.nvim.current.buffer.options["filetype"] == "gitcommit"
    return window


def offer(window: Window, *candidates: str, warnings: tuple[str, ...] = ()) -> None:
    """Let the server answer."""
    answer = {"message": candidates[0], "candidates": candidates, "warnings": warnings, "fromModel": True}
    window.reply(COMMIT, answer)


def test_git_s_file_is_filled_and_the_next_ones_follow(commit: Window, tmp_path: Path) -> None:
    commit.nvim.command("Fimble commit")
    assert commit.asked(COMMIT)["root"] == tmp_path.as_uri()
    offer(commit, *CANDIDATES)
    assert commit.text == CANDIDATES[0] + "\n" + COMMENTS.rstrip("\n")
    commit.nvim.command("Fimble commit")
    assert commit.text == CANDIDATES[1] + "\n" + COMMENTS.rstrip("\n")
    assert not commit.requests(COMMIT)
    commit.nvim.command("Fimble commit")
    assert commit.asked(COMMIT)["attempt"] == 1
    commit.type("u")
    assert commit.text == CANDIDATES[0] + "\n" + COMMENTS.rstrip("\n")


def test_a_shorter_one(commit: Window) -> None:
    commit.nvim.command("Fimble commit")
    offer(commit, *CANDIDATES)
    commit.nvim.command("Fimble commit shorter")
    assert commit.asked(COMMIT)["shorterThan"] == CANDIDATES[0]
    offer(commit, "Add sum")
    assert commit.text.startswith("Add sum\n\n# Please")


def test_for_the_last_commit(commit: Window) -> None:
    commit.nvim.command("Fimble commit amend")
    assert commit.asked(COMMIT)["amend"]


def test_what_the_user_wrote_meanwhile_stays(commit: Window) -> None:
    commit.nvim.command("Fimble commit")
    commit.asked(COMMIT)
    commit.type("ggImy own words<Esc>")
    offer(commit, *CANDIDATES)
    assert commit.text.startswith("my own words\n# Please")
    assert "it stays" in commit.messages()


def test_comments_may_begin_otherwise(commit: Window, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", tmp_path, "init", "--quiet"], check=True)
    subprocess.run(["git", "-C", tmp_path, "config", "core.commentChar", ";"], check=True)
    commit.nvim.current.buffer[:] = ["", "; On branch main", "# a heading"]
    commit.nvim.command("Fimble commit")
    offer(commit, "Sum numbers")
    assert commit.text == "Sum numbers\n\n; On branch main\n# a heading"


def test_elsewhere_one_is_chosen_and_copied(window: Window, tmp_path: Path) -> None:
    choose = "function(items, options, done) shown = vim.tbl_map(options.format_item, items); done(items[1]) end"
    window.lua(f"vim.ui.select = {choose}")
    window.nvim.command("Fimble commit")
    assert window.asked(COMMIT)["root"] == tmp_path.as_uri()
    offer(window, *CANDIDATES)
    assert window.lua("return shown") == ["Add a sum …", "Sum numbers"]
    window.type("p")
    assert CANDIDATES[0] in window.text


def test_warnings_and_failures_are_said(commit: Window) -> None:
    commit.nvim.command("Fimble commit")
    offer(commit, "Sum numbers", warnings=("config.py looks like it holds a secret",))
    assert "config.py looks like it holds a secret" in commit.messages()
    commit.nvim.command("Fimble commit amend")
    commit.lua("vim.notify = function(text) said = text end")
    commit.fail(COMMIT, "nothing is staged")
    wait_for(lambda: commit.lua("return said") == "Fimble: nothing is staged", "the sentence")


def test_left_before_the_message_comes_nothing_happens(commit: Window) -> None:
    commit.nvim.current.buffer.options["bufhidden"] = "wipe"
    commit.nvim.command("Fimble commit")
    commit.asked(COMMIT)
    commit.nvim.command("buffer #")
    offer(commit, *CANDIDATES)
    assert "E5108" not in commit.messages()
    assert CANDIDATES[0].split("\n")[0] not in commit.text
