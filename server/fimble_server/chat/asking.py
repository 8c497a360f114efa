"""One question about a repository, answered by the index or by the model, and checked."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from fimble_server.chat.answers import Answer, checked, told
from fimble_server.chat.markup import DisarmedStream
from fimble_server.chat.questions import Prepared, prepare
from fimble_server.config import ChatSettings
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import ChatMessage, Generate, Generated
from fimble_server.index import look_up
from fimble_server.suggest import CHARACTERS_PER_TOKEN

_ANSWER_TOKENS = 160
"""Of an answer that is to be short; a small model that goes on only repeats itself."""


def _ignore(_value: object) -> None:
    pass


async def ask(
    database: Path,
    engine: Engine,
    question: str,
    settings: ChatSettings,
    *,
    on_prepared: Callable[[Prepared], None] = _ignore,
    on_text: Callable[[str], None] = _ignore,
) -> Answer:
    """Answer a question from the index of a workspace.

    What is found is told before the model reads it; its text is passed on as it comes, unchecked.

    Raises:
        FimbleError: no index, no model, or no engine.

    """
    characters = int(settings.excerpt_tokens * CHARACTERS_PER_TOKEN)
    prepared = await look_up(database, lambda store: prepare(store, question, characters))
    on_prepared(prepared)
    if prepared.told:
        return told(prepared)
    tokens = min(settings.answer_tokens, _ANSWER_TOKENS)
    text, _ = await generate(engine, prepared, tokens, on_text=on_text)
    return await look_up(database, lambda store: checked(store, text.strip(), prepared))


async def generate(
    engine: Engine, prepared: Prepared, tokens: int, *, conversation: str = "", on_text: Callable[[str], None]
) -> tuple[str, Generated | None]:
    """Return what the model says next, made harmless, and the facts about it; cancelling the task cancels the answer.

    Raises:
        FimbleError: no model, or no engine.

    """
    request = Generate(
        id=0,
        messages=tuple(ChatMessage(turn.role, turn.content) for turn in prepared.turns),
        conversation=conversation,
        maximum_tokens=tokens,
        grammar=prepared.grammar,
    )
    pieces: list[str] = []
    facts: Generated | None = None
    harmless = DisarmedStream()

    def pass_on(text: str) -> None:
        if text:
            pieces.append(text)
            on_text(text)

    async with aclosing(engine.generate(request)) as parts:
        async for part in parts:
            if isinstance(part, Generated):
                facts = part
            else:
                pass_on(harmless.feed(part))
    pass_on(harmless.flush())
    return "".join(pieces), facts
