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
    """What a file makes of an item: the mean log-probability a token of the true middle, and its own first line."""

    log_probability: float
    line: str


class Quality(msgspec.Struct, frozen=True):
    """A candidate against the original on the same items.

    `difference` is the mean over the items of candidate minus original, in nats a token of the true middle, and `low`
    and `high` are its 95 % confidence interval. The exact lines count greedy first lines that equal the true one.
    """

    items: int
    difference: float
    low: float
    high: float
    exact_lines: int
    original_exact_lines: int


class Candidate(msgspec.Struct, frozen=True):
    """A layout that was tried: what it does here, and why it was kept or not. `size` is in bytes."""

    layout: str
    size: int
    speed: Speed
    quality: Quality | None
    verdict: str


class Kept(msgspec.Struct, frozen=True):
    """The layout that runs instead of the original, with the size in bytes and the SHA-256 of its file."""

    layout: str
    size: int
    sha256: str


class Tuning(msgspec.Struct, frozen=True):
    """The result of a tuning: valid on this processor only; without `kept` the original file runs."""

    processor: str
    threads: int
    original: Speed
    candidates: tuple[Candidate, ...]
    kept: Kept | None
