"""Is a conversion as good as the original? A paired comparison on the same items."""

import math
from collections.abc import Sequence

from fimble_server.models.measurements import Answer, Quality

_NORMAL_975 = 1.96  # quantile of the normal distribution: a two-sided 95 % interval
_SIGNIFICANCE = 0.05


def compare(original: Sequence[Answer], conversion: Sequence[Answer]) -> Quality:
    """Compare answers to the same items, at least two.

    The difference in likelihood is a ratio, nats over tokens, with items as the sampling unit; its variance is the
    usual linearisation (Cochran, Sampling Techniques, 6.4), which counts long middles for more.
    """
    pairs = list(zip(original, conversion, strict=True))
    tokens = sum(answer.tokens for answer in original)
    gains = [(after.log_probability - before.log_probability, before.tokens) for before, after in pairs]
    difference = sum(nats for nats, _ in gains) / tokens
    squares = sum((nats - difference * length) ** 2 for nats, length in gains)
    half_width = _NORMAL_975 * math.sqrt(len(pairs) / (len(pairs) - 1) * squares) / tokens
    return Quality(
        items=len(pairs),
        tokens=tokens,
        difference=difference,
        low=difference - half_width,
        high=difference + half_width,
        original_exact=sum(answer.exact for answer in original),
        lost=sum(before.exact and not after.exact for before, after in pairs),
        gained=sum(after.exact and not before.exact for before, after in pairs),
    )


def loses_lines(quality: Quality) -> bool:
    """Tell whether more exact lines were lost than gained beyond chance: McNemar's exact test, one-sided, 5 %."""
    changed = quality.lost + quality.gained
    outcomes = sum(math.comb(changed, lost) for lost in range(quality.lost, changed + 1))
    return outcomes < _SIGNIFICANCE * (1 << changed)
