"""The cursor in its document, and what the code around it says: imports, names, the blocks that it is in."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_indexer.syntax.parse import FileSymbols, Import, Reference, parse
from fimble_indexer.words import identifiers

_LINES_BEFORE = 30
"""Lines before the cursor whose names count as used there."""
_LINES_AFTER = 10
_CHARACTERS_BEFORE = 6000
"""Of those lines, for files whose lines are very long."""
_CHARACTERS_AFTER = 2000
_HEAD_CHARACTERS = 8000
"""Where a file's imports stand. Parsing all of a large file would take longer than a look-up may."""
_SCOPE_CHARACTERS = 40_000
"""Before the cursor, where the headers of the blocks around it are looked for."""
_CALL = re.compile(r"([^\W\d]\w*)\s*(?:<[^<>()]*>\s*)?\(")
_IMPORTING = re.compile(
    r"^\s*(?:#\s*include|@import|from|import|include|load|require|source|use|using)\b|\brequire\s*\(", re.MULTILINE
)
_CONTROL = frozenset({"catch", "elif", "except", "for", "foreach", "if", "match", "return", "switch", "while", "with"})


@dataclass(frozen=True, eq=False)
class Place:
    """A cursor; `path` is relative to the workspace, `offset` counts characters of `text`.

    The prompt shows the text from `window_start` on. What one look at a place finds is kept by identity: another
    look, even at the same cursor, may find another index.
    """

    path: str
    language: Language | None
    text: str
    offset: int
    window_start: int = 0

    @classmethod
    def of(cls, path: str, text: str, offset: int, *, window_start: int = 0) -> Self:
        """Return the place in a file whose name tells the language."""
        return cls(path, language_for_path(path), text, offset, window_start)

    @cached_property
    def near(self) -> str:
        """The lines around the cursor, or parts of them if they are very long."""
        return self.text[self._range.start : self._range.stop]

    @cached_property
    def scopes(self) -> tuple[tuple[int, str], ...]:
        """The first lines of the blocks that the cursor is in, the innermost first, told by their indentation.

        Each with the offset at which it begins.
        """
        end = self.text.rfind("\n", 0, self.offset) + 1
        depth = _indentation(self.text[end : self.offset])
        found: list[tuple[int, str]] = []
        while depth and end > max(0, self.offset - _SCOPE_CHARACTERS):
            start = self.text.rfind("\n", 0, end - 1) + 1
            line = self.text[start : end - 1]
            if line.strip() and (indentation := _indentation(line)) < depth:
                depth = indentation
                found.append((start, line.strip()))
            end = start
        return tuple(found)

    @cached_property
    def function(self) -> str | None:
        """The name of the function that the cursor is in, as far as the indentation tells."""
        for _, scope in self.scopes:
            call = _CALL.search(scope)
            if call is not None and call[1] not in _CONTROL:
                return call[1]
        return None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name that is spelled near the cursor or in the head of a block around it, the nearest first."""
        before, after = self.near[: self.offset - self._range.start], self.near[self.offset - self._range.start :]
        return tuple(
            dict.fromkeys([*reversed(identifiers(before)), *identifiers(self._scope_text), *identifiers(after)])
        )

    def is_new(self, name: str) -> bool:
        """Tell whether the file spells an imported name nowhere but where it is imported."""
        return self.text.count(name) == 1

    @cached_property
    def symbols(self) -> FileSymbols:
        """The file's imports, and as references every name near the cursor but those that are only imported there.

        A name counts as used wherever it is spelled: the call that is being typed is a syntax error, and no parser
        sees a reference in it.
        """
        if self.language is None:
            return FileSymbols()
        start = self._range.start
        head = self.text[:start]
        if start > _HEAD_CHARACTERS:
            head = self.text[: self.text.rfind("\n", 0, _HEAD_CHARACTERS) + 1]
        # In one go: some grammars, as PHP's, need the file's head to know code when they see it.
        is_near = len(head) == start or _IMPORTING.search(self.near) is not None
        imports = _imports(head + self.near if is_near else head, self.language)
        first_line = head.count("\n")
        uses = Counter(identifiers(f"{self.near} {self._scope_text}"))
        uses.subtract(imported.alias or imported.name or "" for imported in imports if imported.line >= first_line)
        return FileSymbols((), tuple(Reference(name, first_line) for name in uses.elements()), imports)

    @cached_property
    def _scope_text(self) -> str:
        return " ".join(scope for _, scope in self.scopes)

    @cached_property
    def _range(self) -> range:
        start = self.offset
        for _ in range(_LINES_BEFORE + 1):
            start = self.text.rfind("\n", 0, start)
            if start < 0:
                break
        end = self.offset
        for _ in range(_LINES_AFTER):
            end = self.text.find("\n", end) + 1
            if end == 0:
                end = len(self.text)
                break
        return range(max(start + 1, self.offset - _CHARACTERS_BEFORE), min(end, self.offset + _CHARACTERS_AFTER))


@lru_cache(maxsize=32)
def _imports(code: str, language: Language) -> tuple[Import, ...]:
    """Return the imports of a file's head, which is seldom changed and looked at from everywhere in the file."""
    return parse(code.encode("utf-8", "surrogatepass"), language, is_resident=True).imports


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
