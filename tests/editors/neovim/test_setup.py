"""Options, the command line, what the user is told, and the health report."""

from pathlib import Path
from typing import Any

import pynvim
import pytest

from editors.neovim.headless import PLUGIN, Window
from editors.waiting import wait_for

STATUS: dict[str, Any] = {
    "version": "1.2.3",
    "model": {"file": "/models/small.gguf"},
    "engine": {"state": "stopped"},
    "indexes": [{"root": "/code", "database": "/cache/x", "ready": True, "state": "idle"}],
    "accepted": 4,
    "languages": {"markdown": "markdown", "python": "python", "sh": "bash"},
}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"command": ["x"]}, "There is no option `command`."),
        ({"cmd": "fimble"}, "The option `cmd` has to be a list of strings."),
        ({"cmd": []}, "The option `cmd` has to be a list of strings."),
        ({"keys": {"acept": "<Tab>"}}, "There is no option `keys.acept`."),
        ({"keys": {"accept": 1}}, "The option `keys.accept` has to be a key or false."),
        ({"ghost_text": "native"}, 'The option `ghost_text` has to be "auto" or "own".'),
        ({"enabled": "yes", "x": 1}, "The option `enabled` has to be true or false. There is no option `x`."),
    ],
)
def test_a_wrong_option_is_one_sentence(bare: Window, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(pynvim.NvimError) as error:
        bare.lua("require('fimble').setup(...)", options)
    assert str(error.value).splitlines()[0].endswith(f"Fimble: {sentence}")


def test_without_the_program_the_way_out_is_said(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.lua("require('fimble').setup({ cmd = { 'no-such-fimble', 'lsp' } })")
    bare.nvim.command(f"edit {tmp_path / 'code.py'}")
    bare.type("iab")
    said = bare.messages()
    assert "`no-such-fimble` is not on PATH" in said
    assert ":help fimble-start" in said
    assert len(said.strip().splitlines()) == 1
    assert bare.lua("return require('fimble').status()") == ""


def test_the_server_gets_its_settings(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake(settings={"completion": {"block_lines": 5}})
    bare.open(tmp_path / "code.py")
    assert bare.lua("return fake.initialized_with.initializationOptions") == {"completion": {"block_lines": 5}}
    asked = "return vim.lsp.handlers['workspace/configuration'](nil, { items = { { section = 'fimble' } } }, ...)"
    answer = bare.lua(asked, {"client_id": bare.lua("return require('fimble.client').get().id")})
    assert answer == [{"completion": {"block_lines": 5}}]


def test_the_folder_of_the_repository_is_the_workspace(window: Window, tmp_path: Path) -> None:
    assert window.lua("return fake.initialized_with.workspaceFolders")[0]["uri"] == tmp_path.as_uri()


def test_nothing_is_loaded_before_it_is_used(bare: Window) -> None:
    loaded = "return vim.iter(vim.tbl_keys(package.loaded)):any(function(n) return vim.startswith(n, 'fimble') end)"
    assert not bare.lua(loaded)
    assert bare.nvim.funcs.exists(":Fimble") == 2


def test_a_folder_that_joins_the_path_late_works_too(bare: Window) -> None:
    """As plugin managers do it that load a plugin when it is needed."""
    bare.nvim.command(f"set runtimepath-={PLUGIN} | delcommand Fimble | unlet g:loaded_fimble")
    bare.nvim.command(f"set runtimepath+={PLUGIN}")
    bare.setup_fake()
    assert bare.nvim.funcs.exists(":Fimble") == 2


def test_a_file_that_was_open_before_is_served(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.nvim.command(f"edit {tmp_path / 'code.py'}")
    bare.setup_fake()
    bare.type("ia")
    bare.asked()


def test_setup_twice_changes_the_options_and_doubles_nothing(window: Window) -> None:
    window.lua("require('fimble').setup({ cmd = { 'true' } })")
    assert window.lua("return #vim.lsp.get_clients({ name = 'fimble' })") == 1
    window.type("ia")
    window.asked()
    assert len(window.requests()) == 1


def test_sub_commands_are_completed(window: Window) -> None:
    complete = window.nvim.funcs.getcompletion
    commands = [
        "ask",
        "chat",
        "commit",
        "complete",
        "conversations",
        "edit",
        "explain",
        "log",
        "next",
        "plan",
        "restart",
        "status",
        "stop",
        "toggle",
        "update_index",
    ]
    assert complete("Fimble ", "cmdline") == commands
    assert complete("Fimble st", "cmdline") == ["status", "stop"]
    assert complete("Fimble toggle ", "cmdline") == ["buffer", "filetype", "global"]
    assert complete("Fimble status ", "cmdline") == []


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("Fimble stats", "Fimble takes one of ask, chat, commit, complete, conversations, edit"),
        ("Fimble toggle all", ":Fimble toggle takes buffer, filetype, global."),
        ("Fimble status now", ":Fimble status takes no argument."),
    ],
)
def test_a_wrong_sub_command_is_one_sentence(window: Window, command: str, sentence: str) -> None:
    with pytest.raises(pynvim.NvimError) as error:
        window.nvim.command(command)
    assert sentence in str(error.value)


def test_toggling_everywhere(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.type("<Cmd>Fimble toggle<CR>")
    assert window.ghost() == ""
    window.type("t")
    assert not window.requests()
    assert window.lua("return require('fimble').status()") == "Fimble: off"
    window.type("<M-n>")
    assert window.asked()["context"] == {"triggerKind": 1}
    window.type("<Cmd>Fimble toggle<CR>")
    assert wait_for(window.requests, "a request")[-1]["context"] == {"triggerKind": 2}


def test_toggling_a_filetype_and_one_buffer_of_it(window: Window, tmp_path: Path) -> None:
    window.nvim.command("Fimble toggle filetype")
    assert window.lua("return require('fimble.enabled').get(0)") is False
    other = tmp_path / "other.py"
    other.write_text("", encoding="utf-8")
    window.open(other)
    assert window.lua("return require('fimble.enabled').get(0)") is False
    window.nvim.command("Fimble toggle buffer")
    assert window.lua("return require('fimble.enabled').get(0)") is True
    (tmp_path / "code.lua").write_text("", encoding="utf-8")
    window.open(tmp_path / "code.lua")
    assert window.lua("return require('fimble.enabled').get(0)") is True


def test_filetypes_that_the_options_switch_off(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("", encoding="utf-8")
    bare.setup_fake(disabled_filetypes=["markdown"])
    bare.open(tmp_path / "notes.md")
    bare.type("iab")
    assert not bare.requests()


def test_status_in_a_float(window: Window) -> None:
    window.lua("fake.commands['fimble.status'] = ...", STATUS)
    window.nvim.command("Fimble status")
    lines = window.float()
    assert "- now: ready" in lines
    assert "- model: /models/small.gguf" in lines
    assert "- index of /code: idle" in lines


def test_why_this_suggestion_in_a_float(window: Window) -> None:
    explanation = {
        "origin": "model",
        "snippets": [{"path": "a/b.py", "range": {"start_line": 3, "end_line": 9}, "source": "imports"}],
        "evaluated_tokens": 12,
        "cached_tokens": 300,
        "generated_tokens": 9,
        "timings_ms": {"prefill": 80.4, "decode": 120.6},
        "line_log_probability": -0.5,
        "model": "small",
        "prompt": "rich",
        "extent": "line",
        "filters": ["trim"],
    }
    window.lua("fake.commands['fimble.explainCompletion'] = ...", explanation)
    window.nvim.command("Fimble explain")
    text = "\n".join(window.float())
    for part in ("origin: model", "61 %", "12 read, 300 known", "decode 121 ms, prefill 80 ms", "a/b.py:3-9", "trim"):
        assert part in text


def test_an_explanation_of_nothing(window: Window) -> None:
    empty = {"origin": "the file holds secrets", "snippets": [], "timings_ms": {}, "filters": [], "model": ""}
    window.lua("local d = ...; d.line_log_probability = vim.NIL; fake.commands['fimble.explainCompletion'] = d", empty)
    window.nvim.command("Fimble explain")
    assert window.float()[-1] == "- origin: the file holds secrets"


@pytest.mark.parametrize("command", ["status", "explain", "complete", "update_index"])
def test_without_a_server_commands_say_so(bare: Window, command: str) -> None:
    bare.setup_fake()
    bare.nvim.command(f"Fimble {command}")
    assert "does not run for this buffer" in bare.messages()


def test_stop_and_restart(window: Window) -> None:
    window.type("ire")
    window.suggest("turn")
    window.nvim.command("Fimble stop")
    wait_for(lambda: window.lua("return #vim.lsp.get_clients({ name = 'fimble' })") == 0, "its end")
    assert window.ghost() == ""
    assert window.lua("return require('fimble').status()") == ""
    window.lua("require('fimble.client').start = function() started = true end")
    window.nvim.command("Fimble restart")
    wait_for(lambda: window.lua("return started"), "its start")


def test_a_server_that_never_gets_ready_can_be_stopped_and_restarted(bare: Window, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.lua("fake.is_silent = true")
    bare.nvim.command(f"edit {tmp_path / 'code.py'}")
    count = "return #vim.lsp.get_clients({ name = 'fimble', _uninitialized = true })"
    wait_for(lambda: bare.lua(count) == 1, "the first server")
    bare.nvim.command("Fimble stop")
    wait_for(lambda: bare.lua(count) == 0, "its end")
    bare.nvim.command("Fimble restart")
    wait_for(lambda: bare.lua(count) == 1, "a second server")
    bare.lua("fake.is_silent = false")
    bare.nvim.command("Fimble restart")
    wait_for(lambda: bare.lua("return require('fimble.client').get() ~= nil"), "a server that is ready")


@pytest.mark.parametrize(("code", "signal"), [(1, 0), (0, 9)])
def test_a_server_that_ends_by_itself_is_started_again_but_not_forever(window: Window, code: int, signal: int) -> None:
    attached = "local client = require('fimble.client').get(); return client and client.id"
    servers = {None, window.lua(attached)}
    for _ in range(4):
        window.lua("fake.exit(...)", code, signal)
        wait_for(lambda: window.lua(attached) not in servers, "the next server")
        servers.add(window.lua(attached))
    assert "keeps ending" not in window.messages()
    window.lua("fake.exit(...)", code, signal)
    wait_for(lambda: "keeps ending" in window.messages(), "the message")
    assert window.lua(attached) is None
    window.nvim.command("Fimble restart")
    wait_for(lambda: window.lua(attached), "the server")


def test_a_server_that_is_told_to_end_stays_so(window: Window) -> None:
    window.lua("fake.exit(0, 15)")
    gone = "return require('fimble.client').get() == nil"
    wait_for(lambda: window.lua(gone), "the end")
    window.lua("vim.wait(200)")
    assert window.lua(gone)


@pytest.mark.parametrize("model", [{"file": "/models/small.gguf"}, {"error": "No model: run `fimble models pull`"}])
def test_the_statusline_tells_of_a_missing_model(bare: Window, tmp_path: Path, model: dict[str, str]) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.lua("fake.commands['fimble.status'] = ...", {**STATUS, "model": model})
    bare.open(tmp_path / "code.py")
    expected = "Fimble: no model" if "error" in model else "Fimble: ready"
    wait_for(lambda: bare.lua("return require('fimble').status()") == expected, expected)
    bare.lua("fake.commands['fimble.status'] = ...", STATUS)
    bare.type("i")
    wait_for(lambda: bare.lua("return require('fimble').status()") == "Fimble: ready", "what changed meanwhile")


@pytest.mark.parametrize("name", ["notes.md", "script.sh"])
def test_the_statusline_tells_what_a_settings_file_switched_off(bare: Window, tmp_path: Path, name: str) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    (tmp_path / name).write_text("", encoding="utf-8")
    bare.setup_fake()
    settings = {"completion": {"enabled": True, "disabled_languages": ["markdown", "bash"]}}
    bare.lua("fake.commands['fimble.status'] = ...", {**STATUS, "settings": settings})
    bare.open(tmp_path / name)
    wait_for(lambda: bare.lua("return require('fimble').status()") == "Fimble: off", "the status")
    bare.open(tmp_path / "code.py")
    wait_for(lambda: bare.lua("return require('fimble').status()") == "Fimble: ready", "the status")


def test_the_statusline_follows_the_progress(window: Window) -> None:
    def report(**value: Any) -> str:
        window.lua("fake.dispatchers.notification('$/progress', ...)", {"token": "t", "value": value})
        window.type("")
        return str(window.lua("return require('fimble').status()"))

    assert report(kind="begin", title="Fimble: indexing code", percentage=0) == "Fimble: indexing 0%"
    assert report(kind="report", message="4/10 files", percentage=40) == "Fimble: indexing 40%"
    assert report(kind="end") == "Fimble: ready"
    assert report(kind="begin", title="Fimble: loading the model") == "Fimble: loading"
    assert report(kind="end") == "Fimble: ready"
    assert report(kind="begin", title="Fimble: commit message") == "Fimble: thinking"


def test_the_statusline_tells_of_a_long_wait_and_is_drawn_by_itself(window: Window) -> None:
    window.lua("vim.o.statusline = '%{v:lua.require(\"fimble\").status()}'; vim.o.laststatus = 2")
    window.lua(
        "seen = {}; vim.api.nvim_create_autocmd('User', { pattern = 'FimbleStatus', callback = function()"
        " table.insert(seen, require('fimble').status()) end })"
    )
    window.type("ia")
    window.asked()
    assert window.lua("return require('fimble').status()") == "Fimble: ready"
    wait_for(lambda: window.lua("return seen[#seen]") == "Fimble: thinking", "the redrawn statusline")
    window.suggest("b")
    wait_for(lambda: window.lua("return seen[#seen]") == "Fimble: ready", "the statusline after the answer")


def test_health(window: Window) -> None:
    window.lua("fake.commands['fimble.status'] = ...", STATUS)
    window.nvim.command("checkhealth fimble")
    text = window.text
    for part in ("Fimble draws the suggestions", "The model is `/models/small.gguf`", "accept_word: `<M-w>`"):
        assert part in text
    assert "ERROR" not in text


def test_health_without_program_and_without_model(bare: Window, tmp_path: Path) -> None:
    bare.lua("require('fimble').setup({ cmd = { 'no-such-fimble' } })")
    bare.nvim.command("checkhealth fimble")
    assert "❌ ERROR `no-such-fimble` is not on PATH" in bare.text
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    bare.setup_fake()
    bare.lua("fake.commands['fimble.status'] = ...", {**STATUS, "model": {"error": "No model is installed"}})
    bare.open(tmp_path / "code.py")
    bare.nvim.command("checkhealth fimble")
    assert "❌ ERROR No model is installed" in bare.text
    assert "fimble models pull" in bare.text


def test_help_tags(bare: Window, tmp_path: Path) -> None:
    tags = {line.split("\t")[0] for line in make_tags(bare, tmp_path)}
    options = bare.lua("return vim.tbl_keys(require('fimble.config').defaults)")
    assert {"fimble.txt", "fimble.setup()", ":Fimble", "fimble-keys", "fimble.status()"} <= tags
    assert {f"fimble-option-{name}" for name in options} <= tags


def make_tags(window: Window, folder: Path) -> list[str]:
    """Have Neovim make the tags of the help, in a copy."""
    (folder / "doc").mkdir()
    (folder / "doc" / "fimble.txt").write_text((PLUGIN / "doc" / "fimble.txt").read_text("utf-8"), encoding="utf-8")
    window.nvim.command(f"helptags {folder / 'doc'}")
    return (folder / "doc" / "tags").read_text("utf-8").splitlines()
