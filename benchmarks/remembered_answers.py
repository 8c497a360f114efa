"""Answers of an engine kept in a file, so that a run that was cut short goes on where it ended.

One JSON object a line: the digest of model and question, the answer, and the seconds that it took.
"""

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec

from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import Complete, Completion, Generate, Generated, Status, encode


class RememberingEngine:
    """An engine that is asked each question once; `model` is a digest that tells the models of one file apart."""

    def __init__(self, engine: Engine, model: str, file: Path) -> None:
        """Know the answers in `file`, which need not exist, and add those that are new."""
        self._engine, self._model, self._file = engine, model, file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self._answers: dict[str, tuple[str, float]] = {
            row["question"]: (row["answer"], row["seconds"]) for row in map(json.loads, lines)
        }
        self.remembered_seconds = 0.0
        """What the answers took that were not asked for again."""

    async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        """Implement `Engine.generate`; an answer that is cancelled is not kept."""
        question = self._digest(request)
        if question in self._answers:
            answer, seconds = self._answers[question]
            self.remembered_seconds += seconds
            yield answer
            return
        started = time.perf_counter()
        pieces: list[str] = []
        async with aclosing(self._engine.generate(request)) as answers:
            async for piece in answers:
                if isinstance(piece, str):
                    pieces.append(piece)
                yield piece
        self._keep(question, "".join(pieces), round(time.perf_counter() - started, 3))

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        """Implement `Engine.complete`; completions are not kept."""
        return await self._engine.complete(request, on_text)

    async def status(self) -> Status:
        """Implement `Engine.status`."""
        return await self._engine.status()

    async def close(self) -> None:
        """Implement `Engine.close`."""
        await self._engine.close()

    def _digest(self, request: Generate) -> str:
        # The name of the conversation is random and says only where the engine keeps what it has read.
        return hashlib.sha256(
            self._model.encode() + encode(msgspec.structs.replace(request, conversation=""))
        ).hexdigest()

    def _keep(self, question: str, answer: str, seconds: float) -> None:
        self._answers[question] = answer, seconds
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"question": question, "answer": answer, "seconds": seconds}) + "\n")
