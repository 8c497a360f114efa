"""Outcomes of the same items compared pairwise: means, differences to no context, and their bootstrap intervals."""

import difflib
import random
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from completing import Item, Outcome
from fimble_indexer.words import identifiers

NOTHING = "none"
"""The comparison without any source."""
_RESAMPLES = 2000


def scores(outcome: Outcome) -> dict[str, float]:
    """Compare an answer with the line: exact, edit similarity (difflib's ratio), F1 of the identifiers."""
    answer, target = outcome.answer.strip(), outcome.item.target
    said, meant = set(identifiers(answer)), set(identifiers(target))
    common = len(said & meant)
    return {
        "exact": float(answer == target),
        "edit": difflib.SequenceMatcher(None, answer, target, autojunk=False).ratio(),
        "f1": 2 * common / (len(said) + len(meant)) if said or meant else 1.0,
    }


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean."""
    generator = random.Random(0)
    means = sorted(statistics.fmean(generator.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES)]


def table(outcomes: Iterable[Outcome], groups: Mapping[str, Iterable[Item]]) -> list[dict[str, Any]]:
    """Return a row for every comparison in every group of items."""
    by_item: dict[Item, dict[str, Outcome]] = {}
    for outcome in outcomes:
        by_item.setdefault(outcome.item, {})[outcome.comparison] = outcome
    rows = []
    for group, items in groups.items():
        pairs = [by_item[item] for item in items]
        names = dict.fromkeys(name for pair in pairs for name in pair)
        rows += [_row(group, name, [pair for pair in pairs if {name, NOTHING} <= pair.keys()]) for name in names]
    return rows


def _row(group: str, name: str, pairs: Sequence[Mapping[str, Outcome]]) -> dict[str, Any]:
    mine, base = [scores(pair[name]) for pair in pairs], [scores(pair[NOTHING]) for pair in pairs]
    row: dict[str, Any] = {"group": group, "sources": name, "n": len(pairs)}
    row["found"] = sum(pair[name].context_tokens > 0 for pair in pairs)
    for measure in ("exact", "edit", "f1"):
        differences = [100 * (a[measure] - b[measure]) for a, b in zip(mine, base, strict=True)]
        row[measure] = round(100 * statistics.fmean(score[measure] for score in mine), 1)
        row[f"{measure}_gain"] = round(statistics.fmean(differences), 1)
        row[f"{measure}_interval"] = [round(end, 1) for end in interval(differences)]
    row["tokens"] = round(statistics.fmean(pair[name].context_tokens for pair in pairs))
    return row


def markdown(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| line needs | sources | n | found | exact % | gain | edit % | gain | names F1 % | gain | tokens |"
    yield "|" + " --- |" * 11
    for row in rows:
        cells = [row[name] for name in ("group", "sources", "n", "found")]
        for measure in ("exact", "edit", "f1"):
            low, high = row[f"{measure}_interval"]
            cells += [row[measure], f"{row[f'{measure}_gain']:+} [{low:+}, {high:+}]"]
        yield "| " + " | ".join(map(str, [*cells, row["tokens"]])) + " |"
