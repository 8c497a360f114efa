"""How fast this machine evaluates and generates, measured while it works."""

_SHORTEST_MEASURED = 16
"""Tokens; smaller batches are dominated by the weights' way through memory."""
_WEIGHT = 0.2
"""Of the newest measurement in the moving average."""


class Speed:
    """Moving averages of prefill (tokens a second) and of single-token steps (milliseconds)."""

    def __init__(self) -> None:
        """Start without a measurement; the warm-up makes the first."""
        self.prefill_tokens_per_second = 0.0
        self.token_ms = 0.0

    def tokens_within(self, milliseconds: float) -> int:
        """Return how many prompt tokens can be evaluated in the time."""
        return int(self.prefill_tokens_per_second * milliseconds / 1000)

    def evaluated(self, tokens: int, seconds: float) -> None:
        """Take note of one decode."""
        if tokens == 1:
            self.token_ms = _mix(self.token_ms, 1000 * seconds)
        elif tokens >= _SHORTEST_MEASURED:
            self.prefill_tokens_per_second = _mix(self.prefill_tokens_per_second, tokens / seconds)


def _mix(average: float, value: float) -> float:
    return value if average == 0 else (1 - _WEIGHT) * average + _WEIGHT * value
