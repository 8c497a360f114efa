"""Copies of source trees from which targets were taken out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fimble_indexer.files.listing import list_files, read_source
from replaying.targets import Target, is_built

_SAME_FILE = 0.5
"""From this share of common lines on, a file that holds a target is a copy of the target's file."""
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Copied:
    """What became of a tree: the files left out as copies, and the targets whose text is somewhere else, too."""

    left_out: tuple[str, ...]
    repeated: frozenset[Target]


def copy_without(root: Path, copy: Path, targets: Sequence[Target]) -> Copied:
    """Copy the files of a tree that an editor's user would see, without the targets, at most one a file.

    Left out are built code, what version control or an ignore file hides, and copies of a target's file that hold the
    target. Other code may happen to say the same, as any code does: that is told.
    """
    texts = {}
    for file in list_files(root):
        content = read_source(root, file.path)
        if content is not None and not is_built(root, file.path):
            texts[file.path] = content.decode("utf-8", "surrogateescape")
    originals = {target.path: texts[target.path] for target in targets}
    for target in targets:
        texts[target.path] = texts[target.path][: target.start] + texts[target.path][target.end :]
    packed = {path: _SPACE.sub("", text) for path, text in texts.items()}
    left_out: set[str] = set()
    repeated: set[Target] = set()
    for target in targets:
        answer = _SPACE.sub("", target.text)
        for path in [path for path, text in packed.items() if answer in text]:
            if path not in originals and _is_copy(texts[path], originals[target.path]):
                left_out.add(path)
            else:
                repeated.add(target)
    for path in texts.keys() - left_out:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(texts[path].encode("utf-8", "surrogateescape"))
    return Copied(tuple(sorted(left_out)), frozenset(repeated))


def _is_copy(text: str, original: str) -> bool:
    """Tell whether most lines of both texts are the same, as far as indentation does not matter."""
    lines, others = _lines(original), _lines(text)
    return len(lines & others) >= _SAME_FILE * max(len(lines), len(others))


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}
