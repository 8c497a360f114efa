"""A question to the model, streamed, and what came of it."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from fimble_prompts.editing import Question
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import ChatMessage, Generate, Generated

OnText = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """What the model said behind the question's opening, and the tokens that it took."""

    text: str
    is_complete: bool
    prompt_tokens: int
    answer_tokens: int


async def ask(
    engine: Engine,
    question: Question,
    *,
    maximum_tokens: int,
    temperature: float = 0.0,
    grammar: str = "",
    before: Sequence[tuple[Question, str]] = (),
    on_text: OnText | None = None,
    is_enough: Callable[[str], bool] | None = None,
) -> Answer:
    """Ask the engine; `before` are questions of the same conversation and the answers to them.

    An answer of which `is_enough` is there ends there, incomplete. Cancelling the task ends it,
    too. Raises `FimbleError`.
    """
    messages: list[ChatMessage] = []
    for earlier, answer in before:
        messages += [ChatMessage("user", earlier.user), ChatMessage("assistant", answer)]
    messages.append(ChatMessage("user", question.user))
    request = Generate(
        id=0,
        messages=tuple(messages),
        conversation="edit",
        maximum_tokens=maximum_tokens,
        temperature=temperature,
        stop=question.stop,
        grammar=grammar,
        opening=question.opening,
    )
    pieces: list[str] = []
    async with aclosing(engine.generate(request)) as replies:
        async for reply in replies:
            if isinstance(reply, Generated):
                return Answer(
                    "".join(pieces),
                    reply.reason == "stop",
                    reply.evaluated_tokens + reply.cached_tokens,
                    reply.generated_tokens,
                )
            pieces.append(reply)
            if on_text is not None:
                on_text(reply)
            if is_enough is not None and "\n" in reply and is_enough("".join(pieces)):
                return Answer("".join(pieces), is_complete=False, prompt_tokens=0, answer_tokens=len(pieces))
    raise AssertionError("an answer ends with the facts about it")
