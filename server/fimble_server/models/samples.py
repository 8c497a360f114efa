"""Fill-in-the-middle items cut from Python's own standard library: real code that every machine with Fimble has."""

import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from fimble_server.models.measurements import Item

_PREFIX, _SUFFIX = 450, 200  # characters of context: about 180 tokens, so that a hundred items take seconds
_LONGEST_LINE = 100  # characters
_MOST_LINES = 12
_LONGEST_MIDDLE = 700  # characters
# Tests repeat themselves, encodings are tables, and the others are no library code.
_LEFT_OUT = {
    "__pycache__",
    "encodings",
    "idlelib",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "turtledemo",
}
# Code rather than prose: a keyword, an assignment or a call.
_STATEMENT = re.compile(r"\s*(?:(?:return|if|elif|for|while|with|raise|assert|def)\b|[\w.\[\]]+ [-+*/|&]?= |[\w.]+\()")


def cut_items(count: int, seed: int) -> list[Item]:
    """Cut `count` items, the same ones for the same seed and Python version.

    Every second one is whole lines, one to twelve; the others go from a place inside a line to its end.
    """
    chance = random.Random(seed)  # noqa: S311 - the items have to repeat, not to be secret
    files = _sources()
    items: list[Item] = []
    while len(items) < count:
        lines = chance.choice(files).read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        item = _cut(lines, chance, inside=len(items) % 2 == 1)
        if item:
            items.append(item)
    return items


def _sources() -> list[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    return sorted(path for path in _walk(library) if path.stat().st_size > 4 * _PREFIX)


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _LEFT_OUT:
            yield from _walk(path)
        elif path.suffix == ".py":
            yield path


def _cut(lines: list[str], chance: random.Random, *, inside: bool) -> Item | None:
    """Cut one item at a random line, or return None where that line is not worth asking for."""
    first = chance.randrange(len(lines))
    line = lines[first]
    if not _STATEMENT.match(line) or len(line) > _LONGEST_LINE:
        return None
    last = first if inside else min(first + chance.randrange(_MOST_LINES), len(lines) - 1)
    before, middle, after = "".join(lines[:first]), "".join(lines[first : last + 1]), "".join(lines[last + 1 :])
    if inside:
        places = [match.end() for match in re.finditer(r"\b\w+\b[^\w\s]?", line.rstrip())][:-1]
        if not places:
            return None
        place = chance.choice(places)
        before, middle, after = before + line[:place], line[place:].rstrip("\n"), "\n" + after
    if len(middle) > _LONGEST_MIDDLE:
        return None
    return Item(prefix=before[-_PREFIX:], suffix=after[:_SUFFIX], middle=middle)
