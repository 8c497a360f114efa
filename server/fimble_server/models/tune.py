"""Makes a model fast on this machine: converts its weights to a layout with a faster kernel, if the loss is negligible.

Which layout is fast depends on the processor and on llama.cpp's kernels, so it is measured, each layout in turn with
the original, because a machine is rarely left alone for minutes. A conversion runs instead of the original if it

1. is faster: a typical answer, 64 tokens evaluated and 8 generated, takes at most 90 % of the original's time, and
2. is no worse: on fill-in-the-middle items cut from Python's standard library, the 95 % confidence interval of the
   paired difference in log-probability lies above -0.06 nats a token of the true middle (non-inferiority), and no
   more exact first lines are lost than gained, beyond chance.

Rounding five-bit weights to four bits always loses something, and enough items would show it; so the question is how
much. The margin is a fifth of what the next larger model gains: 1.5B over 0.5B, 0.33 nats on the same text. Over 3,081
tokens a conversion that loses 0.037 nats got as many greedy tokens right as the original, within chance; one that
loses 0.057 did not.

The layouts are tried from the one that should be fastest on, and the first that passes is kept. The original stays in
any case, and runs if none passes.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fimble_server.engine.options import EngineOptions
from fimble_server.models import storage
from fimble_server.models.children import ChildError, convert, measure
from fimble_server.models.gguf import InvalidModelError, read_header
from fimble_server.models.layouts import Layout, layouts
from fimble_server.models.machine import processor
from fimble_server.models.measurements import Answer, Candidate, Item, Kept, Speed, Tuning
from fimble_server.models.quality import compare, loses_lines
from fimble_server.models.samples import cut_items
from fimble_server.models.storage import DamagedModelError
from fimble_server.models.writing import Notify, check_space, locked, writing_to

_ITEMS = 72
_SEED = 20
_MARGIN = 0.06  # nats a token
_SPEEDUP = 1 / 0.9  # at least, to be worth it
_ROUNDS = 2  # of measuring original and conversion in turn
_PROMPT, _GENERATED = 64, 8  # tokens of a typical answer
_CONTENDS, _KEPT = "faster", "kept"


def tune(name: str, *, notify: Notify) -> Tuning:
    """Try the layouts on this machine, keep the best, and record what was measured.

    Args:
        name: an installed model.
        notify: called with what is going on.

    Raises:
        ModelNotInstalledError: the model is not here; the message holds the command that gets it.
        DamagedModelError: its file is missing or damaged, or llama.cpp cannot run it.
        NoSpaceError: the disk is too full for the conversions; the original runs on.
        NotWritableError: the folder cannot be written.

    """
    model = storage.find_installed(name)
    with writing_to(storage.model_directory(name), model.size), locked(name, notify):
        try:
            tuning = _tune(model.name, EngineOptions().effective_threads, notify)
            storage.record(msgspec.structs.replace(model, tuning=tuning))
        finally:
            _delete_conversions(name)
    return tuning


def answer_ms(speed: Speed) -> float:
    """Return how long a typical answer takes, in milliseconds."""
    return 1000 * _PROMPT / speed.prefill_64 + _GENERATED * speed.token_ms


def _tune(name: str, threads: int, notify: Notify) -> Tuning:
    original = storage.original_file(name)
    notify(f"Measuring {name} on {threads} threads")
    try:
        tensors = read_header(original).tensors
        speed, _ = measure(original, threads)
    except (OSError, InvalidModelError, ChildError) as error:
        raise DamagedModelError(f"{name} cannot run on this machine: {error}") from error
    items = cut_items(_ITEMS, _SEED)
    reference: list[Answer] = []
    candidates = []
    kept: Kept | None = None
    for layout in layouts():
        if kept or not any(map(layout.changes, tensors)):
            continue
        notify(f"Converting to {layout.name}")
        candidate, speed = _try_speed(name, layout, speed, threads)
        if candidate.verdict == _CONTENDS:
            notify(f"Comparing {layout.name} on {_ITEMS} pieces of Python's standard library")
            if not reference:
                _, reference = measure(original, threads, items)
            candidate = _judge(name, candidate, reference, items, threads)
        if candidate.verdict == _KEPT:
            kept = _keep(name, layout.name)
        _conversion(name, layout.name).unlink(missing_ok=True)
        candidates.append(candidate)
    return Tuning(processor=processor(), threads=threads, original=speed, candidates=tuple(candidates), kept=kept)


def _try_speed(name: str, layout: Layout, original: Speed, threads: int) -> tuple[Candidate, Speed]:
    """Convert the weights and see whether that makes them faster.

    Returns what was found, and the best that the original has shown so far.
    """
    source, target = storage.original_file(name), _conversion(name, layout.name)
    check_space(target.parent, source.stat().st_size)
    try:
        convert(source, target, layout, threads)
        rounds = [(measure(target, threads)[0], measure(source, threads)[0]) for _ in range(_ROUNDS)]
    except ChildError as error:
        return Candidate(layout=layout.name, verdict=f"does not work: {error}"), original
    converted, unconverted = _best([pair[0] for pair in rounds]), _best([pair[1] for pair in rounds])
    speedup = answer_ms(unconverted) / answer_ms(converted)
    candidate = Candidate(
        layout=layout.name,
        verdict=_CONTENDS if speedup >= _SPEEDUP else "not faster",
        size=target.stat().st_size,
        speed=converted,
        speedup=speedup,
    )
    return candidate, _best([original, unconverted])


def _best(speeds: Sequence[Speed]) -> Speed:
    """Return the best of each measurement: whatever else runs on the machine only ever adds to the times."""
    return Speed(
        prefill_64=max(speed.prefill_64 for speed in speeds),
        prefill_256=max(speed.prefill_256 for speed in speeds),
        token_ms=min(speed.token_ms for speed in speeds),
        batch_of_4_ms=min(speed.batch_of_4_ms for speed in speeds),
    )


def _judge(
    name: str, candidate: Candidate, reference: Sequence[Answer], items: Sequence[Item], threads: int
) -> Candidate:
    try:
        _, answers = measure(_conversion(name, candidate.layout), threads, items)
    except ChildError as error:
        return msgspec.structs.replace(candidate, verdict=f"does not work: {error}")
    quality = compare(reference, answers)
    passes = quality.low > -_MARGIN and not loses_lines(quality)
    return msgspec.structs.replace(candidate, quality=quality, verdict=_KEPT if passes else "loses quality")


def _keep(name: str, layout: str) -> Kept:
    source, target = _conversion(name, layout), storage.tuned_file(name, layout)
    sha256 = storage.sha256_of(source)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    return Kept(layout=layout, size=target.stat().st_size, sha256=sha256)


def _conversion(name: str, layout: str) -> Path:
    file = storage.tuned_file(name, layout)
    return file.with_name(f"{file.name}.partial")


def _delete_conversions(name: str) -> None:
    """Delete every conversion, finished or not, but the one that runs."""
    used = (storage.original_file(name), storage.model_file(name))
    for path in (*storage.model_directory(name).glob("*.gguf"), *storage.model_directory(name).glob("*.gguf.partial")):
        if path not in used:
            path.unlink()
