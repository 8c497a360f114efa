"""The worker's order of serving, with a model and a context that take no time; what happens meanwhile is scripted."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from queue import Queue
from time import monotonic, sleep

import pytest

from fakes import FakeContext, FakeModel
from fimble_server.engine import worker as worker_module
from fimble_server.engine.options import EngineOptions
from fimble_server.engine.protocol import Cancelled, Complete, Completion, Failure, Prompt, Reply, Segment, Stop
from fimble_server.engine.worker import Worker

BEFORE = "\nx = "
TEXTS = (BEFORE + "total + 1 + 2 + 3 + 4\n", BEFORE + "other\n")
STAGES = {"rich": "r" * 300, "middle": "m" * 100, "short": "s" * 30}


class Client:
    """Sends requests and keeps the replies; `during` says what happens before the context's next decodes."""

    def __init__(self, worker: Worker, context: FakeContext) -> None:
        self.worker = worker
        self.replies: Queue[Reply] = Queue()
        self.context = context
        self._send = self.replies.put

    def ask(self, identifier: int, typed: str, document: str = "a", *, prepare: bool = True) -> None:
        prompt = Prompt("short", (Segment(BEFORE),), typed)
        self.worker.submit(
            Complete(identifier, document, (prompt,), Stop(), prefill_ms=60_000, decode_ms=60_000, prepare=prepare),
            self._send,
        )

    def ask_staged(self, identifier: int, typed: str = "t", *, prepare: bool = True) -> None:
        """Ask with three prompts, of which the last alone can be evaluated in time."""
        prompts = tuple(Prompt(name, (Segment(text + BEFORE),), typed) for name, text in STAGES.items())
        self.worker.submit(
            Complete(identifier, "a", prompts, Stop(), prefill_ms=0, decode_ms=60_000, prepare=prepare), self._send
        )

    def until_idle(self) -> None:
        deadline = monotonic() + 10
        while self.worker.busy or self.worker._ahead is not None:
            assert monotonic() < deadline
            sleep(0.001)

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
    client.ask(2, "ot", prepare=False)
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


def test_better_prompts_are_prepared_behind_the_answer_the_next_one_first(client: Client) -> None:
    client.ask_staged(1)
    assert completion_of(client.reply()).prompt == "short"
    client.until_idle()
    decoded = client.context.decoded[-27:]
    assert sum(decoded) == 300 + 100 + 2 * len(BEFORE), "each of them once"
    assert all(length <= 16 for length in decoded), "in chunks that a key does not wait for"
    client.ask_staged(2)
    completion = completion_of(client.reply())
    assert (completion.prompt, completion.evaluated_tokens) == ("rich", 1)


def test_the_middle_prompt_answers_while_the_best_is_prepared(client: Client) -> None:
    client.ask_staged(1)
    client.at_decode(1, lambda: client.at_decode(9, lambda: client.ask_staged(2, "o")))
    client.reply()
    assert completion_of(client.reply()).prompt == "middle"
    client.until_idle()
    client.ask_staged(3, "ot")
    assert completion_of(client.reply()).prompt == "rich"


def test_better_prompts_are_prepared_behind_a_request_that_was_given_up(client: Client) -> None:
    client.at_decode(1, lambda: client.cancel(1))
    client.ask_staged(1, "o")
    assert client.reply() == Cancelled(1)
    client.until_idle()
    client.ask_staged(2, "ot")
    assert completion_of(client.reply()).prompt == "rich"


def test_nothing_is_prepared_for_who_saves_power(client: Client) -> None:
    for identifier in (1, 2):
        client.ask_staged(identifier, prepare=False)
        assert completion_of(client.reply()).prompt == "short"
        client.until_idle()


def test_preparing_goes_on_where_a_request_interrupted_it(client: Client) -> None:
    def interrupt(identifier: int) -> None:
        client.ask_staged(identifier, "other"[:identifier])
        if identifier < 5:
            client.at_decode(6, lambda: interrupt(identifier + 1))

    before = client.context.decoded_tokens
    client.at_decode(6, lambda: interrupt(2))
    client.ask_staged(1, "o")
    replies = [completion_of(client.reply()) for _ in range(5)]
    client.until_idle()
    assert [reply.prompt for reply in replies] == ["short", "short", "middle", "middle", "middle"]
    client.ask_staged(6, "other")
    assert completion_of(client.reply()).prompt == "rich"
    once = sum(len(text) for text in STAGES.values()) + 3 * len(BEFORE + "other")
    assert client.context.decoded_tokens - before < once + 6 * 4


def test_other_documents_do_not_undo_what_is_prepared(client: Client) -> None:
    def ask_elsewhere() -> None:
        for number in range(2, 5):
            client.ask(number, "o", f"other {number}")

    client.ask_staged(1)
    client.at_decode(6, ask_elsewhere)
    assert completion_of(client.reply()).prompt == "short"
    assert [client.reply(), client.reply()] == [Cancelled(2), Cancelled(3)]
    assert text_of(client.reply()) == "ther"
    client.ask_staged(5)
    completion = completion_of(client.reply())
    assert (completion.prompt, completion.evaluated_tokens) == ("short", 1)
    evaluated = client.context.decoded_tokens
    client.until_idle()
    left = 100 + 300 + 2 * len(BEFORE) - (client.context.decoded_tokens - evaluated)
    assert left >= 16 * 4, "of the middle one, what was done before"


def test_who_has_not_asked_for_a_while_is_expected_to_wait_longer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_TYPING_SECONDS", 0.0)
    client.ask_staged(1)
    assert completion_of(client.reply()).prompt == "short"
    client.until_idle()
    assert client.context.decoded[-10:] == [32] * 9 + [300 + len(BEFORE) - 32 * 9]
