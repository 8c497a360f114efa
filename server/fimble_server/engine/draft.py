"""A candidate while it is generated, as data: what one request began, a later one that agrees with it can continue."""

import codecs
from dataclasses import dataclass, field
from math import log

from fimble_server.engine.protocol import Candidate, Prompt, Stop
from fimble_server.engine.stops import end_of

_DOUBTFUL = log(0.5)


@dataclass
class Draft:
    """The text that the model writes behind a prompt, as far as it got."""

    owner: str
    """Whose sequence it is written in."""
    prompt: Prompt
    tokens: list[int]
    """The prompt's, then those that were generated; all but the last have been evaluated."""
    pending: bytes
    """What is to be spelled out again before new text comes (see `healing`)."""
    text: str = ""
    """Without the first bytes of an unfinished character."""
    scores: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    """Spent on writing it."""
    ended: bool = False
    """The model said that nothing follows."""
    answered: int | None = None
    """The end of what was given as an answer, in characters."""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def accept(self, token: int, piece: bytes, score: float) -> None:
        """Add a token; bytes that spell what was taken back are not part of the answer."""
        spelled = min(len(piece), len(self.pending))
        self.pending = self.pending[spelled:]
        self.text += self._decoder.decode(piece[spelled:])
        self.tokens.append(token)
        self.scores.append((len(self.text), score))

    def typed_since(self, prompt: Prompt) -> int | None:
        """Return how much of the text a later prompt's user has typed, in characters; None if they do not agree.

        They do not if that prompt is another one, if its user typed something else, or all of the text: what was
        typed is evaluated at once, while this would go on token by token. Nor if a token that was doubtful is typed
        in part: shown that part, the model is surer of it, or of another one.
        """
        if prompt.segments != self.prompt.segments or not prompt.typed.startswith(self.prompt.typed):
            return None
        since = prompt.typed[len(self.prompt.typed) :]
        typed = len(since)
        if typed >= len(self.text) or not self.text.startswith(since):
            return None
        starts = (0, *(end for end, _ in self.scores))
        begun = (score for start, (end, score) in zip(starts, self.scores, strict=False) if start < typed < end)
        return typed if next(begun, 0.0) >= _DOUBTFUL else None

    def finished(self, typed: int, stop: Stop) -> Candidate | None:
        """Return the candidate behind the first `typed` characters, if the text has reached its end."""
        end = end_of(self.text[typed:], stop)
        if end is None and not self.ended:
            return None
        text = self.text if end is None else self.text[: typed + end]
        return Candidate(text, tuple(self.scores), finished=True).without(typed)

    def has_line_ahead(self) -> bool:
        """Tell whether there is a whole line behind the one that the answer ended in."""
        return "\n" in self.text[self.answered :].lstrip()

    def line_ahead(self) -> Candidate:
        """Return what is written, so far, of the line behind the answer, without its indentation."""
        return self.unfinished(len(self.text) - len(self.text[self.answered :].lstrip()))

    def unfinished(self, typed: int) -> Candidate:
        """Return the text so far as the candidate behind its first `typed` characters."""
        return Candidate(self.text, tuple(self.scores), finished=False).without(typed)
