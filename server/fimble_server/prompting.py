"""The prompts that the engine may choose from, made once for an anchor, so that a keystroke only appends to them.

The richest comes first: as much of the document as the settings allow, and code of other files. While that is not
evaluated, the one of the document alone may do, from which it goes on, or the one of the anchor before. The last is as
short as the engine can read in time. Lengths are in characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fimble_indexer.files.secrets import redact
from fimble_prompts.fim import Anchor, Format, Snippet, fim_prompt
from fimble_server.engine.protocol import Prompt, Segment
from fimble_server.remembered import Answers

_SHORT_PREFIX_SHARE = 0.75
_LONGEST_OLD_TYPED = 4000
"""Typed behind an old anchor while the prompt of a new one is prepared."""


@dataclass
class AnchoredDocument:
    """What is remembered of an open document between two keystrokes."""

    path: str
    anchor: Anchor
    generation: int = 0
    previous: Anchor | None = None
    """The anchor before, while the prompt of the new one is not evaluated yet."""
    answers: Answers = field(default_factory=Answers)
    segments: dict[str, tuple[Segment, ...]] = field(default_factory=dict)
    """The prompts by name, without the typed text."""
    snippets: dict[str, tuple[Snippet, ...]] = field(default_factory=dict)
    """Which code of other files they hold."""

    @property
    def rich_name(self) -> str:
        """The name of the richest prompt: two take turns, so that the old one is cached while the new one is read."""
        return f"rich{self.generation % 2}"

    @property
    def plain_name(self) -> str:
        """The name of the prompt of the document alone; two take turns as well."""
        return f"plain{self.generation % 2}"

    def next(self, anchor: Anchor) -> "AnchoredDocument":
        """Return the document with a new anchor and nothing known behind it."""
        return AnchoredDocument(self.path, anchor, self.generation + 1, self.anchor)


class PromptMaker:
    """Makes the prompts of one model's format."""

    def __init__(self, fim: Format, *, prefix_limit: int, suffix_limit: int) -> None:
        """Allow a rich prompt so much of the document before and after the cursor."""
        self._fim = fim
        self._limits = prefix_limit, suffix_limit

    def prompts(
        self, document: AnchoredDocument, text: str, offset: int, typed: str, *, affordable: int, explicit: bool
    ) -> Iterator[Prompt]:
        """Yield the prompts for a cursor, the best first; the last has `affordable` characters of the document."""
        yield self._prompt(document, document.rich_name, document.anchor, typed, self._limits)
        plain = replace(document.anchor, snippets=())
        if document.anchor.snippets:
            yield self._prompt(document, document.plain_name, plain, typed, self._limits)
        if document.previous is not None:
            long_typed = document.previous.typed(text, offset, _LONGEST_OLD_TYPED)
            if long_typed is not None:
                name = f"rich{(document.generation - 1) % 2}"
                yield self._prompt(document, name, document.previous, long_typed, self._limits)
        limits = int(affordable * _SHORT_PREFIX_SHARE), int(affordable * (1 - _SHORT_PREFIX_SHARE))
        name = "explicit" if explicit else "short"
        yield self._prompt(document, name, plain, typed, limits)

    def _prompt(
        self, document: AnchoredDocument, name: str, anchor: Anchor, typed: str, limits: tuple[int, int]
    ) -> Prompt:
        """Return a prompt; the limits with which one of this name is first made hold as long as the anchor."""
        if name not in document.segments:
            prefix_limit, suffix_limit = limits
            pieces = fim_prompt(
                self._fim,
                anchor,
                path=document.path,
                prefix_limit=prefix_limit,
                suffix_limit=suffix_limit,
            )
            document.segments[name] = tuple(Segment(piece.text, piece.control) for piece in pieces)
            document.snippets[name] = anchor.snippets
        return Prompt(name, document.segments[name], redact(typed))
