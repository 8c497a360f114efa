"""What Fimble does in VS Code beside suggestions, with the real model: changes that are shown first, and commits."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from editors.vscode.conftest import OpenWindow, TakePicture
from editors.vscode.test_workbench import READY
from editors.vscode.workbench import Workbench
from samples import ADD

pytestmark = pytest.mark.model

WRONG = ADD + "first + second\n"
RIGHT = ADD + "first - second\n"


@pytest.fixture
def wrong(workspace: Path, model: Path) -> Path:
    """A file in the workspace whose last function does the opposite of what it says."""
    file = workspace / "sums.py"
    file.write_text(WRONG, encoding="utf-8")
    return file


def select_last_function(window: Workbench) -> None:
    window.open_file("sums.py")
    window.expect_status(READY)
    window.go_to(WRONG[: WRONG.index("def subtract")].count("\n") + 1, 1)
    window.press("Shift+Control+End")


def test_a_fix_is_shown_then_accepted_and_one_undo_takes_it_back(
    open_window: OpenWindow, wrong: Path, take_picture: TakePicture
) -> None:
    with open_window() as window:
        select_last_function(window)
        window.run("Fimble: Fix")
        window.expect_preview("Fix: sums.py")
        assert wrong.read_text(encoding="utf-8") == WRONG, "nothing is changed before it is accepted"
        take_picture(window, "vscode-edit.png")
        window.press("Control+Enter")
        window.expect_no_preview()
        window.save(wrong, RIGHT)
        window.press("Control+Z")
        window.save(wrong, WRONG)


def test_an_edit_that_is_rejected_leaves_no_trace(open_window: OpenWindow, wrong: Path) -> None:
    with open_window() as window:
        select_last_function(window)
        window.press("Control+.")
        window.choose_action("Fimble: Simplify")
        window.expect_preview("Simplify: sums.py")
        window.run("Fimble: Reject the Proposed Change")
        window.expect_no_preview()
        expect(window.page.locator(".tab.dirty")).to_have_count(0)
        assert wrong.read_text(encoding="utf-8") == WRONG


def test_another_proposal_is_for_the_same_code_wherever_it_has_gone(open_window: OpenWindow, wrong: Path) -> None:
    above = 20 * "\n"
    with open_window() as window:
        select_last_function(window)
        window.run("Fimble: Fix")
        window.expect_preview("Fix: sums.py")
        window.open_file("sums.py")
        window.press("Control+Home", *above.replace("\n", "Enter ").split())
        window.save(wrong, above + WRONG)
        window.page.locator(".tab").filter(has_text="Fix: sums.py").click()
        window.expect_preview("Fix: sums.py")
        window.press("Control+Enter")
        window.page.locator(".notification-toast").get_by_role("button", name="Retry").click()
        window.answer("as before")
        window.expect_preview("Fix: sums.py")
        window.press("Control+Enter")
        window.expect_no_preview()
        window.save(wrong, above + RIGHT)


def test_the_commit_button_writes_a_message_and_keeps_what_was_there(
    open_window: OpenWindow, wrong: Path, workspace: Path
) -> None:
    subprocess.run(["git", "-C", workspace, "add", "sums.py"], check=True)
    with open_window() as window:
        window.expect_status(READY)
        window.press("Control+Shift+G")
        box = window.page.locator(".scm-view .scm-editor")
        box.click()
        window.type("mine")
        window.page.get_by_role("button", name="Write a Commit Message").first.click()
        expect(box).to_contain_text("sum", ignore_case=True)
        expect(box).not_to_contain_text("mine")
        box.click()
        window.press("Control+Home")
        window.type("better: ")
        window.page.get_by_role("button", name="Bring It Back").click()
        expect(box).to_have_text("mine")
        window.run("Fimble: Bring Back a Replaced Commit Message")
        window.choose("better: ")
        expect(box).to_contain_text("better: ")
