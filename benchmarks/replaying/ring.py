"""The ring of chunks that llama.vim sends as context of other places: what it picks, keeps and drops.

After the behaviour of ggml-org/llama.vim with its default settings; sizes are in lines.
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import time

CHUNKS = 16
CHUNK_LINES = 64
SCOPE_LINES = 1024
_SMALLEST = 3
_SAME = 0.9
"""A chunk this similar to a newer one gives way to it."""
_DISTURBING = 0.5
"""A chunk this similar to what is around the cursor makes the model repeat it."""


@dataclass(frozen=True)
class Chunk:
    """Lines of a file; `time` in seconds since the epoch."""

    lines: tuple[str, ...]
    path: str
    time: float

    def as_data(self) -> dict[str, object]:
        """Return the chunk as the server takes it."""
        return {"text": "\n".join(self.lines) + "\n", "time": self.time, "filename": self.path}


class Ring:
    """Chunks that are sent, and those that wait for a quiet moment."""

    def __init__(self, randomness: random.Random) -> None:
        """Use a source of randomness for where a chunk is cut."""
        self.chunks: deque[Chunk] = deque(maxlen=CHUNKS)
        self.queued: deque[Chunk] = deque(maxlen=CHUNKS)
        self._random = randomness

    def pick(self, lines: Sequence[str], path: str, *, evict: bool) -> None:
        """Queue a part of some lines; `evict` lets it take the place of similar ones, which else keep it out."""
        if len(lines) < _SMALLEST:
            return
        chunk = tuple(lines) if len(lines) + 1 < CHUNK_LINES else self._cut(lines)
        if any(chunk == known.lines for known in (*self.chunks, *self.queued)):
            return
        for kept in (self.queued, self.chunks):
            similar = [known for known in kept if _similarity(known.lines, chunk) > _SAME]
            if similar and not evict:
                return
            for known in similar:
                kept.remove(known)
        self.queued.append(Chunk(chunk, path, time()))

    def take_queued(self) -> bool:
        """Move one chunk from the queue into the ring; False if none waits."""
        if self.queued:
            self.chunks.append(self.queued.popleft())
            return True
        return False

    def drop_similar(self, around: Sequence[str]) -> None:
        """Drop the chunks that are like a part of the lines around the cursor."""
        here = self._cut(around)
        for chunk in [chunk for chunk in self.chunks if _similarity(chunk.lines, here) > _DISTURBING]:
            self.chunks.remove(chunk)

    def _cut(self, lines: Sequence[str]) -> tuple[str, ...]:
        start = self._random.randint(0, max(0, len(lines) - CHUNK_LINES // 2))
        return tuple(lines[start : start + CHUNK_LINES // 2 + 1])


def _similarity(lines: Sequence[str], others: Sequence[str]) -> float:
    known = set(others)
    return 2 * sum(line in known for line in lines) / max(1, len(lines) + len(others))
