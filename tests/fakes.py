"""Stand-ins for what is slow or needs a model: they record what they are asked and check how they are used."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fimble_server.engine.llama import LlamaError
from fimble_server.engine.protocol import Candidate, Complete, Completion, Generate, Generated, Status
from fimble_server.errors import FimbleError


@dataclass
class Cell:
    """One token in a unified KV cache and the sequences that share it."""

    token: int
    position: int
    sequences: set[int]


class FakeContext:
    """Models the KV cache of `engine.llama.Context`; fails where llama.cpp would fail or answer nonsense."""

    def __init__(self, capacity: int, *, cuttable: bool = True, model: "FakeModel | None" = None) -> None:
        """Hold `capacity` cells; without `cuttable` only whole sequences can be removed."""
        self.capacity = capacity
        self.model = model
        self.decoded_tokens = 0
        self.on_decode: Callable[[], None] | None = None
        """Called before every decode, on the thread that decodes."""
        self.cuttable = cuttable
        self.cells: list[Cell] = []
        self.decoded: list[int] = []
        """How many tokens each call of `decode` evaluated."""
        self.logits_of: int | None = None
        """The sequence whose last token's logits could be read."""

    def held(self, sequence: int) -> list[int]:
        """Return the tokens of a sequence."""
        cells = sorted((cell for cell in self.cells if sequence in cell.sequences), key=lambda cell: cell.position)
        assert [cell.position for cell in cells] == list(range(len(cells)))
        return [cell.token for cell in cells]

    def decode(self, tokens: Sequence[int], position: int, sequence: int = 0, *, logits: str = "last") -> None:
        if self.on_decode is not None:
            self.on_decode()
        assert tokens
        assert position == len(self.held(sequence))
        if len(self.cells) + len(tokens) > self.capacity:
            raise LlamaError("the KV cache is full")
        self.cells += [Cell(token, position + i, {sequence}) for i, token in enumerate(tokens)]
        self.decoded.append(len(tokens))
        self.decoded_tokens += len(tokens)
        self.logits_of = sequence if logits == "last" else None

    def logits(self) -> NDArray[np.float32]:
        assert self.model is not None
        assert self.logits_of is not None
        return self.model.logits(self.held(self.logits_of))

    def remove(self, sequence: int, start: int = 0) -> bool:
        assert start >= 0
        if start > 0 and not self.cuttable:
            return False
        for cell in self.cells:
            if cell.position >= start:
                cell.sequences.discard(sequence)
        self.cells = [cell for cell in self.cells if cell.sequences]
        return True

    def copy(self, source: int, target: int, end: int) -> None:
        assert source != target
        assert not self.held(target)
        for cell in self.cells:
            if source in cell.sequences and cell.position < end:
                cell.sequences.add(target)


class FakeModel:
    """Stands in for `engine.llama.Model`: it writes one of its texts, whichever goes on what was written so far."""

    def __init__(self, texts: Sequence[str], words: Sequence[str] = ()) -> None:
        """Know ASCII characters and some longer words as tokens; the first text that fits is written."""
        self.texts = texts
        self.pieces = [b"", *(bytes([code]) for code in range(128)), *(word.encode() for word in words)]
        """The first token ends a text."""
        self.vocabulary_size = len(self.pieces)
        self.context_tokens = 100_000

    @property
    def beginning(self) -> list[int]:
        return []

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        assert not special
        rest, tokens = text.encode(), []
        while rest:
            token = self._longest(rest)
            tokens.append(token)
            rest = rest[len(self.pieces[token]) :]
        return tokens

    def _longest(self, text: bytes) -> int:
        fitting = [token for token, piece in enumerate(self.pieces) if piece and text.startswith(piece)]
        return max(fitting, key=lambda token: len(self.pieces[token]))

    def piece(self, token: int) -> bytes:
        return self.pieces[token]

    def special(self, _text: str) -> int | None:
        return None

    def ends_generation(self, token: int) -> bool:
        return token == 0

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Prefer, behind the tokens, those that a text goes on with, the longer the more."""
        written = b"".join(self.pieces[token] for token in tokens).decode()
        rest = next((text[len(written) :] for text in self.texts if text.startswith(written)), "").encode()
        values = [10.0 + len(piece) if piece and rest.startswith(piece) else 0.0 for piece in self.pieces]
        if not rest:
            values[0] = 10.0
        return np.array(values, dtype=np.float32)


@dataclass
class FakeEngine:
    """Answers completions as it is told to; `requests` are those it got."""

    answers: list[Completion | FimbleError | None] = field(default_factory=list)
    """What to say next; when there is nothing left, `default`."""
    default: Completion | None = None
    statuses: list[Status] = field(default_factory=list)
    """What to say of itself before it is ready."""
    requests: list[Complete] = field(default_factory=list)
    generated: list[str] = field(default_factory=list)
    """The pieces of every answer to a conversation."""
    conversations: list[Generate] = field(default_factory=list)
    """What was asked for in conversations."""
    status_calls: int = 0
    waiting: asyncio.Event | None = None
    """If set, answers wait for it."""

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        self.requests.append(request)
        if self.waiting is not None:
            await self.waiting.wait()
        answer = self.answers.pop(0) if self.answers else self.default
        if isinstance(answer, FimbleError):
            raise answer
        if answer is not None and on_text is not None:
            for candidate in answer.candidates:
                on_text(candidate.text)
        return answer

    async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        self.conversations.append(request)
        for text in self.generated:
            yield text
        if self.waiting is not None:
            await self.waiting.wait()
        yield Generated(request.id, "stop", 1, 0, len(self.generated), {})

    async def status(self) -> Status:
        self.status_calls += 1
        return self.statuses.pop(0) if self.statuses else status()

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeWriter(FakeEngine):
    """Answers conversations one after the other, each with the next of its texts, a few characters at a time."""

    texts: list[str] = field(default_factory=list)
    questions: list[Generate] = field(default_factory=list)
    is_cut_off: bool = False
    """Whether every answer ends because it is too long."""

    async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        text = self.texts[len(self.questions)]
        self.questions.append(request)
        for start in range(0, len(text), 3):
            await asyncio.sleep(0)
            yield text[start : start + 3]
        yield Generated(request.id, "length" if self.is_cut_off else "stop", 10, 20, len(text) // 3, {})


def status(*, speed: float = 200.0, error: str = "") -> Status:
    """Describe an engine that reads `speed` tokens a second; 0 while it loads."""
    state: Literal["loading", "ready", "failed"] = "failed" if error else "ready" if speed else "loading"
    return Status(1, state, "model.gguf", 1, 8192, 0, 0, speed, 25.0, 0, 0, error)


def candidate(text: str, *probabilities: float, finished: bool = True) -> Candidate:
    """Make a candidate of one token a character, or of as many as there are log-probabilities."""
    scores = probabilities or (-0.01,) * max(len(text), 1)
    length = -(-len(text) // len(scores))
    ends = [min(length * (i + 1), len(text)) for i in range(len(scores))]
    return Candidate(text, tuple(zip(ends, scores, strict=True)), finished)


def completion(*candidates: Candidate | str, prompt: str = "rich0", speed: float = 200.0) -> Completion:
    """Make an answer of candidates, or of texts that the model is sure of."""
    found = tuple(candidate(item) if isinstance(item, str) else item for item in candidates)
    return Completion(1, found, prompt, 3, 100, 5, {"prefill": 1.0, "decode": 2.0}, speed)
