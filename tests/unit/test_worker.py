"""The worker's order of serving, with a model and a context that take no time; what happens meanwhile is scripted."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from queue import Queue

import pytest

from fakes import FakeContext, FakeModel
from fimble_server.engine import worker as worker_module
from fimble_server.engine.options import EngineOptions
from fimble_server.engine.protocol import Cancelled, Complete, Completion, Failure, Prompt, Reply, Segment, Stop
from fimble_server.engine.worker import Worker

BEFORE = "\nx = "
TEXTS = (BEFORE + "total + 1 + 2 + 3 + 4\n", BEFORE + "other\n")


class Client:
    """Sends requests and keeps the replies; `during` says what happens before the context's next decodes."""

    def __init__(self, worker: Worker, context: FakeContext) -> None:
        self.worker = worker
        self.replies: Queue[Reply] = Queue()
        self.context = context
        self._send = self.replies.put

    def ask(self, identifier: int, typed: str, document: str = "a") -> None:
        prompt = Prompt("short", (Segment(BEFORE),), typed)
        self.worker.submit(
            Complete(identifier, document, (prompt,), Stop(), prefill_ms=60_000, decode_ms=60_000), self._send
        )

    def cancel(self, identifier: int) -> None:
        self.worker.cancel(identifier, self._send)

    def leave(self) -> None:
        self.worker.forget(self._send)

    def at_decode(self, number: int, action: Callable[[], None]) -> None:
        """Do something while the context decodes for the `number`th time from now; on the worker's thread."""
        left = number

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                action()

        self.context.on_decode = count

    def reply(self) -> Reply:
        return self.replies.get(timeout=10)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    model = FakeModel(TEXTS)
    context = FakeContext(1000, model=model)
    monkeypatch.setattr(worker_module, "initialise", lambda: None)
    monkeypatch.setattr(worker_module, "Model", lambda _path: nullcontext(model))
    monkeypatch.setattr(worker_module, "Context", lambda _model, **_options: nullcontext(context))
    worker = Worker(Path("model.gguf"), EngineOptions())
    worker.start()
    client = Client(worker, context)
    client.ask(0, "o")
    assert isinstance(client.reply(), Completion)
    yield client
    worker.stop()
    assert not worker.is_alive()


def completion_of(reply: Reply) -> Completion:
    assert isinstance(reply, Completion), reply
    return reply


def text_of(reply: Reply) -> str:
    return completion_of(reply).candidates[0].text


def test_a_newer_request_goes_on_with_what_is_being_written(client: Client) -> None:
    client.at_decode(6, lambda: client.ask(2, "to"))
    client.ask(1, "t")
    assert client.reply() == Cancelled(1)
    reply = completion_of(client.reply())
    assert (reply.id, text_of(reply)) == (2, "tal + 1 + 2 + 3 + 4")
    assert reply.continued_tokens == 6


def test_an_editor_that_cancels_before_it_asks_anew_loses_nothing(client: Client) -> None:
    client.at_decode(6, lambda: client.cancel(1))
    client.ask(1, "t")
    assert client.reply() == Cancelled(1)
    client.ask(2, "to")
    reply = completion_of(client.reply())
    assert text_of(reply) == "tal + 1 + 2 + 3 + 4"
    assert reply.continued_tokens == 6


def test_request_after_request_is_continued(client: Client) -> None:
    def typed_on(identifier: int, typed: str) -> None:
        client.ask(identifier, typed)
        if len(typed) < 5:
            client.at_decode(3, lambda: typed_on(identifier + 1, "total"[: len(typed) + 1]))

    client.at_decode(3, lambda: typed_on(2, "to"))
    client.ask(1, "t")
    assert [client.reply() for _ in range(4)] == [Cancelled(number) for number in range(1, 5)]
    reply = completion_of(client.reply())
    assert text_of(reply) == " + 1 + 2 + 3 + 4"
    assert reply.continued_tokens == 15 - 3


def test_typing_something_else_ends_what_is_being_written(client: Client) -> None:
    client.at_decode(6, lambda: client.ask(2, "ot"))
    client.ask(1, "")
    assert client.reply() == Cancelled(1)
    reply = completion_of(client.reply())
    assert text_of(reply) == "her"
    assert reply.continued_tokens == 0


def test_a_cancelled_continuation_stops_at_once(client: Client) -> None:
    def ask_and_cancel() -> None:
        client.ask(2, "to")
        client.at_decode(2, lambda: client.cancel(2))

    client.at_decode(4, ask_and_cancel)
    client.ask(1, "t")
    assert [client.reply(), client.reply()] == [Cancelled(1), Cancelled(2)]
    client.ask(3, "tot")
    assert completion_of(client.reply()).continued_tokens == 6


def test_nobody_decodes_for_a_client_that_is_gone(client: Client) -> None:
    client.at_decode(4, client.leave)
    client.ask(1, "t")
    assert client.reply() == Cancelled(1)
    decodes = len(client.context.decoded)
    client.ask(2, "ot")
    assert text_of(client.reply()) == "her"
    assert len(client.context.decoded) - decodes < len("her\n") + 3


def test_two_documents_may_alternate(client: Client) -> None:
    client.at_decode(6, lambda: client.ask(2, "o", "b"))
    client.ask(1, "t")
    assert client.reply() == Cancelled(1)
    assert text_of(client.reply()) == "ther"
    client.ask(3, "to")
    assert text_of(client.reply()) == "tal + 1 + 2 + 3 + 4"


def test_a_failed_decode_fails_one_request(client: Client) -> None:
    def fail() -> None:
        raise MemoryError

    client.at_decode(3, fail)
    client.ask(1, "t")
    reply = client.reply()
    assert isinstance(reply, Failure)
    assert reply.id == 1
    client.ask(2, "to")
    assert text_of(client.reply()) == "tal + 1 + 2 + 3 + 4"
