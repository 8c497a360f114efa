"""Copies of source trees in which no file holds the answer to a target."""

import re
from collections.abc import Sequence
from pathlib import Path

from fimble_indexer.files import list_files, read_source
from replaying.targets import BUILT, Target

_SAME_FILE = 0.5
"""From this share of common lines on, a file that holds a target's lines is a copy of the target's file."""
_SPACE = re.compile(r"\s+")


def copy_without(root: Path, copy: Path, targets: Sequence[Target]) -> list[str]:
    """Copy the files of a tree that an editor's user would see, without the targets; return the paths left out.

    Left out are built code, what version control or an ignore file hides, and copies of a target's file that hold the
    target's lines, too.
    """
    texts = {}
    for file in list_files(root):
        content = read_source(root, file.path)
        if content is not None and not BUILT & set(file.path.lower().split("/")[:-1]):
            texts[file.path] = content.decode("utf-8", "surrogateescape")
    by_path = {target.path: target for target in targets}
    left_out = sorted(
        path
        for path, text in texts.items()
        if any(path != target.path and _copies(text, texts[target.path], target) for target in targets)
        and path not in by_path
    )
    for path, text in texts.items():
        if path in left_out:
            continue
        target = by_path.get(path)
        written = text if target is None else text[: target.start] + text[target.end :]
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(written.encode("utf-8", "surrogateescape"))
    return left_out


def _copies(text: str, original: str, target: Target) -> bool:
    """Tell whether a text is a copy of the target's file, as far as spaces do not matter, and holds the target."""
    if _SPACE.sub("", target.text) not in _SPACE.sub("", text):
        return False
    lines, others = _lines(original), _lines(text)
    return len(lines & others) >= _SAME_FILE * max(1, min(len(lines), len(others)))


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}
