"""Fimble in the real VS Code workbench with the real model."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from editors.vscode.conftest import OpenWindow, TakePicture
from editors.vscode.workbench import PATIENCE_SECONDS, Workbench
from editors.waiting import wait_for
from fimble_server.index import database_path
from samples import ADD

pytestmark = pytest.mark.model

READY = "Ready: suggestions come while you type"
STARTING = "The server starts"
_NO_GHOST_MS = 3000


@pytest.fixture
def sums(workspace: Path, model: Path) -> Path:
    """A file in the workspace whose last function lacks what only one answer fits."""
    file = workspace / "sums.py"
    file.write_text(ADD.removesuffix("return "), encoding="utf-8")
    return file


def expect_no_suggestion(window: Workbench) -> None:
    """See that nothing comes for longer than any suggestion takes."""
    window.page.wait_for_timeout(_NO_GHOST_MS)
    expect(window.ghost_text).to_have_count(0)


def our_processes(word: str) -> list[psutil.Process]:
    """Return the processes of this run whose command line has the word, the newest last."""
    found = [process for process in psutil.process_iter(["cmdline", "create_time"]) if _is_ours(process, word)]
    return sorted(found, key=lambda process: process.info["create_time"])


def _is_ours(process: psutil.Process, word: str) -> bool:
    try:
        return (
            word in (process.info["cmdline"] or ())
            and process.environ().get("FIMBLE_HOME") == os.environ["FIMBLE_HOME"]
        )
    except psutil.Error:  # it has just ended
        return False


def kill_newest(word: str) -> Callable[[], object]:
    """Kill the newest such process, and return a function that waits for the one that takes its place.

    One of an earlier window may still be ending: it is neither.
    """
    known = our_processes(word)
    known[-1].kill()
    known[-1].wait(timeout=PATIENCE_SECONDS)
    return lambda: wait_for(lambda: set(our_processes(word)) - set(known), f"another {word}", PATIENCE_SECONDS)


def test_ghost_text_appears_and_tab_inserts_it_and_one_undo_takes_it_back(
    open_window: OpenWindow, sums: Path, take_picture: TakePicture
) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.type("return ")
        window.expect_suggestion("first - second")
        take_picture(window, "vscode.png")
        window.press("Tab")
        expect(window.ghost_text).to_have_count(0)
        window.save(sums, ADD + "first - second")
        window.press("Control+Z")
        window.save(sums, ADD)


def test_a_word_at_a_time(open_window: OpenWindow, sums: Path) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.type("return ")
        window.expect_suggestion("first - second")
        window.press("Control+ArrowRight")
        window.expect_suggestion(" - second")
        window.press("Escape")
        expect(window.ghost_text).to_have_count(0)
        window.save(sums, ADD + "first")


def test_a_line_at_a_time_and_several_to_choose_from(open_window: OpenWindow, sums: Path) -> None:
    begun = ADD + "first - second\n\n\ndef multiply("
    sums.write_text(begun, encoding="utf-8")
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.press("Alt+\\")
        first = window.suggestion()
        line = first.partition("\n")[0]
        window.press("Alt+]")
        expect(window.ghost_text.first).not_to_have_text(line)
        window.press("Alt+[")
        window.expect_suggestion(first)
        window.press("Control+Alt+ArrowRight")
        window.save(sums, f"{begun}{line}\n")


def test_a_setting_takes_effect_and_the_status_bar_tells_the_truth(open_window: OpenWindow, sums: Path) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.switch_setting("fimble.completion.enabled")
        window.expect_status("Suggestions while typing are switched off here")
        window.open_file("sums.py")
        window.type("return ")
        expect_no_suggestion(window)
        window.press("Alt+\\")
        window.expect_suggestion("first - second")  # an explicit request is answered all the same
        window.press("Escape")
        window.switch_setting("fimble.completion.enabled")
        window.expect_status(READY)


def test_the_menu_switches_a_language_and_a_workspace(open_window: OpenWindow, sums: Path, workspace: Path) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.status.click()
        window.choose("Suggest nothing for python")
        window.expect_status("switched off for python")
        window.press("Control+Alt+F", "l")
        window.expect_status(READY)
        window.press("Control+Alt+F", "t")
        window.expect_status("switched off here")
        assert (workspace / ".vscode" / "settings.json").exists()
        window.press("Control+Alt+F", "t")
        window.expect_status(READY)


def test_why_this_suggestion_and_statistics_are_panels(
    open_window: OpenWindow, sums: Path, take_picture: TakePicture
) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.type("return ")
        window.suggestion()
        window.run("Fimble: Why This Suggestion")
        panel = window.page.frame_locator("iframe.webview").frame_locator("iframe").locator("body")
        expect(panel).to_contain_text(re.compile("The model wrote the last suggestion|the rest of an earlier one"))
        expect(panel).to_contain_text("Probability of the first line")
        take_picture(window, "vscode-why.png")
        window.run("Fimble: Show Statistics")
        statistics = window.page.frame_locator("iframe.webview >> nth=-1").frame_locator("iframe").locator("body")
        expect(statistics).to_contain_text("Tokens in the cache")


def test_a_missing_model_leads_to_the_walkthrough(open_window: OpenWindow, sums: Path, tmp_path: Path) -> None:
    with open_window(environment={"FIMBLE_HOME": str(tmp_path / "empty")}) as window:
        window.expect_status("is not on this machine")
        expect(window.status).to_contain_text("no model")
        expect(window.page.locator(".gettingStartedContainer")).to_contain_text("Choose a model for this machine")
        window.status.click()
        window.choose("Choose a model")
        expect(window.page.locator(".quick-input-list")).to_contain_text("recommended for this machine")


def test_a_killed_engine_recovers(open_window: OpenWindow, sums: Path) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.type("return ")
        window.suggestion()
        window.press("Escape")
        await_another = kill_newest("fimble_server.engine")
        window.press("Alt+\\")  # what is remembered would need no engine
        window.expect_suggestion("first - second")
        await_another()


def test_a_killed_server_is_started_again(open_window: OpenWindow, sums: Path) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        await_another = kill_newest("lsp")
        window.expect_status(STARTING)
        await_another()
        window.expect_status(READY)
        window.type("return ")
        window.expect_suggestion("first - second")


def test_what_is_typed_while_no_server_runs_gets_its_suggestion_from_the_next(
    open_window: OpenWindow, sums: Path
) -> None:
    with open_window() as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        kill_newest("lsp")
        window.page.keyboard.type("return ")
        window.expect_suggestion("first - second")


def test_a_workspace_that_nobody_trusts_is_not_indexed_and_cannot_name_the_server(
    open_window: OpenWindow, sums: Path, workspace: Path, tmp_path: Path
) -> None:
    trap, sprung = workspace / "fimble", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n", encoding="utf-8")
    trap.chmod(0o755)
    (workspace / ".vscode").mkdir()
    (workspace / ".vscode" / "settings.json").write_text(
        f'{{"fimble.path": "{trap}", "fimble.completion.enabled": false}}', encoding="utf-8"
    )
    (workspace / ".fimble").mkdir()
    (workspace / ".fimble" / "settings.toml").write_text("[completion]\nenabled = false\n", encoding="utf-8")
    settings = {"security.workspace.trust.startupPrompt": "never"}
    with open_window(settings=settings, trusted=False) as window:
        window.open_file("sums.py")
        window.expect_status(READY)
        window.type("return ")
        window.expect_suggestion("first - second")
    assert not database_path(workspace).exists()
    assert not sprung.exists()
