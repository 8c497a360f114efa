"""What the user did lately: places edited and seen, code yanked, what other tools complain of.

All of it is told by the editor, held in memory only, and bounded: the newest few count. Lines are 0-based.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from fimble_indexer.files.secrets import is_secret_file
from fimble_prompts.candidates import Activity
from fimble_prompts.fim import Snippet

_MOST_PLACES = 16
"""Of each kind, in all files together."""
_SAME_PLACE_LINES = 20
"""An edit this close to an older one is one more of the same."""
_CHARACTERS_BEFORE = 400
_CHARACTERS_AFTER = 200
"""Around an edit, what is remembered of the code; then whole lines."""
_LONGEST_VIEW = 2000
_LONGEST_YANK = 2000
_MOST_DIAGNOSTICS = 200
"""Of one file; and this many files."""
_DIAGNOSTIC_LINES = 2
"""A diagnostic this far from the cursor is still one at the cursor."""


_PRIVATE_KEY = "PRIVATE KEY-----"
"""A document with this leaves no trace: lines out of the midst of a key do not look like a secret."""


@dataclass(frozen=True)
class Diagnostic:
    """What another tool says of some lines; the end is inclusive, as a diagnostic may be empty."""

    start_line: int
    end_line: int
    message: str


@dataclass
class Recent:
    """The bounded memory of one window; files that hold secrets leave no trace.

    Paths are relative to the workspace, those that diagnostics are told and asked by are whole.
    """

    _edits: list[Snippet] = field(default_factory=list)
    _views: list[Snippet] = field(default_factory=list)
    _yanked: tuple[str, str] = ("", "")
    _diagnostics: OrderedDict[str, tuple[Diagnostic, ...]] = field(default_factory=OrderedDict)

    def edited(self, path: str, text: str, offset: int) -> None:
        """Note an edit that ends at an offset, in characters, of the document as it is now."""
        if _PRIVATE_KEY in text:
            return
        start = text.rfind("\n", 0, max(0, offset - _CHARACTERS_BEFORE)) + 1
        end = text.find("\n", offset + _CHARACTERS_AFTER)
        code = text[start : min(end if end >= 0 else len(text), offset + 2 * _CHARACTERS_AFTER)]
        # A very long line is data: of it, only what was edited counts.
        code = code[-(_CHARACTERS_BEFORE + 2 * _CHARACTERS_AFTER) * 2 :]
        first = text.count("\n", 0, start)
        self._note(self._edits, Snippet(path, first, first + code.count("\n") + 1, code, "edits"))

    def viewed(self, path: str, text: str, start: int, end: int) -> None:
        """Note what is on the screen: the characters from `start` to `end` of a document."""
        if _PRIVATE_KEY in text:
            return
        first_line = text.count("\n", 0, start)
        code = text[start : min(end, start + _LONGEST_VIEW)]
        self._note(self._views, Snippet(path, first_line, first_line + code.count("\n") + 1, code, "views"))

    def yanked(self, path: str, code: str, text: str) -> None:
        """Note what was copied last, and forget what was before; `text` is the document that it is from."""
        is_secret = is_secret_file(path) or _PRIVATE_KEY in text
        self._yanked = ("", "") if is_secret else (path, code[:_LONGEST_YANK])

    def complained(self, path: str, diagnostics: Iterable[Diagnostic]) -> None:
        """Take the diagnostics of a file in the place of those before."""
        self._diagnostics.pop(path, None)
        if kept := tuple(diagnostics)[:_MOST_DIAGNOSTICS]:
            self._diagnostics[path] = kept
        if len(self._diagnostics) > _MOST_DIAGNOSTICS:
            self._diagnostics.popitem(last=False)

    def complaints(self, path: str, start_line: int, end_line: int) -> list[Diagnostic]:
        """Return the diagnostics of some lines of a file; the end is exclusive."""
        return [
            diagnostic
            for diagnostic in self._diagnostics.get(path, ())
            if diagnostic.start_line < end_line and diagnostic.end_line >= start_line
        ]

    def at(self, path: str, line: int) -> Activity:
        """Return what matters for a cursor."""
        return Activity(
            edits=tuple(self._edits),
            views=tuple(self._views),
            yanked=self._yanked[1],
            yanked_path=self._yanked[0],
            diagnostics=tuple(
                diagnostic.message
                for diagnostic in self._diagnostics.get(path, ())
                if diagnostic.start_line - _DIAGNOSTIC_LINES <= line <= diagnostic.end_line + _DIAGNOSTIC_LINES
            ),
        )

    def _note(self, places: list[Snippet], new: Snippet) -> None:
        if is_secret_file(new.path) or not new.text.strip():
            return
        places[:] = [old for old in places if not _is_same_place(old, new)]
        places.insert(0, new)
        del places[_MOST_PLACES:]


def _is_same_place(old: Snippet, new: Snippet) -> bool:
    return (
        old.path == new.path
        and old.start_line <= new.end_line + _SAME_PLACE_LINES
        and new.start_line <= old.end_line + _SAME_PLACE_LINES
    )
