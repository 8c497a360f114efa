"""Commands run with consent only, within bounds."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from fimble_server.plans import running
from fimble_server.plans.running import CommandError, Consents, run_command, split_command

PYTHON = f'"{sys.executable}" -c'


async def test_the_output_and_the_exit_code(tmp_path: Path) -> None:
    outcome = await run_command(
        f"{PYTHON} \"import os, sys; print(os.getcwd()); sys.stderr.write('no'); sys.exit(3)\"", tmp_path
    )

    assert outcome.exit_code == 3
    assert sorted(outcome.output.split()) == sorted([str(tmp_path.resolve()), "no"])
    assert not outcome.is_cut


async def test_it_has_no_input(tmp_path: Path) -> None:
    outcome = await run_command(f'{PYTHON} "import sys; print(len(sys.stdin.read()))"', tmp_path)

    assert outcome.output.strip() == "0"


async def test_secrets_and_control_characters_are_taken_out(tmp_path: Path) -> None:
    code = (
        "print('API_KEY=\\'sk-proj-abcdefghij0123456789abcdefghij0123\\'')\n"
        "print('\\x1b[31mred\\x1b[0m', '\\x1b]0;title\\x07', '\\u202e')\n"
    )
    (tmp_path / "a.py").write_text(code, encoding="utf-8")

    outcome = await run_command(f'"{sys.executable}" a.py', tmp_path)

    assert "sk-proj" not in outcome.output
    assert "red" in outcome.output
    assert "\x1b" not in outcome.output
    assert "\u202e" not in outcome.output
    assert "title" not in outcome.output


async def test_a_flood_is_cut_in_the_middle(tmp_path: Path) -> None:
    outcome = await run_command(f"{PYTHON} \"print('first'); print('x y\\n' * 400000); print('last')\"", tmp_path)

    assert outcome.is_cut
    assert len(outcome.output) < 70_000
    assert outcome.output.startswith("first")
    assert outcome.output.rstrip().endswith("last")
    assert "bytes left out" in outcome.output


@pytest.mark.skipif(os.name == "nt", reason="sessions are a notion of POSIX")
async def test_the_time_ends_it_and_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    (tmp_path / "a.py").write_text(code, encoding="utf-8")

    outcome = await run_command(f'"{sys.executable}" a.py', tmp_path, seconds=1.5)

    assert outcome.exit_code is None
    assert outcome.seconds < 10
    child = int(outcome.output.split()[0])
    async with asyncio.timeout(10):  # until the system has buried it
        while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="sessions are a notion of POSIX")
@pytest.mark.parametrize("end", ["", "import time; time.sleep(60)\n"])
async def test_what_was_said_is_told_though_a_daemon_holds_the_output(tmp_path: Path, end: str) -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        "print(child.pid, 'done', flush=True)\n"
    )
    (tmp_path / "a.py").write_text(code + end, encoding="utf-8")
    outcome = await run_command(f'"{sys.executable}" a.py', tmp_path, seconds=3 if end else 30)
    child, said = outcome.output.split()
    os.kill(int(child), signal.SIGKILL)
    assert (outcome.exit_code, said) == (None if end else 0, "done")
    assert outcome.seconds < 20


async def test_no_character_and_no_secret_is_cut_in_half(tmp_path: Path) -> None:
    key = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
    (tmp_path / "a.py").write_text("print('x' + 'é' * 10_000)", encoding="utf-8")
    (tmp_path / "b.py").write_text(f"for _ in range(2000): print('token', '{key}' + ' ' * 5)", encoding="utf-8")
    whole = await run_command(f'"{sys.executable}" -X utf8 a.py', tmp_path)
    assert whole.output == f"x{'é' * 10_000}\n"
    cut = await run_command(f'"{sys.executable}" b.py', tmp_path)
    assert cut.is_cut
    assert {line.strip() for line in cut.output.splitlines() if "bytes" not in line} == {"token <redacted>"}


@pytest.mark.skipif(os.name == "nt", reason="sessions are a notion of POSIX")
async def test_cancelling_ends_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n", encoding="utf-8"
    )
    task = asyncio.create_task(run_command(f'"{sys.executable}" a.py', tmp_path))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="utf-8"):
            await asyncio.sleep(0.05)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "command",
    [
        "",
        "  ",
        "pytest && rm -rf /",
        "a | b",
        "a; b",
        "a > b",
        "a &",
        "(a)",
        "a 'b",
        "a\nb",
        "a\x1bb",
        "a\u202eb",
        "x " * 1001,
    ],
)
def test_what_is_not_one_program_is_refused(command: str) -> None:
    with pytest.raises(CommandError):
        split_command(command)


def test_what_a_shell_would_replace_stays_as_it_is() -> None:
    assert split_command("pytest -k 'a && b' $HOME `id` *.py") == ["pytest", "-k", "a && b", "$HOME", "`id`", "*.py"]


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be started"):
        await run_command("no-such-program-here --version", tmp_path)


def test_consent_is_for_one_line_in_one_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    consents = Consents()
    other = tmp_path / "other"

    def refused(token: str, command: str, folder: Path) -> None:
        with pytest.raises(CommandError, match="not agreed"):
            consents.take(token, command, folder)

    refused("guessed", "pytest", tmp_path)
    refused("", "", tmp_path)
    refused(consents.ask("pytest", tmp_path), "pytest -q", tmp_path)
    refused(consents.ask("pytest", tmp_path), "pytest", other)
    token = consents.ask("pytest", tmp_path)
    consents.take(token, "pytest", tmp_path)
    refused(token, "pytest", tmp_path)
    late = consents.ask("pytest", tmp_path)
    monkeypatch.setattr(running, "monotonic", lambda: 1e12)
    refused(late, "pytest", tmp_path)


def test_questions_are_not_kept_for_ever(tmp_path: Path) -> None:
    consents = Consents()
    first = consents.ask("pytest", tmp_path)
    for _ in range(100):
        consents.ask("pytest", tmp_path)

    assert len(consents._asked) < 100
    with pytest.raises(CommandError):
        consents.take(first, "pytest", tmp_path)
