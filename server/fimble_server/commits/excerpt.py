"""The part of a diff that a prompt has room for: the changed lines of the files that weigh most."""

from collections.abc import Sequence

from fimble_server.commits.changes import Hunk
from fimble_server.commits.facts import Facts

_LONGEST_LINE = 160
_CONTEXT = 1
"""Unchanged lines kept around those that change."""
_LEAST = 150
"""Characters; less of a file tells nothing."""


def excerpts(facts: Sequence[Facts], limit: int) -> dict[str, str]:
    """Return lines of diffs by path, of about `limit` characters together, and nothing of what programs have written.

    A file gets room by its weight; what it leaves goes to those behind it.
    """
    ordered = [file for file in sorted(facts, key=lambda file: -file.weight) if is_worth_reading(file)]
    weights = sum(file.weight for file in ordered)
    found: dict[str, str] = {}
    for file in ordered:
        share = limit * file.weight / weights
        weights -= file.weight
        if share < _LEAST and found:
            break
        text = excerpt(file, int(max(share, _LEAST)))
        limit -= len(text)
        found[file.path] = text
    return found


def is_worth_reading(facts: Facts) -> bool:
    """Tell whether a file's diff says more than what is known of it anyway."""
    change = facts.change
    return bool(change.hunks) and not (
        facts.is_generated or facts.is_whitespace or facts.is_large_file or facts.kind == "lock" or change.is_submodule
    )


def excerpt(facts: Facts, limit: int) -> str:
    """Return the name and the first changed lines of a file, in about `limit` characters."""
    lines = [facts.name]
    left = limit - len(facts.name)
    hunks = facts.change.hunks
    for number, hunk in enumerate(hunks):
        # Each hunk may have its part of what is left: a file's first one is not always the one that matters.
        room = max(left // (len(hunks) - number), _LEAST)
        for line in _of_hunk(hunk):
            shown = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
            if room < len(shown) or left < len(shown):
                break
            lines.append(shown)
            room -= len(shown) + 1
            left -= len(shown) + 1
        if left <= 0:
            break
    return "\n".join(lines)


def _of_hunk(hunk: Hunk) -> list[str]:
    if hunk.heading:
        return [f"@@ {hunk.heading}", *_near_changes(hunk.lines)]
    return _near_changes(hunk.lines)


def _near_changes(lines: Sequence[str]) -> list[str]:
    changed = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    near = {number + step for number in changed for step in range(-_CONTEXT, _CONTEXT + 1)}
    return [line for number, line in enumerate(lines) if number in near and line.strip(" +-")]
