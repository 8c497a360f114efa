"""Which prompt's tokens are in the KV cache, and how the next prompt re-uses them.

Every document (and every conversation) owns sequences in one unified cache. A new prompt continues the cached
sequence with the longest common prefix; what no longer agrees is cut off, and the least recently used sequence
makes room when the cells run out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter

from fimble_server.engine.llama import Context, LlamaError
from fimble_server.engine.speed import Speed

_WORTH_SHARING = 16
"""Tokens; a shorter common prefix with another owner's sequence is not worth a copy."""


@dataclass(eq=False)
class Slot:
    """One sequence of the cache: its number, whose it is, and the tokens that are evaluated in it."""

    sequence: int
    owner: str = ""
    tokens: list[int] = field(default_factory=list)
    last_used: int = 0
    pinned: bool = False
    """A generation is going on in it: it is not evicted."""


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many leading tokens two sequences share."""
    shortest = min(len(first), len(second))
    if first[:shortest] == second[:shortest]:
        return shortest
    return next((i for i in range(shortest) if first[i] != second[i]), shortest)


class SequenceCache:
    """The sequences of a context, found again by longest common prefix, evicted by least recent use."""

    def __init__(self, context: Context, sequences: int) -> None:
        """Manage the first `sequences` sequences of the context."""
        self.context = context
        self.speed = Speed()
        self._slots = [Slot(sequence) for sequence in range(sequences)]
        self._clock = count(1)

    @property
    def used(self) -> int:
        """Cells in use, counted as if nothing were shared: an upper bound."""
        return sum(len(slot.tokens) for slot in self._slots)

    @property
    def live(self) -> int:
        """How many sequences hold tokens."""
        return sum(1 for slot in self._slots if slot.tokens)

    def cached(self, tokens: Sequence[int]) -> int:
        """Return how many leading tokens of a prompt need no evaluation."""
        return max(common_prefix(slot.tokens, tokens) for slot in self._slots)

    def take(self, owner: str, tokens: Sequence[int]) -> Slot:
        """Return the owner's slot, holding as much of the prompt as any sequence has, and nothing else.

        At least the prompt's last token is left to evaluate, so that its logits can be had.

        Raises:
            LlamaError: the prompt does not fit into the cache, or all sequences are busy.

        """
        if len(tokens) > self.context.capacity:
            raise self._too_long()
        best = max(self._slots, key=lambda slot: common_prefix(slot.tokens, tokens))
        shared = min(common_prefix(best.tokens, tokens), len(tokens) - 1)
        own = next((slot for slot in self._slots if slot.owner == owner), None)
        if own is None or own.pinned:
            own = self._least_recently_used(besides=best if shared >= _WORTH_SHARING else None)
        if own is not best and shared >= common_prefix(own.tokens, tokens) + _WORTH_SHARING:
            self._clear(own)
            self.context.copy(best.sequence, own.sequence, shared)
            own.tokens = best.tokens[:shared]
        own.owner = owner
        own.last_used = next(self._clock)
        self.cut(own, min(common_prefix(own.tokens, tokens), len(tokens) - 1))
        return own

    def cut(self, slot: Slot, length: int) -> None:
        """Keep only the first `length` tokens of a slot; none of them where the model's memory cannot be cut."""
        if length >= len(slot.tokens):
            return
        if self.context.remove(slot.sequence, length):
            del slot.tokens[length:]
        else:
            self._clear(slot)

    def evaluate(self, slot: Slot, tokens: Sequence[int], chunk: int) -> Iterator[None]:
        """Bring the slot to hold exactly `tokens`, which begin with what it holds; yields between chunks.

        When it ends the logits of the last token are in the context: it does not yield after the last chunk, so
        that nothing else decodes in between. Closed half-way, the slot holds what was done.

        Raises:
            LlamaError: the prompt does not fit into the cache, even alone.

        """
        while True:
            done = len(slot.tokens)
            part = tokens[done : done + chunk]
            last = done + len(part) == len(tokens)
            self._make_room(len(part), slot)
            started = perf_counter()
            self.context.decode(part, done, slot.sequence, logits="last" if last else "none")
            self.speed.evaluated(len(part), perf_counter() - started)
            slot.tokens.extend(part)
            if last:
                return
            yield

    def append(self, slot: Slot, token: int) -> None:
        """Evaluate one more token; its logits are in the context afterwards."""
        self._make_room(1, slot)
        started = perf_counter()
        self.context.decode([token], len(slot.tokens), slot.sequence)
        self.speed.evaluated(1, perf_counter() - started)
        slot.tokens.append(token)

    def release(self, slot: Slot) -> None:
        """Forget a slot's tokens."""
        self._clear(slot)

    def _clear(self, slot: Slot) -> None:
        self.context.remove(slot.sequence)
        slot.tokens = []

    def _least_recently_used(self, besides: Slot | None) -> Slot:
        """Return an unpinned slot; `besides` itself only if there is no other."""
        free = [slot for slot in self._slots if not slot.pinned]
        if not free:
            raise LlamaError("all sequences are busy; wait for an answer or cancel one")
        return min(free, key=lambda slot: (slot is besides, bool(slot.tokens), slot.last_used))

    def _make_room(self, needed: int, current: Slot) -> None:
        while self.used + needed > self.context.capacity:
            others = [slot for slot in self._slots if slot.tokens and slot is not current and not slot.pinned]
            if not others:
                raise self._too_long()
            self._clear(min(others, key=lambda slot: slot.last_used))

    def _too_long(self) -> LlamaError:
        return LlamaError(
            f"the text does not fit into {self.context.capacity} tokens; "
            "make it shorter or engine.context_tokens larger"
        )
