r"""The documents that are open in the editor, as the editor has them, over what is on disk.

Offsets count characters of the text. Lines end at "\n", "\r\n" or "\r" and nowhere else, as the protocol has it:
a form feed or a Unicode line separator inside a line does not end it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fimble_indexer.syntax.languages import Language

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Document:
    """One open document at one version; a change makes a new one."""

    uri: str
    text: str
    version: int = 0
    language: Language | None = None

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """The offset at which each line begins; there is at least one line."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def line(self, number: int) -> str:
        """Return a line without its end."""
        starts = self.line_starts
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")


@dataclass
class Documents:
    """All open documents, by their URI."""

    _open: dict[str, Document] = field(default_factory=dict)

    def get(self, uri: str) -> Document | None:
        """Return the document, or None if it is not open."""
        return self._open.get(uri)

    def open(self, document: Document) -> None:
        """Take a document's whole text."""
        self._open[document.uri] = document

    def replace(self, uri: str, start: int, end: int, text: str, version: int) -> Document:
        """Replace the characters from `start` to `end` of an open document; returns it as it is then."""
        old = self._open[uri]
        new = self._open[uri] = Document(uri, old.text[:start] + text + old.text[end:], version, old.language)
        return new

    def uris(self) -> list[str]:
        """List the open documents."""
        return list(self._open)

    def close(self, uri: str) -> None:
        """Forget a document; one that is not open is no error."""
        self._open.pop(uri, None)
