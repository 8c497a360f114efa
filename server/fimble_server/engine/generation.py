"""Answers to conversations: the model's own chat template, sampling, an optional grammar."""

import codecs
import re
from collections.abc import Generator, Sequence
from time import perf_counter
from typing import Literal

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fimble_server.engine.llama import LlamaError, Model
from fimble_server.engine.protocol import ChatMessage, Generate, Generated, Text
from fimble_server.engine.sampling import Sampler
from fimble_server.engine.sequences import SequenceCache, Slot

CHUNK = 32
"""Tokens evaluated between two looks at waiting completions: shorter than a completion's own chunks, so that a
keystroke during a long question waits no longer than it must."""

_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")
_PLAIN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
"""For files that bring no template; most open models know these markers."""


def chat_tokens(model: Model, messages: Sequence[ChatMessage]) -> list[int]:
    """Render a conversation by the model's template and tokenise it.

    The template's own markers become control tokens, the messages never do: each content is rendered as a
    placeholder and tokenised apart, so that a file that spells `<|im_end|>` cannot end a turn.

    Raises:
        LlamaError: the template fails, or asks for something the sandbox forbids.

    """
    turns = [{"role": message.role, "content": f"\ue000{number}\ue001"} for number, message in enumerate(messages)]
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _raise
    try:
        template = environment.from_string(model.chat_template or _PLAIN_TEMPLATE)
        rendered = template.render(
            messages=turns,
            add_generation_prompt=True,
            bos_token=_spelled(model, model.beginning),
            eos_token="",
        )
    except Exception as error:
        raise LlamaError(f"the model's chat template cannot be used: {error}") from error
    tokens: list[int] = []
    # Templates may move a message; what stands where is read off the text they made.
    for position, part in enumerate(_PLACEHOLDER.split(rendered)):
        if position % 2:
            tokens += model.tokenize(messages[int(part)].content)
        else:
            tokens += model.tokenize(part, special=True)
    return tokens


def _raise(message: str) -> None:
    raise TemplateError(message)


def _spelled(model: Model, tokens: Sequence[int]) -> str:
    return b"".join(model.piece(token, special=True) for token in tokens).decode()


def generate(request: Generate, model: Model, cache: SequenceCache) -> Generator[Text | None, None, Generated]:
    """Answer a conversation; yields after every chunk and token, a `Text` where there is new text.

    Nothing but this generator changes its slot, so completions may run between any two steps.

    Raises:
        LlamaError: the conversation does not fit, the grammar is wrong, or the template fails.

    """
    started = perf_counter()
    tokens = chat_tokens(model, request.messages) + model.tokenize(request.opening)
    slot = cache.take(f"conversation#{request.conversation or request.id}", tokens)
    cached = len(slot.tokens)
    slot.pinned = True
    try:
        with Sampler(model, request) as sampler:
            for _ in cache.evaluate(slot, tokens, CHUNK):
                yield None
            prefilled = perf_counter()
            reason = yield from _sample(request, model, cache, slot, sampler)
    finally:
        slot.pinned = False
    generated = len(slot.tokens) - len(tokens)
    return Generated(
        id=request.id,
        reason=reason,
        evaluated_tokens=len(tokens) - cached,
        cached_tokens=cached,
        generated_tokens=generated,
        timings_ms={
            "prefill": 1000 * (prefilled - started),
            "decode": 1000 * (perf_counter() - prefilled),
        },
    )


def _sample(
    request: Generate, model: Model, cache: SequenceCache, slot: Slot, sampler: Sampler
) -> Generator[Text | None, None, Literal["stop", "length"]]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text, sent = "", 0
    # The end of the text may be the beginning of a stop string: that much is held back.
    held = max((len(stop) for stop in request.stop), default=1) - 1
    for _ in range(request.maximum_tokens):
        # Sampled right behind the evaluation, never across a yield: a completion's decode replaces the logits.
        token = sampler.sample(cache.context)
        if model.ends_generation(token):
            yield Text(request.id, text[sent:])
            return "stop"
        text += decoder.decode(model.piece(token))
        ends = [end for stop in request.stop if (end := text.find(stop, max(0, sent - held))) >= 0]
        if ends:
            yield Text(request.id, text[sent : min(ends)])
            return "stop"
        ready = max(sent, len(text) - held)
        yield Text(request.id, text[sent:ready]) if ready > sent else None
        sent = ready
        cache.append(slot, token)
    yield Text(request.id, text[sent:])
    return "length"
