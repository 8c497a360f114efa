"""The `prepare-commit-msg` hook (githooks(5)): a message in the editor that `git commit` opens.

It only ever adds: what somebody has written, and what git has prepared for a merge or a rebase, stays as it is. It
never stops a commit, whatever happens, and takes no longer than it may.
"""

import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from fimble_server.commits.repository import Repository
from fimble_server.errors import FimbleError

NAME = "prepare-commit-msg"
_MARK = "# Written by `fimble hook install`; `fimble hook remove` takes it away."
_SCRIPT = """#!/bin/sh
{mark}
# It suggests a message where there is none, and never stops a commit.
before="$(dirname "$0")/{before}"
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
if [ -x {python} ]; then
    {python} -P -m fimble_server hook run "$@" || true
fi
"""
_BEFORE = f"{NAME}.before-fimble"
_NOTE = "Suggested by Fimble; an empty message aborts the commit."
_SCISSORS = re.compile(r"^\S+ -+ >8 -+$", re.MULTILINE)


def install(repository: Repository) -> Path:
    """Write the hook and return its path; a hook that is there is run before it.

    Raises:
        FimbleError: the folder of hooks is not this repository's own, or an earlier hook was put aside already.

    """
    hook = _folder(repository) / NAME
    before = hook.with_name(_BEFORE)
    if hook.exists() and not _is_ours(hook):
        if before.exists():
            raise FimbleError(f"{hook} and {before} both hold a hook of yours; remove one of them first")
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.rename(before)
    hook.parent.mkdir(parents=True, exist_ok=True)
    script = _SCRIPT.format(mark=_MARK, before=_BEFORE, python=shlex.quote(Path(sys.executable).as_posix()))
    _write(hook, script.encode(), mode=0o755)
    return hook


def remove(repository: Repository) -> Path:
    """Take the hook away, put the one before it back, and return its path.

    Raises:
        FimbleError: there is no hook of Fimble's.

    """
    hook = _folder(repository) / NAME
    before = hook.with_name(_BEFORE)
    if not _is_ours(hook):
        raise FimbleError(f"there is no hook of Fimble's in {hook.parent}")
    if before.exists():
        before.replace(hook)
    else:
        hook.unlink()
    return hook


def _folder(repository: Repository) -> Path:
    shared = repository.setting("core.hooksPath")
    if shared:
        raise FimbleError(
            f"core.hooksPath is set to {shared}, whose hooks are not this repository's alone; "
            f'add the line `fimble hook run "$@" || true` to {NAME} there'
        )
    return repository.path("hooks")


def _is_ours(hook: Path) -> bool:
    try:
        return _MARK in hook.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def wants_message(repository: Repository, file: Path, source: str) -> bool:
    """Tell whether a commit has no message yet and somebody will look at the one that is suggested.

    `source` is what git tells the hook: message, template, merge, squash, commit, or "".
    """
    if source not in {"", "template"} or repository.operation() is not None or os.environ.get("GIT_EDITOR") == ":":
        return False
    return not _written(file.read_text(encoding="utf-8", errors="replace"), _comment_mark(repository))


def fill(repository: Repository, file: Path, message: str) -> None:
    """Put a message above what git has prepared in a file."""
    mark = _comment_mark(repository)
    if message.startswith(mark):
        return  # git would take the subject for a comment
    rest = file.read_bytes()
    has_comments = any(line.startswith(mark.encode()) for line in rest.split(b"\n"))
    note = f"\n{mark} {_NOTE}" if has_comments else ""
    _write(file, f"{message}\n{note}".encode() + (b"" if rest.startswith(b"\n") else b"\n") + rest)


def _written(text: str, mark: str) -> bool:
    """Tell whether a person or git has written a message, beside comments and the diff of `--verbose`."""
    text = _SCISSORS.split(text, maxsplit=1)[0]
    return any(line.strip() and not line.startswith(mark) for line in text.split("\n"))


def _comment_mark(repository: Repository) -> str:
    mark = repository.setting("core.commentString") or repository.setting("core.commentChar")
    return "#" if mark in {"", "auto"} else mark


def _write(file: Path, content: bytes, mode: int | None = None) -> None:
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(mode or file.stat().st_mode & 0o777)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
