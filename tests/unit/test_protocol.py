import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_server.engine.protocol import (
    Cancel,
    Cancelled,
    Candidate,
    ChatMessage,
    Complete,
    Completion,
    Done,
    Failure,
    Generate,
    Generated,
    Hello,
    Message,
    Prompt,
    Reply,
    Request,
    Segment,
    Shutdown,
    Status,
    StatusRequest,
    Stop,
    Text,
    Welcome,
    decode_reply,
    decode_request,
    encode,
)

REQUESTS: list[Request] = [
    Hello(1, 1, "model", "options", "secret"),
    Complete(
        2,
        "file:///a.py",
        (Prompt("rich", (Segment("<|fim_prefix|>", control=True), Segment("é😀\r\n")), "typed"), Prompt("short", ())),
        Stop("block", 4, 12),
        ("<|endoftext|>",),
        64,
        100.5,
        200,
        3,
        minimum_line=-0.5,
    ),
    Generate(
        3,
        (ChatMessage("system", "Be brief."), ChatMessage("user", "Why?")),
        "chat",
        10,
        0.5,
        0.9,
        7,
        ("\n",),
        "g",
        "Because",
    ),
    Cancel(4),
    StatusRequest(5),
    Shutdown(6),
]
REPLIES: list[Reply] = [
    Welcome(1, same_model=True, same_options=False, others=1),
    Text(2, "é😀\n"),
    Completion(3, (Candidate("x", ((1, -0.25),), finished=True),), "rich", 1, 2, 3, {"decode": 4.5}, 200.0),
    Generated(4, "length", 1, 2, 3, {"decode": 4.5}),
    Cancelled(5),
    Status(6, "failed", "model.gguf", 1, 2, 3, 4, 5.0, 6.0, 7, 8, "no memory"),
    Done(7),
    Failure(8, "the text does not fit"),
]


def body(frame: bytes) -> bytes:
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    return frame[4:]


def test_every_message_is_in_one_of_the_lists() -> None:
    assert set(Message.__subclasses__()) == {type(message) for message in [*REQUESTS, *REPLIES]}


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: type(message).__name__)
def test_a_request_arrives_as_it_was_sent(request_: Request) -> None:
    assert decode_request(body(encode(request_))) == request_


@pytest.mark.parametrize("reply", REPLIES, ids=lambda message: type(message).__name__)
def test_a_reply_arrives_as_it_was_sent(reply: Reply) -> None:
    assert decode_reply(body(encode(reply))) == reply


@given(st.binary(max_size=50))
def test_bytes_that_are_no_message_are_an_error_of_one_kind(data: bytes) -> None:
    for decode in (decode_request, decode_reply):
        with pytest.raises(msgspec.MsgspecError):
            decode(data)


@pytest.mark.parametrize(
    "message", [{}, {"type": "unheard-of", "id": 1}, {"type": "cancel"}, {"type": "cancel", "id": "1"}, {"id": 1}, [1]]
)
def test_a_message_of_another_shape_is_an_error(message: object) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_request(msgspec.msgpack.encode(message))


def test_a_reply_is_no_request() -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_request(body(encode(Done(1))))


CANDIDATE = Candidate("total(cart)", ((5, -0.1), (6, -0.2), (11, -0.6)), finished=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("total(cart)", -0.9, id="one line"),
        pytest.param("tota\n)bill)", -0.1, id="the token after the line begins where it ends"),
        pytest.param("total\n)bill", -0.1, id="the line ends with its token"),
        pytest.param("total(\nbill", -0.3, id="two tokens"),
        pytest.param("\n    total)", -0.9, id="the first line says nothing"),
        pytest.param("   \n total\nx", -0.9, id="nor does this one"),
    ],
)
def test_a_line_is_as_likely_as_its_tokens_together(text: str, expected: float) -> None:
    assert Candidate(text, CANDIDATE.scores, finished=True).line_log_probability == pytest.approx(expected)


def test_a_candidate_without_tokens_is_certain() -> None:
    assert Candidate("", (), finished=True).line_log_probability == 0


@pytest.mark.parametrize(
    ("length", "text", "scores"),
    [
        (0, "total(cart)", ((5, -0.1), (6, -0.2), (11, -0.6))),
        (4, "l(cart)", ((1, -0.1), (2, -0.2), (7, -0.6))),
        (5, "(cart)", ((1, -0.2), (6, -0.6))),
        (11, "", ()),
    ],
)
def test_what_is_left_of_a_candidate_has_the_scores_of_what_is_left(
    length: int, text: str, scores: tuple[tuple[int, float], ...]
) -> None:
    assert CANDIDATE.without(length) == Candidate(text, scores, finished=False)
