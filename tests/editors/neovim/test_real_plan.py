"""Plans and code out of answers with the real server and the real model."""

from pathlib import Path

import pytest

from editor import SERVER
from editors.cart import CART, TOTAL
from editors.neovim.headless import MODEL_SECONDS, Window
from editors.waiting import wait_for


@pytest.fixture
def cart(bare: Window, tmp_path: Path) -> Window:
    """Neovim in a small repository, with the real server."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "cart.py").write_text(CART, encoding="utf-8")
    bare.lua("require('fimble').setup(...)", {"cmd": SERVER})
    bare.open(tmp_path / "cart.py")
    wait_for(lambda: all(index["ready"] for index in bare.server_status()["indexes"]), "the index", MODEL_SECONDS)
    return bare


@pytest.mark.model
def test_a_plan_is_made_looked_at_applied_and_undone(cart: Window, model: Path) -> None:
    cart.nvim.command(f"Fimble plan {TOTAL}")
    wait_for(lambda: "change cart.py: " in cart.text, "the plan", MODEL_SECONDS)
    for line, text in enumerate(cart.text.split("\n"), 1):
        if text.startswith("- [x]") and "cart.py: " not in text:
            cart.type(f"{line}G<Space>")
    cart.type("a")
    wait_for(lambda: "accept" in cart.footer(), "the diff of all steps", MODEL_SECONDS)
    assert any(line.startswith("+    def total") for line in cart.float())
    cart.type("<CR><Cmd>quit<CR>")
    assert "    def total(self)" in cart.text
    cart.type("u")
    assert cart.text == CART.rstrip("\n")


def test_code_of_an_answer_finds_its_place_by_its_name(cart: Window) -> None:
    cart.nvim.command("Fimble chat")
    code = ["```python", "def add(self, price: float) -> None:", "    self.items.insert(0, price)", "```"]
    cart.nvim.current.buffer.append(code)
    cart.type("<Esc>/insert<CR>ga")
    wait_for(lambda: "accept" in cart.footer(), "the diff")
    assert "replaced method Cart.add" in cart.float()
    cart.type("<CR>")
    assert cart.text == CART.replace("append(", "insert(0, ").rstrip("\n")
