"""The Neovim client with the real server, for a user who has no model."""

import re
from functools import partial
from pathlib import Path

from editor import SERVER
from editors.neovim.headless import Window
from editors.waiting import wait_for


def shows(window: Window, text: str) -> bool:
    """Tell whether a text is all that the buffer has."""
    return window.text == text


def test_without_a_model_the_way_to_one_is_said(tmp_path: Path, sums: Path) -> None:
    changes = {"FIMBLE_HOME": str(tmp_path / "empty")}
    with Window(tmp_path / "home", changes) as window:
        window.lua("require('fimble').setup(...)", {"cmd": SERVER})
        window.open(sums)
        window.type("GAreturn ")
        wait_for(lambda: "fimble models pull" in window.messages(), "the message")
        wait_for(lambda: window.lua("return require('fimble').status()") == "Fimble: no model", "the statusline")
        assert window.text.endswith("return ")


def test_health_of_the_real_program(tmp_path: Path, sums: Path) -> None:
    changes = {"FIMBLE_HOME": str(tmp_path / "empty")}
    program = str(Path(SERVER[0]).with_name("fimble"))
    with Window(tmp_path / "home", changes) as window:
        window.lua("require('fimble').setup(...)", {"cmd": [program, "lsp"]})
        window.open(sums)
        window.nvim.command("checkhealth fimble")
        assert re.search(rf"OK `{program}` is version \d", window.text)
        assert "The server runs for" in window.text
        assert "fimble models pull" in window.text


def test_a_question_that_the_index_answers_needs_no_model(tmp_path: Path, sums: Path, workspace: Path) -> None:
    changes = {"FIMBLE_HOME": str(tmp_path / "empty")}
    with Window(tmp_path / "home", changes) as window:
        window.lua("require('fimble').setup(...)", {"cmd": SERVER})
        window.open(sums)
        wait_for(lambda: all(index["ready"] for index in window.server_status()["indexes"]), "the index", 60)
        window.nvim.command("Fimble ask Who calls split_identifier?")
        wait_for(lambda: window.text.endswith("# You\n\n"), "the answer")
        path, line = re.findall(r"^- \[\d+\] (.+):(\d+)-\d+$", window.text, re.MULTILINE)[0]
        assert "`split_identifier`" in window.text
        assert "tokens" in window.nvim.current.window.options["winbar"]
        window.type("gg/^- \\[<CR><CR>")
        assert Path(window.nvim.current.buffer.name) == workspace / path
        assert window.cursor[0] == int(line)
        window.nvim.command("Fimble chat")
        conversation = window.text
        for choice, text in ((1, "# You\n\n"), (2, conversation)):
            window.lua("local n = ...; vim.ui.select = function(items, options, done) done(items[n]) end", choice)
            window.nvim.command("Fimble conversations")
            wait_for(partial(shows, window, text), "the conversation as it was kept")
