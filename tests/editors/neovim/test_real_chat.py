"""Conversations with the real server and the real model."""

import re
from pathlib import Path

import pytest

from editors.neovim.headless import MODEL_SECONDS, Window
from editors.waiting import wait_for

pytestmark = pytest.mark.model


@pytest.fixture
def indexed(real: Window) -> Window:
    """Neovim in a file of a repository whose index is there."""
    wait_for(lambda: all(index["ready"] for index in real.server_status()["indexes"]), "the index", MODEL_SECONDS)
    return real


def last_turn(window: Window) -> str:
    """Return what stands below the last heading."""
    return window.text.rpartition("\n# ")[2]


def wait_for_answer(window: Window) -> str:
    """Wait until the next message can be written, and return the answer."""
    wait_for(lambda: last_turn(window).strip() == "You", "the answer", MODEL_SECONDS)
    return window.text.rpartition("# Fimble\n\n")[2].removesuffix("\n\n# You\n\n")


def test_a_question_is_answered_with_citations_that_can_be_opened(indexed: Window, workspace: Path) -> None:
    indexed.nvim.command("Fimble ask Where are secrets in a text replaced by something else?")
    answer = wait_for_answer(indexed)
    path, line = re.findall(r"^- \[\d+\] (.+):(\d+)-\d+$", answer, re.MULTILINE)[0]
    assert "tokens" in indexed.nvim.current.window.options["winbar"]
    indexed.type("gg/^- \\[<CR><CR>")
    assert Path(indexed.nvim.current.buffer.name) == workspace / path
    assert indexed.cursor[0] == int(line)


def test_an_answer_is_streamed_and_can_be_ended_and_the_next_one_comes(indexed: Window) -> None:
    indexed.nvim.command("Fimble chat Explain in detail how files are watched and how changes reach the index.")
    wait_for(lambda: len(last_turn(indexed)) > len("Fimble") + 20, "the first words", MODEL_SECONDS)
    indexed.type("<C-c>")
    assert indexed.text.endswith("(ended by you)\n\n# You\n\n")
    indexed.type("iWho calls redact?<C-s>")
    assert "`redact`" in wait_for_answer(indexed)


def test_what_is_selected_is_spoken_of(indexed: Window) -> None:
    indexed.nvim.command("1,3Fimble chat What does this function return?")
    answer = wait_for_answer(indexed)
    assert "sum" in answer.lower()
    assert "sums.py:1-3" in indexed.nvim.current.window.options["winbar"]
    conversation = indexed.text
    indexed.lua("vim.ui.select = function(items, options, done) done(items[2]) end")
    indexed.nvim.command("Fimble conversations")
    wait_for(lambda: indexed.text == conversation, "the conversation as it was kept")
