"""What the sources of context offer, and what they are told of the user's doings."""

from dataclasses import dataclass

from fimble_prompts.fim import Snippet


@dataclass(frozen=True)
class Candidate:
    """A snippet and what it is worth among those of its source, from 1 down to 0.

    Signatures of one file may share a snippet; other code stands alone.
    """

    snippet: Snippet
    value: float
    is_signature: bool = False


@dataclass(frozen=True)
class Activity:
    """What the user did lately, the newest first; code is as it was then, and not yet without secrets."""

    edits: tuple[Snippet, ...] = ()
    views: tuple[Snippet, ...] = ()
    yanked: str = ""
    yanked_path: str = ""
    diagnostics: tuple[str, ...] = ()
    """The messages at the cursor."""
