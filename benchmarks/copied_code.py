"""Trees of any size made of real files, copied with other names until there are so many lines, or so many files."""

import builtins
import keyword
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fimble_indexer.files.listing import list_files, read_source

_SMALL_FILE_LINES = range(5, 61)
_NAME = re.compile(r"\b[^\W\d]\w{3,}\b")
_KEPT_NAMES = frozenset({*keyword.kwlist, *dir(builtins), "self", "args", "kwargs", "super"})


class CopiedCode:
    """Real files, and as many copies of them with other names as are asked for."""

    def __init__(self, root: Path) -> None:
        """Read the Python files of a tree."""
        contents = {
            file.path: content.decode("utf-8", "replace")
            for file in sorted(list_files(root), key=lambda file: file.path)
            if file.path.endswith(".py") and (content := read_source(root, file.path)) is not None
        }
        self.files = list(contents.items())
        random.Random(3).shuffle(self.files)  # so that the first of them are like all of them
        counts = Counter(name for text in contents.values() for name in _NAME.findall(text))
        self.words = [name.strip("_").lower() for name, _ in counts.most_common(3000) if name.isalpha()]

    def renamed(self, text: str, copy: int) -> str:
        """Give every second name of a text another one: the others stay common to all copies, as in real code."""

        def rename(match: re.Match[str]) -> str:
            name = match[0]
            number = hash_of(f"{name} {copy}")
            if not copy or name in _KEPT_NAMES or name.startswith("__") or number % 2:
                return name
            word = self.words[number // 2 % len(self.words)]
            return name + word.capitalize() if name[0].isupper() else f"{name}_{word}"

        return _NAME.sub(rename, text)

    def copies(self, lengths: range | None = None) -> Iterator[tuple[str, str]]:
        """Yield path and text of one file after the other, without end."""
        copy = 0
        while True:
            for path, text in self.files:
                if lengths is None or text.count("\n") in lengths:
                    yield f"project{copy}/{path}", self.renamed(text, copy)
            copy += 1

    def write(self, root: Path, *, lines: int = 0, files: int = 0) -> tuple[int, int]:
        """Write so many lines, or so many small files; returns how many lines and files there are."""
        written_lines = written_files = 0
        for path, text in self.copies(_SMALL_FILE_LINES if files else None):
            if (files and written_files >= files) or (lines and written_lines >= lines):
                break
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            written_lines += text.count("\n")
            written_files += 1
        return written_lines, written_files


def hash_of(text: str) -> int:
    """Hash alike in every process, unlike `hash`."""
    number = 0
    for character in text:
        number = (number * 131 + ord(character)) & 0xFFFFFFFF
    return number >> 3
