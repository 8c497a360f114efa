"""The decode loop of completions, as a generator that can be stopped between any two steps."""

from collections.abc import Callable, Generator
from functools import lru_cache
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fimble_server.engine.draft import Draft
from fimble_server.engine.healing import Healer
from fimble_server.engine.llama import Model, log_probability
from fimble_server.engine.protocol import Candidate, Complete, Completion, Prompt, Text
from fimble_server.engine.sequences import SequenceCache, Slot

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


def owner(request: Complete, prompt: Prompt) -> str:
    """Return whose sequence a prompt is: each document has one for each kind of prompt."""
    return f"{request.document}#{prompt.name}"


def choose_prompt(request: Complete, reader: PromptReader, cache: SequenceCache) -> tuple[Prompt, list[int], bytes]:
    """Return the best prompt that can be evaluated in time, tokenised; the last one if none can.

    While one is cached, an answer is at hand: then a better prompt has to be nearly cached as well, and it soon will
    be, since it is prepared behind the answer.
    """
    read = [(prompt, *reader.read(prompt)) for prompt in request.prompts]
    missing = [len(tokens) - cache.cached(tokens) for _, tokens, _ in read]
    affordable = cache.speed.tokens_within(request.prefill_ms) if min(missing) > _NEARLY_CACHED else _NEARLY_CACHED
    fitting = (
        number
        for number, (_, tokens, _) in enumerate(read)
        if missing[number] <= affordable and len(tokens) + request.maximum_tokens <= cache.context.capacity
    )
    best = next(fitting, len(read) - 1)
    return read[best]


class Completer:
    """Answers completion requests, one at a time; a request goes on with the draft of an earlier one if it can.

    Somebody who types what is being written gives up a request at every key. So the draft of a request that was
    given up, or whose answer came too late, is kept, and a later request that agrees with it is answered with the
    rest. That is the text it would have got by itself, except where the model would write another one behind the
    tokens that typing makes than behind those that it wrote itself.
    """

    def __init__(self, model: Model, cache: SequenceCache) -> None:
        """Decode in the sequences of `cache`."""
        self._model = model
        self._reader = PromptReader(model)
        self._cache = cache
        self._stops = lru_cache(maxsize=8)(self._special_tokens)
        self._draft: Draft | None = None
        """The newest. One that was cut short is not kept, or the next request would be cut short at once."""

    def complete(self, request: Complete) -> Generator[Text | None, None, Completion]:
        """Answer a request; yields after every chunk and token, a `Text` where there is new text.

        Raises:
            LlamaError: the prompt does not fit.

        """
        cache = self._cache
        started = perf_counter()
        prompt, tokens, pending = choose_prompt(request, self._reader, cache)
        draft, typed = self._continued(request, prompt) or (Draft(owner(request, prompt), prompt, tokens, pending), 0)
        continued = len(draft.scores)
        finished = draft.finished(typed, request.stop)
        slot = cache.take(draft.owner, draft.tokens)
        cached = len(slot.tokens)
        tokenized = perf_counter()

        if finished is None:
            for _ in cache.evaluate(slot, draft.tokens, CHUNK):
                yield None
        evaluated = len(slot.tokens) - cached
        prefilled = perf_counter()

        if finished is None:
            self._draft = draft
            candidates, generated = yield from self._candidates(request, slot, draft, typed)
            if candidates and not candidates[0].finished:
                self._draft = None
        else:
            candidates, generated = [finished], 0
        draft.answered = typed + len(candidates[0].text) if candidates else None
        decoded = perf_counter()

        return Completion(
            id=request.id,
            candidates=tuple(candidates),
            prompt=prompt.name,
            evaluated_tokens=evaluated,
            cached_tokens=cached,
            continued_tokens=continued,
            generated_tokens=generated,
            timings_ms={
                "tokenize": 1000 * (tokenized - started),
                "prefill": 1000 * (prefilled - tokenized),
                "decode": 1000 * (decoded - prefilled),
            },
            prefill_tokens_per_second=cache.speed.prefill_tokens_per_second,
        )

    def prepare(self, request: Complete, answered: str, chunk: Callable[[], int]) -> Generator[None, None, None]:
        """Do, behind an answer, what the next request will ask for; what is done when it is closed stays.

        Writes the line behind the answer, unless the makeshift prompt gave it, and evaluates the prompts that are
        better than the one that `answered`, the best last. Yields after every token, and every chunk of as many tokens
        as `chunk` says.
        """
        names = [prompt.name for prompt in request.prompts]
        position = names.index(answered)
        if position == 0 or position < len(names) - 1:
            yield from self._look_ahead(request, request.prompts[position])
        for prompt in reversed(request.prompts[:position]):
            tokens, _ = self._reader.read(prompt)
            slot = self._cache.take(owner(request, prompt), tokens)
            while len(slot.tokens) < len(tokens):
                next(self._cache.evaluate(slot, tokens, chunk()), None)
                yield

    def _look_ahead(self, request: Complete, prompt: Prompt) -> Generator[None, None, None]:
        """Go on with the answer by a line: who takes it and presses Enter gets that line at once."""
        draft, cache = self._draft, self._cache
        if draft is None or draft.answered is None or draft.owner != owner(request, prompt):
            return
        longest = len(draft.scores) + request.maximum_tokens
        draft.seconds = 0.0
        slot = cache.take(draft.owner, draft.tokens)
        while not (draft.ended or draft.has_line_ahead() or len(draft.scores) == longest):
            for _ in cache.evaluate(slot, draft.tokens, CHUNK):
                yield
            choice = _choose(cache.context.logits(), draft.pending, self._reader.healer)
            if choice is None:
                return
            self._accept(request, draft, *choice)
            if request.minimum_line is not None and draft.line_ahead().line_log_probability < request.minimum_line:
                return
            yield

    def _accept(self, request: Complete, draft: Draft, token: int, score: float) -> None:
        """Add a token to a draft, or end it with one that ends texts."""
        if self._model.ends_generation(token) or token in self._stops(request.stop_tokens):
            draft.ended = True
        else:
            draft.accept(token, self._model.piece(token), score)

    def _special_tokens(self, texts: tuple[str, ...]) -> frozenset[int]:
        return frozenset(token for text in texts if (token := self._model.special(text)) is not None)

    def _continued(self, request: Complete, prompt: Prompt) -> tuple[Draft, int] | None:
        """Return the draft that the request agrees with, and how much of its text has been typed since."""
        draft = self._draft
        if draft is None or draft.owner != owner(request, prompt) or request.candidates > 1:
            return None
        typed = draft.typed_since(prompt)
        return None if typed is None else (draft, typed)

    def _candidates(
        self, request: Complete, slot: Slot, first: Draft, typed: int
    ) -> Generator[Text | None, None, tuple[list[Candidate], int]]:
        """Return candidates that differ in their first token, and how many tokens were generated.

        The first goes on with a draft, whose tokens have just been evaluated.
        """
        started = perf_counter()
        start, pending = first.tokens.copy(), first.pending
        logits = self._cache.context.logits().copy()
        candidates: list[Candidate] = []
        generated = -len(first.scores)
        for rank in range(request.candidates):
            if rank and 1000 * (perf_counter() - started) > request.decode_ms:
                break
            choice = _choose(logits, pending, self._reader.healer, rank)
            if choice is None:
                break
            self._cache.cut(slot, len(start))
            if len(slot.tokens) < len(start):
                # This model's memory cannot be cut: what the other candidates start from is gone.
                break
            draft = Draft(first.owner, first.prompt, start.copy(), pending) if rank else first
            candidate = yield from self._decode(request, slot, draft, typed, choice)
            generated += len(draft.scores)
            if candidate is not None:
                candidates.append(candidate)
        return candidates, generated

    def _decode(
        self, request: Complete, slot: Slot, draft: Draft, typed: int, choice: tuple[int, float] | None
    ) -> Generator[Text | None, None, Candidate | None]:
        """Go on greedily from a token; None when no token agrees with what was typed, or the line is too unlikely."""
        cache = self._cache
        started = perf_counter() - draft.seconds
        longest = len(draft.scores) + request.maximum_tokens
        sent = typed
        while choice is not None:
            token, score = choice
            self._accept(request, draft, token, score)
            if finished := draft.finished(typed, request.stop):
                return finished
            unfinished = draft.unfinished(typed)
            if request.minimum_line is not None and unfinished.line_log_probability < request.minimum_line:
                return None
            draft.seconds = perf_counter() - started
            late = 1000 * draft.seconds > request.decode_ms and len(draft.scores) > _MINIMUM_DECODE_STEPS
            if late or len(draft.scores) == longest:
                return unfinished
            yield Text(request.id, draft.text[sent:]) if request.stream and len(draft.text) > sent else None
            sent = len(draft.text)
            cache.append(slot, token)
            choice = _choose(cache.context.logits(), draft.pending, self._reader.healer)
        return None


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
