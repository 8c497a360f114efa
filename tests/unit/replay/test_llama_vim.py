"""The peer's client against a server that answers as llama-server does."""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any

import httpx
import pytest

from replaying.keyboard import Keyboard
from replaying.llama_vim import LlamaVim, context_at
from replaying.repetition import without_repetition
from replaying.ring import Ring
from replaying.screen import Screen
from replaying.user import Buffer, Pace, type_target

STILL = Pace(None, 0)


class Server:
    """A small llama-server: keeps the requests, and answers what a function says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.running = self.most_running = 0
        self.answer: Callable[[dict[str, Any]], str] = lambda request: ""
        self.release = threading.Event()
        self.release.set()
        self.broken = False
        self.delay = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({"status": "ok"})

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(request)
                outer.running += 1
                outer.most_running = max(outer.most_running, outer.running)
                outer.release.wait(10)
                sleep(outer.delay)
                outer.running -= 1
                content = outer.answer(request)
                self._reply({"content": content, "timings/prompt_n": 7, "timings/predicted_n": 3, "tokens_cached": 5})

            def _reply(self, data: dict[str, Any]) -> None:
                body = json.dumps(data).encode()
                self.send_response(500 if outer.broken else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def completions(self) -> list[dict[str, Any]]:
        return [request for request in self.requests if request["n_predict"]]


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.release.set()
    running.http.shutdown()
    running.http.server_close()
    thread.join()


def buffer(text: str, cursor: int) -> Buffer:
    return Buffer("a.py", "python", text, cursor)


async def test_sends_what_the_plugin_sends(server: Server) -> None:
    lines = [f"line {number}" for number in range(1000)]
    text = "\n".join(lines)
    cursor = text.index("line 500") + len("line")
    peer = await LlamaVim.connect(server.url, 1)
    await peer.arrive(buffer(text[:cursor] + text[cursor + 4 :], cursor), Screen())
    await peer.settle()
    (request,) = server.completions
    assert request["input_prefix"] == "\n".join(lines[244:500]) + "\n"
    assert request["prompt"] == "line"
    assert request["input_suffix"] == "\n" + "\n".join(lines[501:565]) + "\n"
    assert (request["n_predict"], request["t_max_prompt_ms"], request["t_max_predict_ms"]) == (128, 500, 250)
    assert (request["top_k"], request["top_p"], request["samplers"]) == (40, 0.9, ["top_k", "top_p", "infill"])
    assert request["cache_prompt"]
    assert peer.requests[0].cold
    assert (peer.requests[0].evaluated_tokens, peer.requests[0].generated_tokens) == (7, 3)
    await peer.leave()
    await peer.arrive(buffer("other = 1\n", 5), Screen())
    await peer.settle()
    warm, last = server.requests[-2:]
    assert warm["n_predict"] == 0
    assert last["input_extra"], "chunks of the file before"
    assert {chunk["filename"] for chunk in last["input_extra"]} == {"a.py"}
    assert all(chunk["text"].count("\n") <= 33 for chunk in last["input_extra"])
    await peer.close()


async def test_one_request_at_a_time_and_none_is_cancelled(server: Server) -> None:
    peer = await LlamaVim.connect(server.url, 1)
    place, screen = buffer("x = \n", 4), Screen()
    server.release.clear()
    await peer.arrive(place, screen)
    for character in "abc":
        place.edit(place.cursor, place.cursor, character)
        peer.edited(place.cursor - 1, place.cursor - 1, character)
    server.release.set()
    await peer.settle()
    assert server.most_running == 1
    assert [request["prompt"] for request in server.completions] == ["x = ", "x = abc"]
    assert len(peer.requests) == 2
    await peer.close()


async def test_an_answer_is_kept_for_what_is_typed_since(server: Server) -> None:
    server.answer = lambda request: "value + 1" if request["prompt"] == "x = " else ""
    peer = await LlamaVim.connect(server.url, 1)
    place, screen = buffer("x = \n", 4), Screen()
    await peer.arrive(place, screen)
    await peer.settle()
    assert screen.current
    assert screen.current.text == "value + 1"
    place.edit(4, 4, "val")
    peer.edited(4, 4, "val")
    assert screen.current.text == "ue + 1"
    await peer.settle()
    assert [request["prompt"] for request in server.completions][:2] == ["x = ", "x = value + 1"], "asks ahead"
    assert [request["t_max_predict_ms"] for request in server.completions][:2] == [250, 1000]
    await peer.close()


async def test_a_target_is_typed_with_the_peer(server: Server) -> None:
    server.answer = lambda request: "b, c" if request["prompt"].endswith("(a, ") else ""
    peer = await LlamaVim.connect(server.url, 1)
    place = buffer("call()\n", 5)
    typed = await type_target(peer, place, "a, b, c", Keyboard("call(", "    ", (":",)), STILL)
    assert place.text == "call(a, b, c)\n"
    assert [key.kind for key in typed.keys] == ["type", "type", "type", "whole"]
    await peer.close()


async def test_answers_that_come_too_late_save_nothing_and_hold_nothing_up(server: Server) -> None:
    server.answer = lambda request: "never seen"
    server.delay = 0.3
    peer = await LlamaVim.connect(server.url, 1)
    place = buffer("call()\n", 5)
    async with asyncio.timeout(10):
        typed = await type_target(peer, place, "a, b, c", Keyboard("call(", "    ", (":",)), Pace(50, 0))
    assert len(typed.keys) == typed.baseline == 7
    assert typed.shown == []
    assert [request["prompt"] for request in server.completions] == ["call("]
    await peer.close()


async def test_long_text_behind_the_cursor_asks_for_nothing(server: Server) -> None:
    peer = await LlamaVim.connect(server.url, 1)
    await peer.arrive(buffer("call() + something\n", 5), Screen())
    await peer.settle()
    assert server.completions == []
    await peer.close()


async def test_a_server_that_fails_ends_the_replay(server: Server) -> None:
    peer = await LlamaVim.connect(server.url, 1)
    server.broken = True
    await peer.arrive(buffer("x\n", 1), Screen())
    with pytest.raises(httpx.HTTPStatusError):
        await peer.settle()
    await peer.close()


def test_on_a_blank_line_nothing_counts_as_typed() -> None:
    context = context_at("def f():\n    \n    return 1", 13)
    assert (context.prefix, context.middle, context.suffix) == ("def f():\n", "", "\n    return 1\n")


@pytest.mark.parametrize(
    ("content", "text", "cursor", "shown"),
    [
        ("    value", "def f():\n    ", 13, "value"),
        ("value\n\n", "x = ", 4, "value"),
        (")", "call()", 5, ""),
        ("b = 1", "a\n\nb = 1\n", 2, ""),
        ("\nb\nc", "a\nb\nc\n", 1, ""),
        ("a\nb", "x = \nx = a\nb\n", 4, ""),
        ("a\nb\nc", "x = \nx = a\nb\nd\n", 4, "a\nb\nc"),
    ],
)
def test_what_stands_there_already_is_not_shown(content: str, text: str, cursor: int, shown: str) -> None:
    assert without_repetition(content, text, cursor) == shown


def test_the_ring_drops_what_is_like_newer_chunks() -> None:
    ring = Ring(random.Random(1))
    ring.pick(["a", "b"], "small.py", evict=True)
    assert not ring.queued
    lines = [f"line {number}" for number in range(40)]
    ring.pick(lines, "a.py", evict=True)
    ring.pick(lines, "a.py", evict=True)
    assert len(ring.queued) == 1
    ring.pick([*lines, "more"], "a.py", evict=False)
    assert len(ring.queued) == 1, "similar to what is there"
    ring.pick([*lines, "more"], "a.py", evict=True)
    assert [chunk.lines[-1] for chunk in ring.queued] == ["more"]
    assert ring.take_queued()
    ring.drop_similar([*lines, "more"])
    assert len(ring.chunks) == 0
