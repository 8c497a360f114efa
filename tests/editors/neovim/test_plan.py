"""Plans: steps that are ticked, looked at, and applied together; a command that is run with consent."""

from pathlib import Path
from typing import Any

import pytest

from editors.neovim.headless import Window
from editors.waiting import wait_for

STEPS = [
    {"id": 1, "action": "change", "path": "code.py", "what": "rename first to start"},
    {"id": 2, "action": "create", "path": "new.py", "what": "use it"},
]
PLAN, STEP, APPLY, RUN = "fimble/plan", "fimble/planStep", "fimble/applyPlan", "fimble/runCommand"


@pytest.fixture
def plan(window: Window, tmp_path: Path) -> Window:
    """Neovim with a plan of two steps."""
    (tmp_path / "code.py").write_text("first = 1\n", encoding="utf-8")
    window.nvim.command("edit")
    window.nvim.command("Fimble plan rename first everywhere")
    assert window.asked(PLAN)["question"] == "rename first everywhere"
    refused = ["change '../x': not in the workspace"]
    window.reply(PLAN, {"plan": "plan1", "steps": STEPS, "refused": refused, "testCommand": "pytest -q"})
    return window


def drafted(window: Window, step: int, diff: str) -> None:
    """Let the server draft a step."""
    wait_for(lambda: window.requests(STEP) and window.requests(STEP)[-1]["step"] == step, f"step {step}")
    window.reply(STEP, {"edit": {"documentChanges": []}, "diff": diff, "how": "", "problems": []})


def whole(window: Window, tmp_path: Path) -> dict[str, Any]:
    """Return all steps as one edit."""
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}}
    start = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    code, new = ((tmp_path / name).as_uri() for name in ("code.py", "new.py"))
    version = window.lua("return vim.lsp.util.buf_versions[vim.uri_to_bufnr(...)]", code)
    changes = [
        {"textDocument": {"uri": code, "version": version}, "edits": [{"range": place, "newText": "start"}]},
        {"kind": "create", "uri": new},
        {"textDocument": {"uri": new}, "edits": [{"range": start, "newText": "import code\n"}]},
    ]
    return {"edit": {"documentChanges": changes}, "diff": "-first\n+start", "problems": []}


def test_its_steps_are_listed_and_ticked(plan: Window) -> None:
    assert plan.text.split("\n")[2:4] == [
        "- [x] change code.py: rename first to start",
        "- [x] create new.py: use it",
    ]
    assert "Left out: change '../x': not in the workspace" in plan.text
    plan.type("<Space>")
    assert "- [ ] change code.py" in plan.text
    plan.type("<Space>")
    assert "- [x] change code.py" in plan.text


def test_a_step_is_looked_at_and_not_applied(plan: Window) -> None:
    plan.type("<CR>")
    assert plan.asked(STEP) == {
        "plan": "plan1",
        "step": 1,
        "partialResultToken": plan.asked(STEP)["partialResultToken"],
    }
    plan.write(STEP, "start = 1")
    assert plan.float() == ["start = 1"]
    drafted(plan, 1, "-first\n+start")
    assert plan.float() == ["-first", "+start"]
    assert "accept" not in plan.footer()
    plan.type("q")
    assert "rename first to start (drafted)" in plan.text


def test_what_is_ticked_is_drafted_shown_as_one_applied_and_tested_with_consent(plan: Window, tmp_path: Path) -> None:
    plan.type("a")
    drafted(plan, 1, "-first\n+start")
    drafted(plan, 2, "+import code")
    assert plan.asked(APPLY)["steps"] == [1, 2]
    plan.reply(APPLY, whole(plan, tmp_path))
    assert plan.float() == ["-first", "+start"]
    plan.lua("vim.ui.select = function(items, options, done) question = options.prompt; answer = done end")
    plan.type("<CR>")
    plan.reply(RUN, {"command": "pytest -q", "folder": "/code", "consent": "token"})
    assert plan.lua("return question") == "Run `pytest -q` in /code?"
    assert not plan.requests(RUN), "nothing runs before the user agrees"
    plan.lua("answer('yes')")
    assert plan.asked(RUN)["consent"] == "token"
    plan.reply(RUN, {"command": "pytest -q", "exitCode": 1, "output": "1 failed\n", "seconds": 2.34, "isCut": False})
    assert plan.float() == ["1 failed"]
    assert plan.title() == " pytest -q: exit code 1, 2.3 s "
    plan.type("c")
    plan.type("Why?<C-s>")
    assert plan.asked("fimble/chat")["mentions"] == [{"kind": "terminal", "text": "1 failed\n"}]
    for name, text in (("code.py", "start = 1"), ("new.py", "import code")):
        buffer = plan.lua("return vim.fn.bufnr(...)", str(tmp_path / name))
        assert plan.nvim.buffers[buffer][0] == text


def test_a_command_that_the_user_refuses_does_not_run(plan: Window, tmp_path: Path) -> None:
    plan.type("a")
    drafted(plan, 1, "-first\n+start")
    drafted(plan, 2, "+import code")
    plan.reply(APPLY, whole(plan, tmp_path))
    plan.lua("vim.ui.select = function(items, options, done) asked_user = true; done(items[1]) end")
    plan.type("<CR>")
    plan.reply(RUN, {"command": "pytest -q", "folder": "/code", "consent": "token"})
    assert plan.lua("return asked_user")
    assert not plan.requests(RUN)


def test_only_what_is_ticked_is_drafted(plan: Window) -> None:
    plan.type("<Space>a")
    drafted(plan, 2, "+import code")
    assert plan.asked(APPLY)["steps"] == [2]


def test_nothing_ticked_nothing_applied(plan: Window) -> None:
    plan.type("<Space>j<Space>a")
    assert "no step is ticked" in plan.messages()
    assert not plan.requests(STEP)


def test_a_step_without_an_edit_ends_it_and_says_why(plan: Window) -> None:
    plan.type("a")
    plan.asked(STEP)
    plan.reply(STEP, {"diff": "", "how": "", "problems": ["the model wrote no code"]})
    assert plan.float() == ["Problem: the model wrote no code"]
    assert not plan.requests(APPLY)


def test_closed_while_a_step_is_written_it_is_cancelled(plan: Window) -> None:
    plan.type("a")
    plan.asked(STEP)
    plan.type("q")
    assert not plan.requests(STEP)


def test_a_failure_is_said(window: Window) -> None:
    window.nvim.command("Fimble plan everything")
    window.lua("vim.notify = function(text) said = text end")
    window.fail(PLAN, "The model made no plan")
    assert window.lua("return said") == "Fimble: The model made no plan"


def test_who_types_meanwhile_goes_on_typing(window: Window) -> None:
    window.nvim.command("Fimble plan everything")
    window.type("ix")
    window.lua("vim.api.nvim_echo = function(chunks) said = chunks[1][1] end")
    window.reply(PLAN, {"plan": "plan1", "steps": STEPS, "refused": []})
    assert window.lua("return said") == "Fimble made a plan; it is in the window below."
    window.type("y")
    assert window.text == "xy"
    window.type("<Esc><C-w>j")
    assert window.text.startswith("# everything")
    assert window.cursor[0] == 3


def test_its_window_can_be_closed_before_a_step_is_drafted(plan: Window) -> None:
    plan.type("a")
    plan.asked(STEP)
    plan.type("<Cmd>wincmd p<CR><Cmd>close<CR>")
    drafted(plan, 1, "-first\n+start")
    drafted(plan, 2, "+import code")
    assert plan.asked(APPLY)["steps"] == [1, 2]


@pytest.mark.parametrize("end", ["fake.exit(1, 0)", "vim.cmd.Fimble('restart')"])
def test_the_end_of_the_server_is_said(window: Window, end: str) -> None:
    window.nvim.command("Fimble plan everything")
    window.asked(PLAN)
    window.lua(end)
    wait_for(lambda: "Fimble: the server has ended" in window.messages(), "the sentence")
