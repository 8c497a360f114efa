"""The Neovim client with the real server and the real model, without a window and in a terminal."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from editor import SERVER
from editors.neovim.headless import MODEL_SECONDS, PLUGIN, Window
from editors.neovim.terminal import NeovimTerminal
from editors.waiting import wait_for
from samples import ADD

pytestmark = pytest.mark.model


@pytest.fixture
def terminal(tmp_path: Path, model: Path, sums: Path) -> Iterator[NeovimTerminal]:
    """Neovim in a terminal, with the real server, in that file."""
    with NeovimTerminal(tmp_path / "terminal", sums, start()) as neovim:
        neovim.keys("G")
        yield neovim


def start() -> tuple[str, str]:
    """Return what Neovim does at its start: put the plugin on its path, and then set it up."""
    command = ", ".join(f"'{word}'" for word in SERVER)
    statusline = "set laststatus=2 statusline=%{v:lua.require'fimble'.status()}"
    setup = f"autocmd VimEnter * lua require('fimble').setup({{ cmd = {{ {command} }} }})"
    return f"set runtimepath+={PLUGIN} | {statusline}", setup


def see_ghost(window: Window, text: str) -> None:
    """Wait for a suggestion."""
    try:
        wait_for(lambda: window.ghost() == text, f"the suggestion {text!r}", MODEL_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}; shown is {window.ghost()!r}\n{window.messages()}") from None


def engine(window: Window) -> int | None:
    """Return the engine's process as the server knows it; None if none runs."""
    process: int | None = window.server_status()["engine"].get("process")
    return process


def server_process(window: Window) -> psutil.Process:
    """Return the language server that this Neovim has started."""
    children = psutil.Process(window.lua("return vim.fn.getpid()")).children()
    return next(child for child in children if child.cmdline()[-1:] == ["lsp"])


def test_typed_it_appears_and_is_accepted_in_parts_and_undone(real: Window) -> None:
    text = real.text
    real.type("Areturn ")
    see_ghost(real, "first - second")
    real.type("<M-w>")
    assert (real.text, real.ghost()) == (text + "return first", " - second")
    real.type("<M-l>")
    assert (real.text, real.ghost()) == (text + "return first - second", "")
    real.type("<Esc>u")
    assert real.text == text + "return first"
    real.type("u")
    assert real.text == text + "return "
    real.type("A")
    see_ghost(real, "first - second")
    real.type("<Tab><Esc>")
    assert real.text == text + "return first - second"
    real.type("u")
    assert real.text == text + "return "


def test_typed_along_it_shrinks_and_another_way_it_changes(real: Window) -> None:
    real.type("Areturn ")
    see_ghost(real, "first - second")
    real.type("fir")
    assert real.ghost() == "st - second"
    real.type("<BS><BS><BS>")
    see_ghost(real, "first - second")
    real.type("abs(")
    wait_for(lambda: real.ghost().startswith("first - second"), "the suggestion as an argument", MODEL_SECONDS)


def test_dismissed_it_stays_away(real: Window) -> None:
    real.type("Areturn ")
    see_ghost(real, "first - second")
    real.type("<M-d><Left><Right>")
    real.lua("vim.wait(1000)")
    assert real.ghost() == ""
    real.type("f")
    see_ghost(real, "irst - second")


def test_several_candidates_on_request(real: Window) -> None:
    real.type("Areturn <M-n>")
    wait_for(lambda: "(1/" in real.ghost(), "numbered candidates", MODEL_SECONDS)
    count = int(re.findall(r"\(1/(\d)\)", real.ghost())[0])
    seen = {real.ghost()}
    for _ in range(count - 1):
        real.type("<M-n>")
        seen.add(real.ghost())
    assert len(seen) == count
    assert any(ghost.startswith("first - second") for ghost in seen)


def test_behind_emoji_and_in_front_of_closing_brackets(real: Window) -> None:
    real.type("Aprint('😀 é', first + second)<CR>return (<C-v>)<Left>")
    wait_for(lambda: real.ghost().startswith("first - second"), "the suggestion", MODEL_SECONDS)
    real.type("<Tab>")
    wait_for(lambda: real.text.splitlines()[-1].strip() == "return (first - second)", "the line")


def test_why_this_suggestion(real: Window) -> None:
    real.type("Areturn ")
    see_ghost(real, "first - second")
    real.type("<Cmd>Fimble explain<CR>")
    lines = real.float()
    assert "- origin: model" in lines
    assert any(line.startswith("- probability of its first line: ") for line in lines)


def test_a_killed_engine_and_a_restarted_server_recover(real: Window) -> None:
    real.type("Areturn ")
    see_ghost(real, "first - second")
    killed = engine(real)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: engine(real) is None, "the engine's end")
    real.type("abs(")  # What was suggested before is remembered without an engine.
    wait_for(lambda: real.ghost().startswith("first - second"), "the suggestion of a new engine", MODEL_SECONDS)
    assert engine(real) not in {killed, None}
    server = real.lua("return require('fimble.client').get().id")
    real.type("<Esc><Cmd>Fimble restart<CR>")
    attached = "local client = require('fimble.client').get(); return client and client.initialized and client.id"
    wait_for(lambda: (now := real.lua(attached)) and now != server, "the new server")
    real.type("A")
    wait_for(lambda: real.ghost().startswith("first - second"), "the suggestion of a new server", MODEL_SECONDS)


def test_a_killed_server_is_started_again(real: Window) -> None:
    real.type("Areturn ")
    see_ghost(real, "first - second")
    killed = server_process(real)
    killed.kill()
    killed.wait(MODEL_SECONDS)
    wait_for(lambda: real.ghost() == "", "the end of what it suggested")
    see_ghost(real, "first - second")
    assert server_process(real).pid != killed.pid


def test_in_a_terminal_with_menu_and_undo(terminal: NeovimTerminal, sums: Path) -> None:
    terminal.type("Areturn ")
    terminal.see("return first - second", MODEL_SECONDS)
    terminal.see("Fimble: ready")
    terminal.keys("C-x", "C-n")
    terminal.see("-- Keyword Local completion")
    assert "return first - second" not in terminal.screen
    terminal.keys("C-e")
    terminal.see("return first - second")
    terminal.keys("M-w")
    terminal.keys("Tab", "Escape")
    terminal.type(":write\n")
    wait_for(lambda: sums.read_text("utf-8").endswith("return first - second\n"), "the saved file")
    terminal.type("uu:write\n")
    wait_for(lambda: sums.read_text("utf-8").endswith("return \n"), "the saved file")


def test_two_windows_share_one_engine(terminal: NeovimTerminal, workspace: Path, tmp_path: Path) -> None:
    other_file = workspace / "other.py"
    other_file.write_text(ADD.removesuffix("return "), encoding="utf-8")
    with NeovimTerminal(tmp_path / "other", other_file, start()) as other:
        processes = []
        other.keys("G")
        for window in (terminal, other):
            window.type("Areturn ")
            window.see("return first - second", MODEL_SECONDS)
            window.keys("Escape")
            window.type(":Fimble status\n")
            window.see("engine: ready, process")
            processes += re.findall(r"engine: ready, process (\d+)", window.screen)
    assert len(processes) == 2
    assert processes[0] == processes[1]
