"""The decode loop of one completion, as a generator that can be stopped between any two steps."""

import codecs
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fimble_server.engine.healing import Healer
from fimble_server.engine.llama import Model, log_probability
from fimble_server.engine.protocol import Candidate, Complete, Completion, Prompt, Text
from fimble_server.engine.sequences import SequenceCache, Slot
from fimble_server.engine.stops import end_of

CHUNK = 64
"""Tokens evaluated between two looks at newer requests; larger batches are hardly faster."""
_NEARLY_CACHED = 16
"""Tokens, evaluated in hardly more time than one."""
_MINIMUM_DECODE_STEPS = 4
"""An answer is worth nothing after zero tokens, however slow the machine."""


class PromptReader:
    """Tokenises prompts; the stable parts of a prompt are the same at every keystroke and are remembered."""

    def __init__(self, model: Model) -> None:
        """Read prompts for one model's vocabulary."""
        self.healer = Healer(model.pieces)
        self._model = model
        self._segment = lru_cache(maxsize=64)(self._tokenize)

    def _tokenize(self, text: str, control: bool) -> tuple[int, ...]:  # noqa: FBT001 - the cache's key
        return tuple(self._model.tokenize(text, special=control))

    def read(self, prompt: Prompt) -> tuple[list[int], bytes]:
        """Return a prompt's tokens, and the bytes at its end that are to be generated again."""
        tokens = self._model.beginning
        for segment in prompt.segments:
            tokens.extend(self._segment(segment.text, segment.control))
        if not prompt.typed:
            return tokens, b""
        kept, pending = self.healer.take_back(self._model.tokenize(prompt.typed))
        return tokens + kept, pending


@dataclass
class _Draft:
    """A candidate while it is generated."""

    pending: bytes
    text: str = ""
    """Without the first bytes of an unfinished character."""
    scores: list[tuple[int, float]] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def accept(self, piece: bytes, score: float) -> None:
        """Add a token; bytes that spell what was taken back are not part of the answer."""
        spelled = min(len(piece), len(self.pending))
        self.pending = self.pending[spelled:]
        self.text += self._decoder.decode(piece[spelled:])
        self.scores.append((len(self.text), score))

    def candidate(self, length: int | None = None, *, finished: bool = True) -> Candidate:
        """Return the draft, cut to `length` characters."""
        return Candidate(self.text[:length], tuple(self.scores), finished)


def owner(request: Complete, prompt: Prompt) -> str:
    """Return whose sequence a prompt is: each document has one for each kind of prompt."""
    return f"{request.document}#{prompt.name}"


def choose_prompt(request: Complete, reader: PromptReader, cache: SequenceCache) -> tuple[Prompt, list[int], bytes]:
    """Return the best prompt that can be evaluated in time, tokenised; the last one if none can.

    While the last one is cached, an answer is at hand: then a better prompt has to be nearly cached as well, and it
    soon will be, since it is prepared behind the answer.
    """
    read = [(prompt, *reader.read(prompt)) for prompt in request.prompts]
    missing = [len(tokens) - cache.cached(tokens) for _, tokens, _ in read]
    affordable = cache.speed.tokens_within(request.prefill_ms) if missing[-1] > _NEARLY_CACHED else _NEARLY_CACHED
    fitting = (
        number
        for number, (_, tokens, _) in enumerate(read)
        if missing[number] <= affordable and len(tokens) + request.maximum_tokens <= cache.context.capacity
    )
    best = next(fitting, len(read) - 1)
    return read[best]


def complete(
    request: Complete, model: Model, reader: PromptReader, cache: SequenceCache
) -> Generator[Text | None, None, Completion]:
    """Answer a completion request; yields after every chunk and token, a `Text` where there is new text.

    Raises:
        LlamaError: the prompt does not fit.

    """
    started = perf_counter()
    prompt, tokens, pending = choose_prompt(request, reader, cache)
    slot = cache.take(owner(request, prompt), tokens)
    cached = len(slot.tokens)
    tokenized = perf_counter()

    for _ in cache.evaluate(slot, tokens, CHUNK):
        yield None
    prefilled = perf_counter()

    stops = {token for text in request.stop_tokens if (token := model.special(text)) is not None}
    logits = cache.context.logits().copy()
    candidates: list[Candidate] = []
    generated = 0
    for rank in range(request.candidates):
        if rank and 1000 * (perf_counter() - prefilled) > request.decode_ms:
            break
        choice = _choose(logits, pending, reader.healer, rank)
        if choice is None or (request.minimum_first is not None and choice[1] < request.minimum_first):
            break
        cache.cut(slot, len(tokens))
        if len(slot.tokens) < len(tokens):
            # This model's memory cannot be cut: what the other candidates start from is gone.
            break
        draft = _Draft(pending)
        candidate = yield from _decode(request, model, reader.healer, cache, slot, stops, draft, choice)
        generated += len(draft.scores)
        if candidate is not None:
            candidates.append(candidate)
    decoded = perf_counter()

    return Completion(
        id=request.id,
        candidates=tuple(candidates),
        prompt=prompt.name,
        evaluated_tokens=len(tokens) - cached,
        cached_tokens=cached,
        generated_tokens=generated,
        timings_ms={
            "tokenize": 1000 * (tokenized - started),
            "prefill": 1000 * (prefilled - tokenized),
            "decode": 1000 * (decoded - prefilled),
        },
        prefill_tokens_per_second=cache.speed.prefill_tokens_per_second,
    )


def _choose(logits: NDArray[np.float32], pending: bytes, healer: Healer, rank: int = 0) -> tuple[int, float] | None:
    """Return the token of the given rank, and its log-probability among those that agree with `pending`."""
    if not pending:
        token = int(logits.argmax()) if rank == 0 else int(logits.argsort()[-1 - rank])
        return token, log_probability(logits, token)
    agreeing = healer.agreeing(pending)
    if rank >= len(agreeing):
        return None
    values = logits[agreeing]
    position = int(values.argsort()[-1 - rank])
    return int(agreeing[position]), log_probability(values, position)


def _decode(
    request: Complete,
    model: Model,
    healer: Healer,
    cache: SequenceCache,
    slot: Slot,
    stops: set[int],
    draft: _Draft,
    choice: tuple[int, float] | None,
) -> Generator[Text | None, None, Candidate | None]:
    """Go on greedily from a first token; None when no token agrees with what was typed."""
    started = perf_counter()
    sent = 0
    for step in range(request.maximum_tokens):
        if choice is None:
            return None
        token, score = choice
        if token in stops or model.ends_generation(token):
            return draft.candidate()
        draft.accept(model.piece(token), score)
        end = end_of(draft.text, request.stop)
        if end is not None:
            return draft.candidate(end)
        late = 1000 * (perf_counter() - started) > request.decode_ms
        if late and step >= _MINIMUM_DECODE_STEPS:
            break
        yield Text(request.id, draft.text[sent:]) if request.stream and len(draft.text) > sent else None
        sent = len(draft.text)
        cache.append(slot, token)
        choice = _choose(cache.context.logits(), draft.pending, healer)
    return draft.candidate(finished=False)
