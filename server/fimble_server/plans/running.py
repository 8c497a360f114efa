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
from fimble_server.controls import without_controls
from fimble_server.errors import FimbleError

MOST_SECONDS = 600.0
_OUTPUT_BYTES = 64 * 1024
_HEAD_BYTES = 8 * 1024
_LAST_WORDS_SECONDS = 2.0
_CONSENT_SECONDS = 600.0
_MOST_CONSENTS = 16
_LONGEST_COMMAND = 2000  # characters
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
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
        transport, program = await asyncio.get_running_loop().subprocess_exec(
            _Program,
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
    is_late = False
    try:
        async with asyncio.timeout(min(seconds, MOST_SECONDS)):
            await program.has_ended.wait()
    except TimeoutError:
        is_late = True
    finally:
        # Also when it has ended: what it left running is not to go on behind the user's back.
        _kill(transport)
        await program.has_ended.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await program.has_said_all.wait()
        exit_code = None if is_late else transport.get_returncode()
        transport.close()
    return Outcome(command, exit_code, redact(program.output), monotonic() - started, bool(program.dropped))


class _Program(asyncio.SubprocessProtocol):
    """A program that runs, and what it has said so far: the first bytes, the last ones, how many were dropped between.

    A daemon that it leaves can hold its output open long after its end.
    """

    def __init__(self) -> None:
        self.has_ended = asyncio.Event()
        self.has_said_all = asyncio.Event()
        self.dropped = 0
        self._head = self._tail = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - there is one pipe
        """Take what it says next."""
        room = _HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        excess = max(0, len(self._tail) - (_OUTPUT_BYTES - _HEAD_BYTES))
        self._tail = self._tail[excess:]
        self.dropped += excess

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        """Take note that nobody can say anything any more."""
        self.has_said_all.set()

    def process_exited(self) -> None:
        """Take note of its end."""
        self.has_ended.set()

    @property
    def output(self) -> str:
        """What was said; around what was dropped by whole lines, since half a secret is not recognised as one."""
        if not self.dropped:
            return _plain(self._head + self._tail)
        head, tail = self._head[: self._head.rfind(b"\n") + 1], self._tail[self._tail.find(b"\n") + 1 :]
        dropped = self.dropped + len(self._head) + len(self._tail) - len(head) - len(tail)
        return f"{_plain(head)}[{dropped} bytes left out]\n{_plain(tail)}"


def _kill(transport: asyncio.SubprocessTransport) -> None:
    """End a program and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            transport.kill()
        else:
            os.killpg(transport.get_pid(), signal.SIGKILL)


def _plain(data: bytes) -> str:
    """Return output as text without what moves a terminal's cursor or hides characters."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return without_controls(_SEQUENCE.sub("", text))
