"""The numbers that a tuning measures and keeps, as plain data; the engine's child processes report in them."""

import msgspec


class Speed(msgspec.Struct, frozen=True):
    """How fast a file runs: prefill in tokens per second for prompts of 64 and 256 tokens, decodes in milliseconds."""

    prefill_64: float
    prefill_256: float
    token_ms: float
    batch_of_4_ms: float


class Item(msgspec.Struct, frozen=True):
    """One fill-in-the-middle question: the text before, the text after, and what stood between."""

    prefix: str
    suffix: str
    middle: str


class Answer(msgspec.Struct, frozen=True):
    """What a file makes of an item.

    The log-probability is that of the true middle as a whole, in nats, over `tokens` tokens; `exact` tells whether the
    greedy first line is the true one.
    """

    log_probability: float
    tokens: int
    exact: bool


class Quality(msgspec.Struct, frozen=True):
    """A conversion against the original on the same items.

    `difference` is conversion minus original in nats a token of the true middles, `low` and `high` the bounds of its
    95 % confidence interval. Of the greedy first lines, `lost` were exact with the original only and `gained` with the
    conversion only; `original_exact` is the original's total.
    """

    items: int
    tokens: int
    difference: float
    low: float
    high: float
    original_exact: int
    lost: int
    gained: int


class Candidate(msgspec.Struct, frozen=True):
    """A layout that was tried: the size of its file in bytes, what it does here, and why it runs or does not.

    `speedup` is the original's time for a typical answer over this layout's, the two measured in turn.
    """

    layout: str
    verdict: str
    size: int | None = None
    speed: Speed | None = None
    speedup: float | None = None
    quality: Quality | None = None


class Kept(msgspec.Struct, frozen=True):
    """The layout that runs instead of the original, with the size in bytes and the SHA-256 of its file."""

    layout: str
    size: int
    sha256: str


class Tuning(msgspec.Struct, frozen=True):
    """The result of a tuning; it holds for this processor only. Without `kept` the original file runs."""

    processor: str
    threads: int
    original: Speed
    candidates: tuple[Candidate, ...]
    kept: Kept | None
