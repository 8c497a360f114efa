"""From typed targets to numbers: sums over targets, and how far they can be trusted."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from replaying.targets import Target
from replaying.user import Request, Typed

_RESAMPLES = 1000
_FROM_MODEL = "model"
_AHEAD = "ahead"
"""Requests that no cursor waits for."""


@dataclass(frozen=True)
class Outcome:
    """One target typed with one engine. Latencies are in milliseconds, None where no answer came in time."""

    engine: str
    corpus: str
    path: str
    language: str
    kind: str
    lines: int
    repeated: str
    """`yes` if other code of the tree says the same, `no` if the target was the only place."""
    characters: int
    baseline_keys: int
    pressed_keys: int
    lines_accepted: int
    wholes_accepted: int
    word_keys_saved: int
    shown: int
    accepted: int
    word_right: int
    line_right: int
    cold_ms: tuple[float | None, ...]
    warm_ms: tuple[float | None, ...]
    model_ms: tuple[float | None, ...]
    """The warm ones that the model was asked for; the others were remembered."""
    requests: int
    evaluated_tokens: int
    generated_tokens: int
    decoded_tokens: int
    """Tokens that went through the model, with those of answers that were given up, and of work ahead."""
    cpu_seconds: float


def outcome(
    engine: str,
    corpus: str,
    target: Target,
    typed: Typed,
    *,
    repeated: bool,
    cpu_seconds: float,
    decoded_tokens: int,
) -> Outcome:
    """Sum up how a target was typed."""
    waited = [request for request in typed.requests if request.origin != _AHEAD]
    return Outcome(
        engine=engine,
        corpus=corpus,
        path=target.path,
        language=target.language,
        kind=target.kind,
        lines=target.lines,
        repeated="yes" if repeated else "no",
        characters=len(target.text),
        baseline_keys=typed.baseline,
        pressed_keys=len(typed.keys),
        lines_accepted=sum(key.kind == "line" for key in typed.keys),
        wholes_accepted=sum(key.kind == "whole" for key in typed.keys),
        word_keys_saved=typed.word_keys_saved,
        shown=len(typed.shown),
        accepted=sum(shown.accepted for shown in typed.shown),
        word_right=sum(shown.word_right for shown in typed.shown),
        line_right=sum(shown.line_right for shown in typed.shown),
        cold_ms=_latencies(request for request in waited if request.cold),
        warm_ms=_latencies(request for request in waited if not request.cold),
        model_ms=_latencies(
            request
            for request in waited
            if not request.cold and (request.origin == _FROM_MODEL or request.milliseconds is None)
        ),
        requests=len(typed.requests),
        evaluated_tokens=sum(request.evaluated_tokens for request in typed.requests),
        generated_tokens=sum(request.generated_tokens for request in typed.requests),
        decoded_tokens=decoded_tokens,
        cpu_seconds=round(cpu_seconds, 3),
    )


def _latencies(requests: Iterable[Request]) -> tuple[float | None, ...]:
    return tuple(None if r.milliseconds is None else round(r.milliseconds, 1) for r in requests)


def from_data(data: Mapping[str, Any]) -> Outcome:
    """Read an outcome from JSON values; raises `KeyError` if one is missing."""
    values: dict[str, Any] = {}
    for field in fields(Outcome):
        value = data[field.name]
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return Outcome(**values)


def as_data(result: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values."""
    return asdict(result)


def _ratio(above: Callable[[Outcome], float], below: Callable[[Outcome], float]) -> "Measure":
    def measure(outcomes: Sequence[Outcome]) -> float:
        total = sum(map(below, outcomes))
        return sum(map(above, outcomes)) / total if total else math.nan

    return measure


def _quantile(latencies: Callable[[Outcome], Sequence[float | None]], share: float) -> "Measure":
    def measure(outcomes: Sequence[Outcome]) -> float:
        values = sorted(math.inf if value is None else value for item in outcomes for value in latencies(item))
        return values[min(len(values) - 1, int(share * len(values)))] if values else math.nan

    return measure


Measure = Callable[[Sequence[Outcome]], float]
MEASURES: dict[str, Measure] = {
    "saved": _ratio(lambda o: o.baseline_keys - o.pressed_keys, lambda o: o.baseline_keys),
    "saved_with_words": _ratio(
        lambda o: o.baseline_keys - o.pressed_keys + o.word_keys_saved, lambda o: o.baseline_keys
    ),
    "saved_of_characters": _ratio(lambda o: o.characters - o.pressed_keys, lambda o: o.characters),
    "precision": _ratio(lambda o: o.accepted, lambda o: o.shown),
    "word_right": _ratio(lambda o: o.word_right, lambda o: o.shown),
    "line_right": _ratio(lambda o: o.line_right, lambda o: o.shown),
    "shown_per_six_characters": _ratio(lambda o: 6 * o.shown, lambda o: o.characters),
    "cold_ms_p50": _quantile(lambda o: o.cold_ms, 0.5),
    "cold_ms_p95": _quantile(lambda o: o.cold_ms, 0.95),
    "warm_ms_p50": _quantile(lambda o: o.warm_ms, 0.5),
    "warm_ms_p95": _quantile(lambda o: o.warm_ms, 0.95),
    "model_ms_p50": _quantile(lambda o: o.model_ms, 0.5),
    "model_ms_p95": _quantile(lambda o: o.model_ms, 0.95),
    "evaluated_tokens_per_key": _ratio(lambda o: o.evaluated_tokens, lambda o: o.pressed_keys),
    "generated_tokens_per_key": _ratio(lambda o: o.generated_tokens, lambda o: o.pressed_keys),
    "decoded_tokens_per_key": _ratio(lambda o: o.decoded_tokens, lambda o: o.pressed_keys),
    "cpu_seconds_per_character": _ratio(lambda o: o.cpu_seconds, lambda o: o.characters),
}
"""By name: of a number of outcomes to a number; not a number where there is nothing to measure."""


def summarise(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """Return all measures by engine: of everything, and by language and kind of target."""
    return {
        engine: {
            "all": _summary(mine, seed),
            **{
                group: {value: _summary(part, seed) for value, part in _grouped(mine, group).items()}
                for group in ("language", "kind", "repeated", "corpus")
            },
        }
        for engine, mine in _grouped(outcomes, "engine").items()
    }


def _grouped(outcomes: Sequence[Outcome], name: str) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for item in outcomes:
        groups.setdefault(getattr(item, name), []).append(item)
    return dict(sorted(groups.items()))


def _summary(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """Return each measure with its 95 % bootstrap interval over targets (Efron and Tibshirani 1993, percentiles)."""
    randomness = np.random.default_rng(seed)
    draws = randomness.integers(len(outcomes), size=(_RESAMPLES, len(outcomes)))
    samples = [[outcomes[number] for number in draw] for draw in draws]
    return {
        "targets": len(outcomes),
        "characters": sum(item.characters for item in outcomes),
        "keys": sum(item.pressed_keys for item in outcomes),
        "shown": sum(item.shown for item in outcomes),
        "accepted": sum(item.accepted for item in outcomes),
        **{name: _with_interval(measure, outcomes, samples) for name, measure in MEASURES.items()},
    }


def _with_interval(
    measure: Measure, outcomes: Sequence[Outcome], samples: Sequence[Sequence[Outcome]]
) -> dict[str, float | None]:
    values = sorted(value for sample in samples if not math.isnan(value := measure(sample)))
    low, high = (values[int(0.025 * len(values))], values[int(0.975 * len(values))]) if values else (math.nan, math.nan)
    return {"value": _finite(measure(outcomes)), "low": _finite(low), "high": _finite(high)}


def _finite(value: float) -> float | None:
    """Return None for a value that is unknown, or a time that never came: JSON knows neither."""
    return round(value, 4) if math.isfinite(value) else None
