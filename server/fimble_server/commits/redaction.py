"""Secrets in a commit: told to the user before it is too late, and out of sight for all that follows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fimble_indexer.files.secrets import is_secret_file, redact
from fimble_server.commits.changes import Change

_MOST_WARNINGS = 10


def without_secrets(changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return the changes with what looks like a secret made unreadable, and a sentence for each that is added."""
    clean, warnings = [], []
    for change in changes:
        if is_secret_file(change.path) or is_secret_file(change.old_path):
            if change.status != "removed":
                warnings.append(f"{change.path} is a file of a kind that holds secrets; look at it before you commit")
            clean.append(replace(change, hunks=(), is_cut=True, is_secret=True))
            continue
        lines = [line for hunk in change.hunks for line in hunk.lines]
        readable = redact("\n".join(lines)).split("\n")
        if readable == lines:
            clean.append(change)
        else:
            warnings += _added_secrets(change, readable)
            clean.append(_with_lines(change, readable))
    if len(warnings) > _MOST_WARNINGS:
        more = len(warnings) - _MOST_WARNINGS
        warnings = [*warnings[:_MOST_WARNINGS], f"{more} more lines look like secrets"]
    return tuple(clean), tuple(warnings)


def _added_secrets(change: Change, readable: Sequence[str]) -> Iterator[str]:
    lines = iter(readable)
    for hunk in change.hunks:
        number = hunk.new_start
        for line in hunk.lines:
            if next(lines) != line and line.startswith("+"):
                yield f"{change.path}:{number + 1} looks like a secret; look at it before you commit"
            number += not line.startswith("-")


def _with_lines(change: Change, readable: Sequence[str]) -> Change:
    lines = iter(readable)
    hunks = tuple(
        replace(hunk, lines=tuple(next(lines) for _ in hunk.lines), heading=redact(hunk.heading))
        for hunk in change.hunks
    )
    return replace(change, hunks=hunks)
