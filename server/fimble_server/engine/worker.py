"""The one thread that decodes, and the order in which it serves.

Work comes as generators that yield after every bounded step (a prefill chunk, a token). Between two steps the
most urgent job goes on: a completion before a conversation, a conversation before a prompt that is prepared for
later. Only the newest completion counts; one that is superseded or cancelled is closed where it stands, and what it
wrote is there for the next (see `Completer`).
"""

import logging
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

from fimble_server.engine.completion import CHUNK, Completer
from fimble_server.engine.generation import generate
from fimble_server.engine.llama import Context, LlamaError, Model, initialise
from fimble_server.engine.options import EngineOptions
from fimble_server.engine.protocol import (
    Cancelled,
    Complete,
    Completion,
    Failure,
    Generate,
    Generated,
    Reply,
    Status,
    Text,
)
from fimble_server.engine.sequences import SequenceCache

_log = logging.getLogger(__name__)
_AHEAD_CHUNK = 32
"""Tokens of a prompt that is prepared ahead; larger batches are hardly faster, and a key would wait longer."""
_AHEAD_CHUNK_WHILE_TYPING = 16
"""Tokens, for as long as keys come; smaller batches take nearly as long."""
_TYPING_SECONDS = 0.3
"""Since the last completion was asked for: another one is to be expected."""
_LONGEST_STEP_SECONDS = 2.0

_WARM_UP_TEXT = "".join(f"value_{number} = compute({number})\n" for number in range(CHUNK))

Send = Callable[[Reply], None]
"""Takes a reply to the client that asked; called on the worker's thread, must not block."""


@dataclass(eq=False)
class _Job:
    """A request being served: where its replies go, and the rest of the work."""

    request: Complete | Generate
    send: Send
    queued: float
    started: float = 0.0
    steps: Generator[Text | None, None, Completion | Generated] | None = None
    cancelled: bool = False


class Worker(threading.Thread):
    """Loads the model, then serves until it is stopped."""

    def __init__(self, model_path: Path, options: EngineOptions) -> None:
        """Prepare the thread; `start` loads the model."""
        super().__init__(name="decode", daemon=True)
        self._model_path = model_path
        self._options = options
        self._changed = threading.Condition()
        self._jobs: list[_Job] = []
        self._ahead: Generator[None, None, None] | None = None
        self._asked = 0.0
        self._stopping = False
        self._cache: SequenceCache | None = None
        self._served = 0
        self.error = ""

    def submit(self, request: Complete | Generate, send: Send) -> None:
        """Queue a request; a completion supersedes the one before it."""
        with self._changed:
            if self.error:
                send(Failure(request.id, self.error))
                return
            if isinstance(request, Complete):
                self._asked = perf_counter()
                self._cancel(lambda job: isinstance(job.request, Complete))
            self._jobs.append(_Job(request, send, queued=perf_counter()))
            self._changed.notify()

    def cancel(self, identifier: int, send: Send) -> None:
        """Stop serving a client's request within one step; it is answered with `Cancelled`."""
        with self._changed:
            self._cancel(lambda job: job.request.id == identifier and job.send == send)

    def forget(self, send: Send) -> None:
        """Cancel all that a client asked for: its connection is gone."""
        with self._changed:
            self._cancel(lambda job: job.send == send)

    def _cancel(self, matches: Callable[[_Job], bool]) -> None:
        for job in filter(matches, self._jobs):
            job.cancelled = True

    def stop(self) -> None:
        """End the thread after the current step, and wait for that."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        # While a model loads nothing can be stopped; the process ends all the same.
        self.join(_LONGEST_STEP_SECONDS)

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._jobs)

    def status(self, identifier: int) -> Status:
        """Describe the engine; safe from any thread."""
        process = psutil.Process()
        cache = self._cache
        return Status(
            id=identifier,
            state="failed" if self.error else "ready" if cache else "loading",
            model=str(self._model_path),
            process=process.pid,
            context_tokens=cache.context.capacity if cache else 0,
            used_tokens=cache.used if cache else 0,
            sequences=cache.live if cache else 0,
            prefill_tokens_per_second=cache.speed.prefill_tokens_per_second if cache else 0.0,
            token_ms=cache.speed.token_ms if cache else 0.0,
            resident_bytes=process.memory_info().rss,
            served=self._served,
            error=self.error,
            decoded_tokens=cache.context.decoded_tokens if cache else 0,
        )

    def run(self) -> None:
        """Load the model and serve."""
        try:
            initialise()
            with Model(self._model_path) as model:
                tokens = min(self._options.context_tokens, model.context_tokens)
                with Context(
                    model,
                    context_tokens=tokens,
                    batch_tokens=CHUNK,
                    threads=self._options.effective_threads,
                    sequences=self._options.sequences,
                ) as context:
                    cache = SequenceCache(context, self._options.sequences)
                    completer = Completer(model, cache)
                    self._warm_up(model, cache)
                    self._cache = cache
                    self._serve(model, cache, completer)
        except LlamaError as error:
            _log.exception("the model cannot be served")
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - a dead worker must answer those who wait
            _log.exception("the worker failed")
            self._fail(f"the engine failed ({error}); its log says more")

    def _fail(self, message: str) -> None:
        with self._changed:
            self.error = message
            for job in self._jobs:
                job.send(Failure(job.request.id, message))
            self._jobs.clear()

    @staticmethod
    def _warm_up(model: Model, cache: SequenceCache) -> None:
        """Touch all weights once, and learn how fast they are read, before the first keystroke needs to know."""
        tokens = model.tokenize(_WARM_UP_TEXT)[:CHUNK]
        slot = cache.take("warm-up", tokens)
        for _ in range(2):
            cache.cut(slot, 0)
            for _ in cache.evaluate(slot, tokens, CHUNK):
                pass
        cache.release(slot)

    def _serve(self, model: Model, cache: SequenceCache, completer: Completer) -> None:
        while True:
            with self._changed:
                while not (self._jobs or self._ahead or self._stopping):
                    self._changed.wait()
                if self._stopping:
                    return
                job = min(self._jobs, key=_urgency, default=None)
            if job is not None:
                self._advance(job, model, cache, completer)
            elif self._ahead is not None:
                self._prepare_ahead(self._ahead)

    def _advance(self, job: _Job, model: Model, cache: SequenceCache, completer: Completer) -> None:
        """Take one step of a job, and answer it if that was the last."""
        request = job.request
        if job.cancelled:
            if job.steps is not None:
                job.steps.close()
            if isinstance(request, Complete):
                # Whoever types along what is suggested asks for nothing, and may soon ask for more.
                self._prepare(request, request.prompts[-1].name, completer)
            self._finish(job, Cancelled(request.id))
            return
        try:
            reply = self._step(job, model, cache, completer)
            if isinstance(reply, Completion) and isinstance(request, Complete):
                self._prepare(request, reply.prompt, completer)
        except LlamaError as error:
            reply = Failure(request.id, str(error))
        except Exception as error:  # noqa: BLE001 - what one request runs into must not end the others
            _log.exception("request %d failed", request.id)
            reply = Failure(request.id, f"the engine could not answer ({error}); its log says more")
        if isinstance(reply, Text):
            job.send(reply)
        elif reply is not None:
            self._finish(job, reply)

    def _step(
        self, job: _Job, model: Model, cache: SequenceCache, completer: Completer
    ) -> Text | Completion | Generated | Failure | None:
        request = job.request
        if job.steps is None:
            # The job may take the sequence that was being prepared; what is evaluated there is not lost.
            self._ahead = None
            job.started = perf_counter()
            job.steps = (
                completer.complete(request) if isinstance(request, Complete) else generate(request, model, cache)
            )
        try:
            return next(job.steps)
        except StopIteration as end:
            reply: Completion | Generated = end.value
            reply.timings_ms["queue"] = 1000 * (job.started - job.queued)
            return reply

    def _finish(self, job: _Job, reply: Reply) -> None:
        with self._changed:
            self._jobs.remove(job)
            self._served += 1
        job.send(reply)

    def _prepare(self, request: Complete, answered: str, completer: Completer) -> None:
        if request.prepare:
            self._ahead = completer.prepare(request, answered, self._ahead_chunk)

    def _ahead_chunk(self) -> int:
        typing = perf_counter() - self._asked < _TYPING_SECONDS
        return _AHEAD_CHUNK_WHILE_TYPING if typing else _AHEAD_CHUNK

    def _prepare_ahead(self, evaluation: Generator[None, None, None]) -> None:
        try:
            next(evaluation)
        except StopIteration:
            self._ahead = None
        except LlamaError:
            # Preparing is a courtesy; the prompt will be tried, and its failure said, when it is asked for.
            self._ahead = None


def _urgency(job: _Job) -> tuple[bool, bool, float]:
    """Order jobs: what is to be closed first, then completions, then conversations, in their order."""
    return not job.cancelled, not isinstance(job.request, Complete), job.queued
