"""Lines of real commits over several files: what was changed in the other files is what the user has just edited."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from completing import Item, names_in
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.words import identifiers
from fimble_prompts.candidates import Activity
from fimble_prompts.fim import Snippet

EDITED, NOT_EDITED = "name just edited elsewhere", "other line of a commit"
_FILE = re.compile(r"^diff --git a/.* b/(.*)$", re.MULTILINE)
_HUNK = re.compile(r"^@@ .*? \+(\d+)(?:,\d+)? @@.*$", re.MULTILINE)
_SHORTEST_LINE, _LONGEST_LINE = 12, 120
_LONGEST_EDIT = 1000
"""Characters of a hunk that count as what the user remembers of an edit."""


@dataclass(frozen=True)
class Hunk:
    """The new side of one place of a diff; `added` are the numbers of the lines that the commit wrote."""

    path: str
    start_line: int
    lines: tuple[str, ...]
    added: tuple[int, ...]


@dataclass(frozen=True)
class EditedLine:
    """An item, its document with the cursor's offset, and what was edited before."""

    item: Item
    text: str
    offset: int
    activity: Activity


def choose_edited_lines(file: Path, count: int, seed: int) -> list[EditedLine]:
    """Pick lines of the commits in a JSON lines file, one of each kind from a commit at most."""
    generator = random.Random(seed)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        commits = [json.loads(line) for line in lines]
    generator.shuffle(commits)
    wanted = dict.fromkeys((EDITED, NOT_EDITED), count // 2)
    chosen = []
    for commit in commits:
        hunks = [hunk for hunk in _hunks(commit["diff"]) if language_for_path(hunk.path) is not None]
        taken: set[str] = set()
        candidates = [(hunk, number) for hunk in hunks for number in hunk.added]
        generator.shuffle(candidates)
        for hunk, number in candidates:
            found = _edited_line(commit["repo"], hunk, number, [other for other in hunks if other.path != hunk.path])
            if found is not None and wanted[found.item.needs] and found.item.needs not in taken:
                taken.add(found.item.needs)
                wanted[found.item.needs] -= 1
                chosen.append(found)
    return chosen


def _hunks(diff: str) -> Iterator[Hunk]:
    _, *files = _FILE.split(diff)
    for path, body in zip(files[::2], files[1::2], strict=True):
        _, *places = _HUNK.split(body)
        for start, text in zip(places[::2], places[1::2], strict=True):
            lines = [line for line in text.strip("\n").split("\n") if line[:1] in {" ", "+"}]
            added = tuple(number for number, line in enumerate(lines) if line.startswith("+"))
            yield Hunk(path, int(start) - 1, tuple(line[1:] for line in lines), added)


def _edited_line(repository: str, hunk: Hunk, number: int, others: list[Hunk]) -> EditedLine | None:
    line = hunk.lines[number]
    if not others or not _SHORTEST_LINE <= len(line.strip()) <= _LONGEST_LINE:
        return None
    here = {name for other, code in enumerate(hunk.lines) if other != number for name in identifiers(code)}
    there = {name for other in others for code in other.lines for name in identifiers(code)}
    names = names_in(line)
    new = [(name, column) for name, column in names if name not in here]
    if new and new[0][0] in there:
        (name, column), needs = new[0], EDITED
    elif names and not new:
        (name, column), needs = names[-1], NOT_EDITED
    else:
        return None
    head = "".join(f"{code}\n" for code in hunk.lines[:number]) + line[:column]
    text = head + "".join(f"\n{code}" for code in hunk.lines[number + 1 :])
    edits = tuple(
        Snippet(
            other.path,
            other.start_line,
            other.start_line + len(other.lines),
            "\n".join(other.lines)[:_LONGEST_EDIT],
            "edits",
        )
        for other in reversed(others)
    )
    item = Item(repository, hunk.path, number, column, line[column:].rstrip(), needs, name)
    return EditedLine(item, text, len(head), Activity(edits=edits))
