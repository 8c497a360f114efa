"""Conversations on disk: one file each, for each workspace apart, readable by the user alone.

What looks like a secret is taken out before anything is written. A file that is damaged is as good as missing.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from fimble_indexer.files.secrets import redact
from fimble_server.chat.answers import Citation
from fimble_server.directories import state_directory
from fimble_server.errors import FimbleError

_MOST = 200
"""Conversations of one workspace; the oldest make room."""
_LONGEST_TITLE = 80
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SUFFIX = ".json"


class Message(msgspec.Struct, frozen=True):
    """One turn as it is shown again; lines are 0-based and the end is exclusive."""

    role: Literal["user", "assistant"]
    content: str
    citations: tuple[Citation, ...] = ()
    is_complete: bool = True
    """False for an answer that was cancelled."""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation: questions and answers in turn; `updated` is in seconds since 1970."""

    id: str
    title: str = ""
    updated: float = 0.0
    messages: tuple[Message, ...] = ()

    def with_turn(self, question: str, answer: Message) -> "Conversation":
        """Return the conversation with one more question and its answer."""
        title = self.title or _title(question)
        return Conversation(self.id, title, time.time(), (*self.messages, Message("user", question), answer))


def check_name(name: str) -> str:
    """Return the name of a conversation; raises `FimbleError` if it is none that can be a file's."""
    if not _NAME.fullmatch(name):
        raise FimbleError(f"{name!r} is no name of a conversation; use up to 64 letters, digits, - and _")
    return name


def load(root: Path | None, name: str) -> Conversation:
    """Return a conversation of a workspace; one that does not exist is empty."""
    return _read(_folder(root) / f"{check_name(name)}{_SUFFIX}") or Conversation(name)


def conversations(root: Path | None) -> list[Conversation]:
    """List the conversations of a workspace, the newest first."""
    found = filter(None, map(_read, _files(root)))
    return sorted(found, key=lambda conversation: (-conversation.updated, conversation.id))


def save(root: Path | None, conversation: Conversation) -> None:
    """Write a conversation, without secrets.

    Raises:
        FimbleError: it cannot be written; what was there before is still there.

    """
    folder = _folder(root)
    path = folder / f"{check_name(conversation.id)}{_SUFFIX}"
    new = path.with_suffix(".new")
    kept = Conversation(
        conversation.id,
        redact(conversation.title),
        conversation.updated,
        tuple(msgspec.structs.replace(message, content=redact(message.content)) for message in conversation.messages),
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise FimbleError(f"the conversation cannot be kept in {folder}: {error.strerror}") from error
    for old in conversations(root)[_MOST:]:
        delete(root, old.id)


def delete(root: Path | None, name: str) -> bool:
    """Remove a conversation; returns whether there was one."""
    path = _folder(root) / f"{check_name(name)}{_SUFFIX}"
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FimbleError(f"{path} cannot be removed: {error.strerror}") from error
    return True


def _folder(root: Path | None) -> Path:
    whole = os.fsencode(root.resolve()) if root else b""
    digest = hashlib.blake2s(whole, digest_size=8).hexdigest()
    return state_directory() / "conversations" / f"{root.name if root else 'none'}-{digest}"


def _files(root: Path | None) -> Iterator[Path]:
    try:
        yield from sorted(_folder(root).glob(f"*{_SUFFIX}"))
    except OSError:
        return


def _read(path: Path) -> Conversation | None:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Conversation)
    except (OSError, msgspec.DecodeError):
        return None
    return found if f"{found.id}{_SUFFIX}" == path.name else None


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}\u2026"
