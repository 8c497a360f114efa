"""What Fimble does in VS Code beside suggestions, with the real model: edits that are shown first, chat, commits."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from editors.vscode.conftest import OpenWindow, TakePicture
from editors.vscode.test_workbench import READY
from editors.vscode.workbench import Workbench
from editors.waiting import wait_for
from fimble_server.index import database_path
from samples import ADD

pytestmark = pytest.mark.model

WRONG = ADD + "first + second\n"
RIGHT = ADD + "first - second\n"
_MODEL_MS = 60_000
_INDEX_SECONDS = 60


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


def expect_preview(window: Workbench, title: str) -> None:
    expect(window.page.locator(".tab.active").filter(has_text=title)).to_be_visible(timeout=_MODEL_MS)
    expect(window.page.locator(".diff-editor, .monaco-diff-editor").first).to_be_visible()


def test_a_fix_is_shown_then_accepted_and_one_undo_takes_it_back(
    open_window: OpenWindow, wrong: Path, take_picture: TakePicture
) -> None:
    with open_window() as window:
        select_last_function(window)
        window.run("Fimble: Fix")
        expect_preview(window, "Fix: sums.py")
        assert wrong.read_text(encoding="utf-8") == WRONG, "nothing is changed before it is accepted"
        take_picture(window, "vscode-edit.png")
        window.press("Control+Enter")
        expect(window.page.locator(".tab").filter(has_text="Fix: sums.py")).to_have_count(0)
        window.save(wrong, RIGHT)
        window.press("Control+Z")
        window.save(wrong, WRONG)


def test_an_edit_that_is_rejected_leaves_no_trace(open_window: OpenWindow, wrong: Path) -> None:
    with open_window() as window:
        select_last_function(window)
        window.press("Control+.")
        window.choose_action("Fimble: Simplify")
        expect_preview(window, "Simplify: sums.py")
        window.run("Fimble: Reject the Proposed Change")
        expect(window.page.locator(".tab").filter(has_text="Simplify")).to_have_count(0)
        expect(window.page.locator(".tab.dirty")).to_have_count(0)
        assert wrong.read_text(encoding="utf-8") == WRONG


def test_the_chat_answers(open_window: OpenWindow, wrong: Path, workspace: Path, take_picture: TakePicture) -> None:
    with open_window() as window:
        wait_for(database_path(workspace).exists, "the index", _INDEX_SECONDS)
        window.open_file("sums.py")
        window.expect_status(READY)
        window.run("Fimble: Open Chat")
        chat = window.page.frame_locator("iframe.webview").frame_locator("iframe")
        answer = chat.locator(".assistant .body").last
        chat.locator("#message").fill("What does split_identifier do?")
        chat.locator("#message").press("Enter")
        expect(chat.locator("#cancel")).to_be_visible()
        expect(chat.locator("#send")).to_be_visible(timeout=_MODEL_MS)
        expect(answer).to_contain_text("identifier")
        expect(chat.locator("#usage-text")).to_contain_text("tokens")
        take_picture(window, "vscode-chat.png")


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
        expect(box).to_contain_text("sum", ignore_case=True, timeout=_MODEL_MS)
        expect(box).not_to_contain_text("mine")
        window.page.get_by_role("button", name="Bring It Back").click()
        expect(box).to_have_text("mine")
