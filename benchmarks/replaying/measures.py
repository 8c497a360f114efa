"""From typed targets to numbers: sums over targets, and how far they can be trusted."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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
    first_token_ms: tuple[float | None, ...]
    """The same until the first token."""
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
    asked = [r for r in waited if not r.cold and (r.origin == _FROM_MODEL or r.milliseconds is None)]
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
        model_ms=_latencies(asked),
        first_token_ms=tuple(None if r.first_token_ms is None else round(r.first_token_ms, 1) for r in asked),
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


class Measure(Protocol):
    """A number of some outcomes."""

    def of(self, outcomes: Sequence[Outcome], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return it for each row of `draws`, which are positions of outcomes; not a number if there is nothing."""


@dataclass(frozen=True)
class _Ratio:
    above: Callable[[Outcome], float]
    below: Callable[[Outcome], float]

    def of(self, outcomes: Sequence[Outcome], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        above = np.array([self.above(item) for item in outcomes], dtype=float)[draws].sum(axis=1)
        below = np.array([self.below(item) for item in outcomes], dtype=float)[draws].sum(axis=1)
        ratios: NDArray[np.float64] = np.divide(above, below, out=np.full(len(draws), np.nan), where=below > 0)
        return ratios


@dataclass(frozen=True)
class _Quantile:
    latencies: Callable[[Outcome], Sequence[float | None]]
    share: float

    def of(self, outcomes: Sequence[Outcome], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the quantiles of all latencies together; what was never answered is late for ever."""
        times = [np.array([math.inf if ms is None else ms for ms in self.latencies(item)]) for item in outcomes]
        return np.array([self._quantile(np.concatenate([times[number] for number in draw])) for draw in draws])

    def _quantile(self, times: NDArray[np.float64]) -> float:
        if not len(times):
            return math.nan
        place = min(len(times) - 1, int(self.share * len(times)))
        return float(np.partition(times, place)[place])


MEASURES: dict[str, Measure] = {
    "saved": _Ratio(lambda o: o.baseline_keys - o.pressed_keys, lambda o: o.baseline_keys),
    "saved_with_words": _Ratio(
        lambda o: o.baseline_keys - o.pressed_keys + o.word_keys_saved, lambda o: o.baseline_keys
    ),
    "saved_of_characters": _Ratio(lambda o: o.characters - o.pressed_keys, lambda o: o.characters),
    "precision": _Ratio(lambda o: o.accepted, lambda o: o.shown),
    "word_right": _Ratio(lambda o: o.word_right, lambda o: o.shown),
    "line_right": _Ratio(lambda o: o.line_right, lambda o: o.shown),
    "shown_per_six_characters": _Ratio(lambda o: 6 * o.shown, lambda o: o.characters),
    "cold_ms_p50": _Quantile(lambda o: o.cold_ms, 0.5),
    "cold_ms_p95": _Quantile(lambda o: o.cold_ms, 0.95),
    "warm_ms_p50": _Quantile(lambda o: o.warm_ms, 0.5),
    "warm_ms_p95": _Quantile(lambda o: o.warm_ms, 0.95),
    "model_ms_p50": _Quantile(lambda o: o.model_ms, 0.5),
    "model_ms_p95": _Quantile(lambda o: o.model_ms, 0.95),
    "first_token_ms_p50": _Quantile(lambda o: o.first_token_ms, 0.5),
    "first_token_ms_p95": _Quantile(lambda o: o.first_token_ms, 0.95),
    "evaluated_tokens_per_key": _Ratio(lambda o: o.evaluated_tokens, lambda o: o.pressed_keys),
    "generated_tokens_per_key": _Ratio(lambda o: o.generated_tokens, lambda o: o.pressed_keys),
    "decoded_tokens_per_key": _Ratio(lambda o: o.decoded_tokens, lambda o: o.pressed_keys),
    "cpu_seconds_per_character": _Ratio(lambda o: o.cpu_seconds, lambda o: o.characters),
}
"""What is told of outcomes, by name; times are in milliseconds."""


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
    count = len(outcomes)
    draws = np.random.default_rng(seed).integers(count, size=(_RESAMPLES, count))
    return {
        "targets": count,
        "characters": sum(item.characters for item in outcomes),
        "keys": sum(item.pressed_keys for item in outcomes),
        "shown": sum(item.shown for item in outcomes),
        "accepted": sum(item.accepted for item in outcomes),
        **{name: _with_interval(measure, outcomes, draws) for name, measure in MEASURES.items()},
    }


def _with_interval(measure: Measure, outcomes: Sequence[Outcome], draws: NDArray[np.int64]) -> dict[str, float | None]:
    (value,) = measure.of(outcomes, np.arange(len(outcomes))[np.newaxis])
    values = measure.of(outcomes, draws)
    values = np.sort(values[~np.isnan(values)])
    low, high = (
        (values[int(0.025 * len(values))], values[int(0.975 * len(values))]) if len(values) else (np.nan, np.nan)
    )
    return {"value": _finite(value), "low": _finite(low), "high": _finite(high)}


def _finite(value: float) -> float | None:
    """Return None for a value that is unknown, or a time that never came: JSON knows neither."""
    return round(float(value), 4) if math.isfinite(value) else None
