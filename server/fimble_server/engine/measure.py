"""Measures one model file in a process of its own.

    python -P -m fimble_server.engine.measure FILE THREADS

Standard input is a JSON array of `Item`s, empty for the speed alone. Standard output is JSON lines: one `Speed`, then
one `Answer` for each item in order. What llama.cpp complains of goes to standard error. The exit code is 0 if all
of that was printed.
"""

import sys
import time
from pathlib import Path

import llama_cpp.llama_cpp as api
import msgspec

from fimble_server.engine.llama import Context, LlamaError, Model, initialise, log_probability
from fimble_server.models.measurements import Answer, Item, Speed

_CONTEXT = 1024  # tokens; the longest item has some 500
_TEXT = "def area(width: float, height: float) -> float:\n    return width * height\n\n\n"


def main() -> int:
    """Measure the file named on the command line."""
    path, threads = Path(sys.argv[1]), int(sys.argv[2])
    items = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Item])
    initialise()
    try:
        with (
            Model(path) as model,
            Context(model, context_tokens=_CONTEXT, batch_tokens=_CONTEXT, threads=threads) as context,
        ):
            _print(measure_speed(context))
            for item in items:
                _print(answer(context, item))
    except LlamaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def measure_speed(context: Context) -> Speed:
    """Time prompts, single tokens and small batches, the latter two behind 256 tokens, as in an editor."""
    tokens = context.model.tokenize(_TEXT * 20)[:256]
    _milliseconds(context, tokens[:64], 0, repeats=1)  # the first decode also allocates
    prefill_64 = _milliseconds(context, tokens[:64], 0, repeats=4)
    prefill_256 = _milliseconds(context, tokens, 0, repeats=2)
    return Speed(
        prefill_64=64_000 / prefill_64,
        prefill_256=256_000 / prefill_256,
        token_ms=_milliseconds(context, tokens[:1], 256, repeats=12),
        batch_of_4_ms=_milliseconds(context, tokens[:4], 256, repeats=8),
    )


def _milliseconds(context: Context, tokens: list[int], position: int, *, repeats: int) -> float:
    """Return the shortest of some decodes: whatever else runs on the machine only ever adds to the time."""
    times = []
    for _ in range(repeats):
        context.remove(0, position)
        start = time.perf_counter()
        context.decode(tokens, position)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def answer(context: Context, item: Item) -> Answer:
    """Evaluate an item's prompt and then its true middle.

    The greedy first line is exact if each of its tokens is the likeliest one after those before it, so that the line
    need not be generated: one evaluation of the middle gives its likelihood and the exactness both.
    """
    model = context.model
    prompt, middle = _prompt(model, item), model.tokenize(item.middle)
    context.remove(0)
    context.decode(prompt, 0)
    rows = [context.logits().copy()]
    if middle[1:]:
        context.decode(middle[:-1], len(prompt), logits="all")
        rows += [context.logits(index) for index in range(len(middle) - 1)]
    first_line = _tokens_of_first_line(model, item.middle, middle)
    return Answer(
        log_probability=sum(map(log_probability, rows, middle)),
        tokens=len(middle),
        exact=all(int(row.argmax()) == token for row, token in zip(rows[:first_line], middle, strict=False)),
    )


def _prompt(model: Model, item: Item) -> list[int]:
    """Return prefix, suffix, middle marked as the vocabulary has it; without such marks only the text before."""
    prefix, suffix = model.tokenize(item.prefix), model.tokenize(item.suffix)
    marks = [
        mark(model.vocabulary) for mark in (api.llama_vocab_fim_pre, api.llama_vocab_fim_suf, api.llama_vocab_fim_mid)
    ]
    if api.LLAMA_TOKEN_NULL in marks:
        return [*model.beginning, *prefix]
    before, between, end = marks
    return [*model.beginning, before, *prefix, between, *suffix, end]


def _tokens_of_first_line(model: Model, text: str, tokens: list[int]) -> int:
    """Return how many of the tokens it takes to spell the first line of the text."""
    length = len(text.partition("\n")[0].encode())
    spelled = 0
    for count, token in enumerate(tokens, start=1):
        spelled += len(model.piece(token))
        if spelled >= length:
            return count
    return len(tokens)


def _print(message: Speed | Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
