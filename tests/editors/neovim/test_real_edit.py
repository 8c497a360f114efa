"""Commands on code with the real server and the real model."""

import ast

import pytest

from editors.neovim.headless import MODEL_SECONDS, Window
from editors.waiting import wait_for

pytestmark = pytest.mark.model


def proposed(window: Window) -> list[str]:
    """Wait for the diff and return its lines."""
    wait_for(lambda: "accept" in window.footer(), "the proposal", MODEL_SECONDS)
    return window.float()


def test_a_documentation_is_watched_accepted_and_undone(real: Window) -> None:
    real.nvim.current.buffer[:] = ["import math", "", "", "def area(radius):", "    return math.pi * radius**2"]
    text = real.text
    real.type("G")
    real.nvim.command("Fimble edit doc")
    wait_for(lambda: len("".join(real.float())) > 0, "the first words of the model", MODEL_SECONDS)
    lines = proposed(real)
    assert any(line.startswith("+") and '"""' in line for line in lines)
    assert not any(line.startswith("-") and not line.startswith("---") for line in lines)
    real.type("<CR>")
    function = ast.parse(real.text).body[1]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    assert real.text.startswith("import math\n\n\ndef area(radius):\n")
    assert real.text.endswith("\n    return math.pi * radius**2")
    real.type("u")
    assert real.text == text


def test_a_code_action_leads_to_the_same_window_and_rejected_nothing_changes(real: Window) -> None:
    real.nvim.current.buffer[:] = ["def area(radius):", "    return 3.14 * radius**2"]
    text = real.text
    choose = (
        "function(items, options, done) done(vim.iter(items):find(function(item) return item.action.title == %s)) end"
    )
    wanted = "'Fimble: Document' end"
    real.lua(f"vim.ui.select = {choose % wanted}")
    real.type("gra")
    proposed(real)
    assert "Document" in real.title()
    real.type("q")
    assert real.text == text


def test_an_explanation_is_shown_as_words(real: Window) -> None:
    real.type("G")
    real.nvim.command("Fimble edit explain")
    wait_for(lambda: "close" in real.footer(), "the answer", MODEL_SECONDS)
    assert len(" ".join(real.float()).split()) > 5
    assert "accept" not in real.footer()
