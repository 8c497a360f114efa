"""What the engine process and its clients say to each other.

A message is a msgpack map with a `type`, behind its length as four bytes, big-endian. Every request has an `id`
of the client's choosing; every reply carries it back. Lengths are in tokens, times in milliseconds, probabilities
as natural logarithms.
"""

from typing import Literal, TypeAlias

import msgspec

VERSION = 2
LONGEST_MESSAGE = 64 * 1024 * 1024
"""Bytes; a longer frame ends the connection."""


class Message(msgspec.Struct, frozen=True, tag_field="type"):
    """The base of all messages."""


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """A piece of a prompt: text of a user's file, or, if `control`, markers that the model's format defines."""

    text: str
    control: bool = False


class Prompt(msgspec.Struct, frozen=True):
    """A prompt that ends in what the user typed since the anchor; `typed` is subject to token healing."""

    name: str
    segments: tuple[Segment, ...]
    typed: str = ""


class Stop(msgspec.Struct, frozen=True):
    """Where a completion ends: with its line, or with its block.

    A block ends before a line indented by fewer than `indent` characters, and after `lines` lines.
    """

    until: Literal["line", "block"] = "line"
    indent: int = 0
    lines: int = 1


class Hello(Message, frozen=True, tag="hello"):
    """The first message of a connection: what the client expects of the engine."""

    id: int
    version: int
    model: str
    """The fingerprint of the model file; empty from a client that has no wish."""
    options: str
    token: str = ""
    """The secret of the loopback transport; empty on a Unix socket."""


class Complete(Message, frozen=True, tag="complete"):
    """A completion wanted at a cursor. A newer one supersedes it, and goes on with its text if that is being typed."""

    id: int
    document: str
    prompts: tuple[Prompt, ...]
    """The best first; the engine takes the first whose new tokens it can evaluate within `prefill_ms`, else the
    last, and prepares those before it behind the answer, the next better one first. While one of them is evaluated,
    the best of those answers."""
    stop: Stop
    stop_tokens: tuple[str, ...] = ()
    maximum_tokens: int = 48
    prefill_ms: float = 500
    decode_ms: float = 1000
    """After this long the text so far is the answer, and no further candidate is begun. A text that is continued
    counts from its own beginning."""
    candidates: int = 1
    stream: bool = False
    """Send the text as it comes. Nobody else should be woken at every token: the cores are needed."""
    prepare: bool = True
    """Evaluate the better prompts behind the answer."""
    minimum_line: float | None = None
    """Give up as soon as the log-probability of the first line is lower; with every token it only falls."""


class ChatMessage(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Generate(Message, frozen=True, tag="generate"):
    """An answer to a conversation, streamed; it yields to completions between tokens."""

    id: int
    messages: tuple[ChatMessage, ...]
    conversation: str = ""
    """Names the sequence that the conversation's tokens are kept in."""
    maximum_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 0.95
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str = ""
    """GBNF whose root rule the answer follows; empty for none."""
    opening: str = ""
    """What the answer begins with: the model goes on from there. It is not sent back, and no grammar speaks of it."""


class Cancel(Message, frozen=True, tag="cancel"):
    """The answer to request `id` is no longer wanted; that request is answered with `Cancelled`."""

    id: int


class StatusRequest(Message, frozen=True, tag="status?"):
    """Ask for the engine's state."""

    id: int


class Shutdown(Message, frozen=True, tag="shutdown"):
    """End the engine process once this is acknowledged."""

    id: int


class Welcome(Message, frozen=True, tag="welcome"):
    """The answer to `Hello`: whether the engine is what the client expects, or has to be replaced."""

    id: int
    same_model: bool
    """The same file, and the same version of this protocol."""
    same_options: bool
    others: int
    """Clients that are connected besides this one: the engine is not to be taken from them."""


class Text(Message, frozen=True, tag="text"):
    """The next piece of a running answer."""

    id: int
    text: str


class Candidate(msgspec.Struct, frozen=True):
    """One suggestion: its text and how sure the model is of it."""

    text: str
    scores: tuple[tuple[int, float], ...]
    """For each token, the length of the text up to its end, and its log-probability."""
    finished: bool
    """False when the tokens or the time ran out before the stop was reached."""

    @property
    def line_log_probability(self) -> float:
        """That of all tokens of the first line that says something together; 0 without any."""
        end = self.text.find("\n", len(self.text) - len(self.text.lstrip()))
        starts = (0, *(end for end, _ in self.scores))
        return sum(
            (score for start, (_, score) in zip(starts, self.scores, strict=False) if end < 0 or start < end), 0.0
        )

    def without(self, length: int) -> "Candidate":
        """Return what is left when the first `length` characters are typed, with the scores of that."""
        left = tuple((end - length, score) for end, score in self.scores if end > length)
        return Candidate(self.text[length:], left, self.finished)


class Completion(Message, frozen=True, tag="completion"):
    """The answer to `Complete`, with the facts that explain it."""

    id: int
    candidates: tuple[Candidate, ...]
    prompt: str
    """The name of the prompt that was used."""
    evaluated_tokens: int
    cached_tokens: int
    generated_tokens: int
    timings_ms: dict[str, float]
    prefill_tokens_per_second: float
    """How fast this machine reads, measured so far."""
    continued_tokens: int = 0
    """Generated for an earlier request, of which this one is the continuation."""


class Generated(Message, frozen=True, tag="generated"):
    """The end of a `Generate`; the text went ahead in `Text` messages."""

    id: int
    reason: Literal["stop", "length"]
    evaluated_tokens: int
    cached_tokens: int
    generated_tokens: int
    timings_ms: dict[str, float]


class Cancelled(Message, frozen=True, tag="cancelled"):
    """The request was cancelled or superseded."""

    id: int


class Status(Message, frozen=True, tag="status"):
    """The answer to `StatusRequest`."""

    id: int
    state: Literal["loading", "ready", "failed"]
    model: str
    process: int
    context_tokens: int
    used_tokens: int
    sequences: int
    prefill_tokens_per_second: float
    """Measured on this machine; 0 while the model is loading."""
    token_ms: float
    resident_bytes: int
    served: int
    error: str = ""
    decoded_tokens: int = 0
    """Tokens that went through the model since it was loaded, for whatever: answers given up, work ahead."""


class Done(Message, frozen=True, tag="done"):
    """The acknowledgement of `Shutdown`."""

    id: int


class Failure(Message, frozen=True, tag="failure"):
    """The request could not be served; the message is one sentence for the user."""

    id: int
    message: str


Request: TypeAlias = Hello | Complete | Generate | Cancel | StatusRequest | Shutdown
Reply: TypeAlias = Welcome | Text | Completion | Generated | Cancelled | Status | Done | Failure

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_reply_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def encode(message: Request | Reply) -> bytes:
    """Return the frame of a message."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


def decode_request(body: bytes) -> Request:
    """Read a request; raises `msgspec.MsgspecError` on anything else."""
    return _request_decoder.decode(body)


def decode_reply(body: bytes) -> Reply:
    """Read a reply; raises `msgspec.MsgspecError` on anything else."""
    return _reply_decoder.decode(body)
