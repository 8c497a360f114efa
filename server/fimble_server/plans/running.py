"""A command that the user wants run, such as the tests: one program, no shell, for so long, its output bounded.

Nothing is run for anybody but who agreed to the very command line: `Consents` hands out what has to come back with it.
"""

import asyncio
import contextlib
import os
import re
import secrets
import shlex
import signal
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from fimble_indexer.files.secrets import redact
from fimble_server.errors import FimbleError

MOST_SECONDS = 600.0
_OUTPUT_BYTES = 64 * 1024
_HEAD_BYTES = 8 * 1024
_KILL_SECONDS = 2.0
_CONSENT_SECONDS = 600.0
_MOST_CONSENTS = 16
_LONGEST_COMMAND = 2000  # characters
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
_SHELL = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"})


class CommandError(FimbleError):
    """The command is not run, or cannot be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command. ``exit_code`` is None if its time was up; ``output`` has no secrets."""

    command: str
    exit_code: int | None
    output: str
    seconds: float
    is_cut: bool


@dataclass
class Consents:
    """Command lines that a user is asked about. Each token stands for one line in one folder, once, for some time."""

    _asked: dict[str, tuple[str, Path, float]] = field(default_factory=dict)

    def ask(self, command: str, folder: Path) -> str:
        """Return a token for a command line that the user is to be shown.

        Raises:
            CommandError: it is no command line of one program.

        """
        split_command(command)
        token = secrets.token_urlsafe(16)
        self._asked[token] = command, folder, monotonic() + _CONSENT_SECONDS
        while len(self._asked) > _MOST_CONSENTS:
            del self._asked[next(iter(self._asked))]
        return token

    def take(self, token: str, command: str, folder: Path) -> None:
        """Use a token up.

        Raises:
            CommandError: it does not stand for this very command line in this folder, was used, or is too old.

        """
        asked, where, until = self._asked.pop(token, ("", folder, 0.0))
        if asked != command or where != folder or monotonic() > until:
            raise CommandError("The command was not agreed to in these words; ask again")


def split_command(command: str) -> list[str]:
    """Return the program and its arguments; raises `CommandError` for what only a shell understands."""
    if len(command) > _LONGEST_COMMAND or not command.isprintable():
        raise CommandError("The command is too long, or holds characters that cannot be shown")
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError as error:
        raise CommandError(f"The command cannot be read: {error}") from error
    if not words:
        raise CommandError("The command is empty")
    if any(word in _SHELL or set(word) <= set("();<>|&") for word in words):
        raise CommandError("The command needs a shell, and Fimble runs one program; put it into a script")
    return words


async def run_command(command: str, folder: Path, *, seconds: float = 120.0) -> Outcome:
    """Run a program in a folder without input, and return what it said; it and its children end with the time.

    Cancelling the task ends them as well. Only to be called for a command line that the user has agreed to.

    Raises:
        CommandError: it cannot be started.

    """
    words = split_command(command)
    started = monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=os.name != "nt",
            env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(f"{words[0]} cannot be started: {reason}") from error
    assert process.stdout is not None
    reader = asyncio.create_task(_read(process.stdout))
    is_late = False
    try:
        async with asyncio.timeout(min(seconds, MOST_SECONDS)):
            await process.wait()
    except TimeoutError:
        is_late = True
    finally:
        # Also when it has ended: what it left running is not to go on behind the user's back.
        await _end(process)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_SECONDS):
                await asyncio.shield(reader)
        reader.cancel()
    head, tail, dropped = reader.result() if reader.done() and not reader.cancelled() else (b"", b"", 0)
    text = _plain(head) + (f"\n[{dropped} bytes left out]\n" if dropped else "") + _plain(tail)
    exit_code = None if is_late else process.returncode
    return Outcome(command, exit_code, redact(text), monotonic() - started, bool(dropped))


async def _read(stream: asyncio.StreamReader) -> tuple[bytes, bytes, int]:
    """Read to the end; returns the first bytes, the last ones, and how many were dropped between."""
    head, tail, dropped = b"", b"", 0
    while part := await stream.read(1 << 14):
        room = _HEAD_BYTES - len(head)
        head += part[:room]
        tail += part[room:]
        if (excess := len(tail) - (_OUTPUT_BYTES - _HEAD_BYTES)) > 0:
            tail = tail[excess:]
            dropped += excess
    return head, tail, dropped


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _plain(data: bytes) -> str:
    """Return output as text without what moves a terminal's cursor or hides characters."""
    return _CONTROL.sub("", data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
