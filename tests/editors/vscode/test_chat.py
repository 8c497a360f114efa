"""Conversations and plans in the real workbench with the real model."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from editors.cart import CART, TOTAL
from editors.vscode.chat import Chat
from editors.vscode.conftest import OpenWindow, TakePicture
from editors.vscode.workbench import PATIENCE_SECONDS
from editors.waiting import wait_for

pytestmark = pytest.mark.model


@pytest.fixture
def cart(workspace: Path, model: Path) -> Path:
    """A file in a small workspace."""
    for package in ("indexer", "prompts"):
        shutil.rmtree(workspace / package)
    file = workspace / "cart.py"
    file.write_text(CART, encoding="utf-8")
    return file


def test_a_question_is_answered_at_once_with_places_that_open(
    open_window: OpenWindow, workspace: Path, model: Path, take_picture: TakePicture
) -> None:
    with open_window() as window:
        chat = Chat(window)
        answer = chat.ask("Who calls split_identifier?")
        expect(answer).to_contain_text("split_identifier 1 is used in")
        place = answer.locator(".citations button").first
        expect(place).to_contain_text("indexer/fimble_indexer/words.py:")
        line = place.inner_text().rpartition(":")[2].partition("-")[0]
        place.press("Enter")
        expect(window.page.locator(".tab.active")).to_contain_text("words.py")
        expect(window.position).to_contain_text(f"Ln {line},")
        take_picture(window, "vscode-chat.png")


def test_an_answer_of_the_model_comes_with_its_context_and_is_kept(
    open_window: OpenWindow, workspace: Path, model: Path
) -> None:
    with open_window() as window:
        chat = Chat(window)
        answer = chat.ask("What does split_identifier do?")
        expect(answer.locator(".body")).to_contain_text("identifier")
        expect(answer.locator(".problem")).to_have_count(0)
        expect(answer.locator("details summary")).to_contain_text("tokens")
        expect(chat.usage).to_contain_text("tokens")
        said = answer.locator(".body").inner_text()
        window.page.get_by_role("button", name="New Conversation").click()
        expect(chat.answers).to_have_count(0)
        window.page.get_by_role("button", name="Earlier Conversations").click()
        window.choose("What does split_identifier do?")
        expect(chat.answers.locator(".body")).to_have_text(said)


def test_code_of_an_answer_is_copied_inserted_and_applied(open_window: OpenWindow, cart: Path) -> None:
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        answer = chat.ask("Write a Python function multiply(first, second) that returns their product.")
        block = answer.locator("figure.code").first
        code = block.locator("code").text_content() or ""
        assert "def multiply" in code
        block.get_by_role("button", name="Apply").press("Enter")
        window.expect_preview("Apply: cart.py")
        assert cart.read_text(encoding="utf-8") == CART
        block.get_by_role("button", name="Insert").press("Enter")
        expect(window.page.locator(".notification-toast")).to_contain_text("accept or reject it first")
        window.focus_editor()
        window.press("Control+Enter")
        window.expect_no_preview()
        applied = window.saved(cart, lambda text: "def multiply" in text)
        assert applied.startswith(CART), "all that was there is kept"
        window.press("Control+Z")
        window.save(cart, CART)
        window.press("Control+Home")
        block.get_by_role("button", name="Insert").press("Enter")
        window.focus_editor()
        window.save(cart, code.removesuffix("\n") + CART)
        block.get_by_role("button", name="Copy").press("Enter")
        expect(window.page.locator("footer")).to_contain_text("Copied.")
        window.focus_editor()
        window.press("Control+A", "Control+V")
        window.save(cart, code)


def test_a_plan_is_ticked_previewed_applied_and_undone(open_window: OpenWindow, cart: Path) -> None:
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        plan = chat.ask(f"/plan {TOTAL}").locator(".plan")
        step = choose_only(plan, "cart.py")
        step.get_by_role("button", name="Preview").press("Enter")
        window.expect_preview(": cart.py")
        assert cart.read_text(encoding="utf-8") == CART
        window.run("Fimble: Accept the Proposed Change")
        window.expect_no_preview()
        assert cart.read_text(encoding="utf-8") == CART, "a step is applied with the others"
        expect(step.locator(".note")).not_to_be_empty()
        plan.get_by_role("button", name="Apply 1 step").press("Enter")
        window.expect_preview("Plan: cart.py")
        window.press("Control+Enter")
        wait_for(lambda: "def total" in cart.read_text(encoding="utf-8"), "the plan to be applied", PATIENCE_SECONDS)
        expect(plan).to_contain_text("Applied.")
        window.focus_editor()
        window.press("Control+Z")
        window.save(cart, CART)


def test_a_plan_over_two_files_is_one_edit(open_window: OpenWindow, cart: Path, take_picture: TakePicture) -> None:
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        plan = chat.ask(f"/plan {TOTAL}, with tests").locator(".plan")
        name = plan.locator("li", has_text="create").locator("code").first.inner_text()
        choose_only(plan, "cart.py", name)
        plan.get_by_role("button", name="Apply 2 steps").press("Enter")
        window.expect_preview(f"Plan: cart.py, {Path(name).name}")
        take_picture(window, "vscode-plan.png")
        assert cart.read_text(encoding="utf-8") == CART
        window.press("Control+Enter")
        tests = cart.parent / name
        wait_for(lambda: tests.exists() and tests.stat().st_size, "the tests", PATIENCE_SECONDS)
        wait_for(lambda: "def total" in cart.read_text(encoding="utf-8"), "the plan to be applied", PATIENCE_SECONDS)
        expect(plan).to_contain_text("Applied.")
        window.focus_editor()
        window.press("Control+Z")
        wait_for(lambda: not tests.exists(), "the tests to be gone", PATIENCE_SECONDS)
        window.save(cart, CART)


def test_a_command_runs_after_consent_alone_and_its_output_is_spoken_of(open_window: OpenWindow, cart: Path) -> None:
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        plan = chat.ask(f"/plan {TOTAL}").locator(".plan")
        choose_only(plan, "cart.py")
        plan.get_by_role("button", name="Apply 1 step").press("Enter")
        window.expect_preview("Plan: cart.py")
        window.press("Control+Enter")
        command = plan.get_by_label("Command to run")
        command.fill("git ls-files --others")
        command.press("Enter")
        dialog = window.page.locator(".monaco-dialog-box")
        expect(dialog).to_contain_text("Run git ls-files --others?")
        dialog.get_by_role("button", name="Cancel").click()
        chat.expect_idle()
        expect(chat.outputs).to_have_count(0)
        command.fill("git ls-files --others")
        command.press("Enter")
        dialog.get_by_role("button", name="Run").click()
        expect(chat.outputs.locator(".body")).to_contain_text("cart.py\n(exit code 0")
        expect(chat.attached).to_contain_text("The output of git ls-files --others goes with the next message.")
        answer = chat.ask("Which file is new?")
        answer.locator("summary").click()
        expect(answer.locator("details li")).to_contain_text("(terminal)")
        expect(chat.attached).to_be_hidden()


def test_what_a_command_in_the_terminal_wrote_is_spoken_of(open_window: OpenWindow, cart: Path) -> None:
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        expect(chat.ask("Which file is new? @terminal").locator(".problem")).to_contain_text("No command ran")
        window.run_in_terminal("git ls-files --others", "cart.py")
        answer = chat.ask("Which file is new? @terminal")
        expect(answer.locator(".problem")).to_have_count(0)
        answer.locator("summary").click()
        expect(answer.locator("details li")).to_contain_text("(terminal)")


def test_a_message_that_is_being_written_is_not_lost(open_window: OpenWindow, cart: Path, workspace: Path) -> None:
    package = workspace / "node_modules" / "cart-of-another.js"
    package.parent.mkdir()
    package.write_text("", encoding="utf-8")
    with open_window() as window:
        window.open_file("cart.py")
        chat = Chat(window)
        chat.message.press_sequentially("What of @")
        choice = window.page.locator(".quick-input-list .monaco-list-row")
        expect(choice.first).to_be_visible()
        window.press("Escape")
        expect(chat.message).to_be_focused()
        expect(chat.message).to_have_value("What of @")
        window.press("Backspace")
        window.type("@")
        window.choose("File…")
        expect(choice.filter(has_text="cart.py")).to_be_visible()
        expect(choice.filter(has_text="cart-of-another")).to_have_count(0)
        window.choose("cart.py")
        expect(chat.message).to_have_value("What of @file:cart.py ")
        window.run("View: Show Search")
        expect(window.page.locator("iframe.webview")).to_have_count(0)
        chat = Chat(window)
        expect(chat.message).to_have_value("What of @file:cart.py ")


def choose_only(plan: Locator, *files: str) -> Locator:
    """Untick all steps but the first ones for these files, with the keyboard; returns the first of these."""
    steps = plan.locator("li")
    paths = steps.locator("code").all_inner_texts()
    wanted = [paths.index(file) for file in files]
    for index in range(len(paths)):
        box = steps.nth(index).get_by_role("checkbox")
        if index not in wanted:
            box.press("Space")
            expect(box).not_to_be_checked()
            expect(box).to_be_focused()
    return steps.nth(wanted[0])
