"""Pieces of a repository as a model reads them in a conversation: numbered, named by their place, fenced as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from fimble_prompts.editing import fence_for


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, or another text that was given; lines are 0-based and the end is exclusive.

    ``path`` is relative to the workspace; what is no file has a name there and no lines. ``source`` tells why it is
    given: "question" for what was found by the words of a question, else the mention that asked for it. ``name`` is
    the definition that the lines are in, if there is one, and ``doc`` the first line of its documentation.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    source: str = "question"
    name: str = ""
    doc: str = ""

    @property
    def is_citable(self) -> bool:
        """Whether there are lines of a file that a reader can be sent to."""
        return self.end_line > self.start_line

    @property
    def place(self) -> str:
        """The path and the lines as a reader counts them, as "a/b.py:3-9"."""
        return f"{self.path}:{self.start_line + 1}-{self.end_line}" if self.is_citable else self.path

    @property
    def title(self) -> str:
        """The definition and the path as prose names them."""
        return f"`{self.name}` in `{self.path}`" if self.name else f"`{self.path}`"

    def render(self, number: int) -> str:
        """Return the text in a fence that nothing in it can close, below its number and place."""
        fence = fence_for(self.text)
        named = f"`{self.name}` in {self.place}" if self.name else self.place
        return f"[{number}] {' '.join(named.split())}\n{fence}\n{self.text}\n{fence}\n"


def numbered(excerpts: Sequence[Excerpt]) -> str:
    """Return the excerpts one below the other, numbered from 1."""
    return "\n".join(excerpt.render(number) for number, excerpt in enumerate(excerpts, 1))
