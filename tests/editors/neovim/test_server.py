"""The Neovim client with the real server, for a user who has no model."""

import re
from pathlib import Path

from editor import SERVER
from editors.neovim.headless import Window
from editors.waiting import wait_for


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
