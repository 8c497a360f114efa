"""What the model said behind an anchor, remembered by the text typed there.

While the user types what was suggested, the rest of it is the answer and nobody has to be asked.
"""

from collections import OrderedDict

from fimble_server.engine.protocol import Candidate

_MOST_ANSWERS = 100
"""Of one anchor: somebody may type and delete on one line for hours."""


class Answers:
    """The answers for one anchor, the newest last."""

    def __init__(self) -> None:
        """Start without an answer."""
        self._by_typed: OrderedDict[str, tuple[Candidate, ...]] = OrderedDict()

    def learn(self, typed: str, candidates: tuple[Candidate, ...]) -> None:
        """Remember what the model said behind `typed`, even if that was nothing."""
        self._by_typed[typed] = candidates
        self._by_typed.move_to_end(typed)
        if len(self._by_typed) > _MOST_ANSWERS:
            self._by_typed.popitem(last=False)

    def recall(self, typed: str) -> tuple[tuple[Candidate, ...], str] | None:
        """Return what is known for the typed text, and how: said for just this, or for less and typed along since."""
        if typed in self._by_typed:
            return self._by_typed[typed], "remembered"
        for asked, candidates in reversed(self._by_typed.items()):
            if not typed.startswith(asked):
                continue
            since = typed[len(asked) :]
            for candidate in candidates:
                if candidate.text.startswith(since) and len(candidate.text) > len(since):
                    return (candidate.without(len(since)),), "typed-through"
        return None
