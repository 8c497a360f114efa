"""llama.vim in the replay: what that plugin asks of llama-server while somebody types, and what it shows.

After the behaviour of ggml-org/llama.vim with its default settings: the context around the cursor, the ring of chunks,
one request at a time that is never cancelled, a short answer first and a longer one ahead of its acceptance, answers
kept and looked up for up to 128 characters typed since. Where its own delays come from how an editor starts a process,
the replay leaves them out, in its favour.
"""

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from replaying.processes import listening_process
from replaying.repetition import without_repetition
from replaying.ring import CHUNK_LINES, SCOPE_LINES, Ring
from replaying.screen import Screen, Suggestion
from replaying.user import Buffer, Request

PREFIX_LINES = 256
SUFFIX_LINES = 64
PREDICTED_TOKENS = 128
PROMPT_MS = 500
PREDICT_FIRST_MS = 250
PREDICT_MS = 1000
LONGEST_LINE_SUFFIX = 8
CACHED_ANSWERS = 250
LOOK_BACK = 128
RETRY_SECONDS = 0.1
PICK_DISTANCE = 32
_SAMPLING = {"top_k": 40, "top_p": 0.90, "samplers": ["top_k", "top_p", "infill"]}
_FIELDS = ["content", "timings/prompt_n", "timings/prompt_ms", "timings/predicted_n", "timings/predicted_ms"]
_FIELDS += ["truncated", "tokens_cached"]
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Context:
    """The text around a cursor, as it is sent; `indent` is the indentation of the line in characters."""

    prefix: str
    middle: str
    suffix: str
    indent: int
    line_suffix: str

    @property
    def key(self) -> str:
        """What an answer is kept by."""
        return _key(self.prefix + self.middle, self.suffix)

    @property
    def keys(self) -> list[str]:
        """Keys that find the answer again when up to three lines have left the window at its top."""
        keys, prefix = [self.key], self.prefix
        for _ in range(3):
            prefix = prefix.partition("\n")[2]
            if not prefix:
                break
            keys.append(_key(prefix + self.middle, self.suffix))
        return keys


def context_at(text: str, cursor: int) -> Context:
    """Cut the context of a cursor: 256 lines before its line, 64 after. On a blank line nothing counts as typed."""
    before, after = text[:cursor].split("\n"), text[cursor:].split("\n")
    typed, line_suffix = before.pop(), after.pop(0)
    if not (typed + line_suffix).strip():
        typed = line_suffix = ""
    return Context(
        prefix="\n".join(before[-PREFIX_LINES:]) + "\n",
        middle=typed,
        suffix=line_suffix + "\n" + "\n".join(after[:SUFFIX_LINES]) + "\n",
        indent=len(typed) - len(typed.lstrip()),
        line_suffix=line_suffix,
    )


class LlamaVim:
    """An editor with the plugin, connected to a server that runs already."""

    name = "llama-server"

    def __init__(self, url: str, client: httpx.AsyncClient, randomness: random.Random) -> None:
        """Use a client; use `LlamaVim.connect`."""
        self.requests: list[Request] = []
        self._url = url.rstrip("/")
        self._client = client
        self._random = randomness
        self._ring = Ring(randomness)
        self._answers: dict[str, str] = {}
        self._buffer = Buffer("", "", "", 0)
        self._screen = Screen()
        self._job: asyncio.Task[None] | None = None
        self._retry: asyncio.Task[None] | None = None
        self._picked_at: int | None = None
        self._cold = True
        self._decoded_tokens = 0
        self._error: httpx.HTTPError | None = None

    @classmethod
    async def connect(cls, url: str, seed: int) -> Self:
        """Connect to a server; raises `httpx.HTTPError` if there is none, or it has no model yet."""
        client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        (await client.get(f"{url.rstrip('/')}/health")).raise_for_status()
        return cls(url, client, random.Random(seed))

    async def close(self) -> None:
        """Close the connection; the server goes on."""
        await self._client.aclose()

    async def properties(self) -> dict[str, Any]:
        """Return what the server says of itself: the model's file, its settings, its build."""
        answer = (await self._client.get(f"{self._url}/props")).raise_for_status().json()
        return {name: answer.get(name) for name in ("model_path", "build_info", "total_slots")}

    def processes(self) -> Sequence[int]:
        """Return the id of the server's process, if it runs on this machine."""
        process = listening_process(urlsplit(self._url).port or 80)
        return (process,) if process else ()

    async def decoded_tokens(self) -> int:
        """Return how many tokens the answers so far tell of."""
        return self._decoded_tokens

    async def arrive(self, buffer: Buffer, screen: Screen) -> None:
        """Enter a buffer, which picks a chunk; all queued ones are processed, as if the user had looked around."""
        self._buffer, self._screen, self._picked_at, self._cold = buffer, screen, None, True
        self._ring.pick(self._around(), buffer.path, evict=True)
        while self._ring.take_queued():
            await self._post({**self._extra(), "prompt": "", "n_predict": 0, "samplers": [], "temperature": 0.0})
        self._moved()

    def edited(self, start: int, end: int, text: str) -> None:  # noqa: ARG002 - the buffer has the change already
        """Look for a kept answer, and ask for a new one."""
        self._moved()

    def accepted(self) -> None:
        """Nothing is told to the server."""

    async def settle(self) -> None:
        """Wait until nothing is under way, and nothing waits to be asked."""
        while tasks := [task for task in (self._job, self._retry) if task is not None and not task.done()]:
            await asyncio.wait(tasks)
        if self._error is not None:
            raise self._error

    async def leave(self) -> None:
        """Save the buffer and leave it: each picks a chunk. A request that is under way goes on to its end."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        await self.settle()
        for _ in range(2):
            self._ring.pick(self._around(), self._buffer.path, evict=True)

    def _moved(self) -> None:
        self._screen.show(None)
        started = perf_counter()
        self._show_kept()
        if self._screen.current is not None:
            self.requests.append(Request(1000 * (perf_counter() - started), cold=False, origin="remembered"))
        self._ask(context_at(self._buffer.text, self._buffer.cursor), first=True)

    def _ask(self, context: Context, *, first: bool) -> None:
        if self._job is not None:
            if self._retry is not None:
                self._retry.cancel()
            self._retry = asyncio.create_task(self._ask_later(context, first=first))
            return
        if len(context.line_suffix) > LONGEST_LINE_SUFFIX or any(key in self._answers for key in context.keys):
            return
        self._ring.drop_similar(self._around())
        self._job = asyncio.create_task(self._request(context, first=first))
        self._pick_far()

    async def _ask_later(self, context: Context, *, first: bool) -> None:
        while self._job is not None:
            await asyncio.sleep(RETRY_SECONDS)
        self._retry = None
        self._ask(context_at(self._buffer.text, self._buffer.cursor) if first else context, first=first)

    async def _request(self, context: Context, *, first: bool) -> None:
        cold, self._cold = self._cold, False
        request = {
            **self._extra(),
            **_SAMPLING,
            "input_prefix": context.prefix,
            "input_suffix": context.suffix,
            "prompt": context.middle,
            "n_predict": PREDICTED_TOKENS,
            "stop": [],
            "n_indent": context.indent,
            "t_max_prompt_ms": PROMPT_MS,
            "t_max_predict_ms": PREDICT_FIRST_MS if first else PREDICT_MS,
        }
        started = perf_counter()
        try:
            answer = await self._post(request)
        except httpx.HTTPError as error:
            self._error = error  # a server that fails ends the replay
            return
        finally:
            self._job = None
        milliseconds = 1000 * (perf_counter() - started)
        for key in context.keys:
            self._keep(key, str(answer["content"]))
        self.requests.append(
            Request(
                milliseconds,
                cold,
                "model" if first else "ahead",
                int(answer.get("timings/prompt_n", 0)),
                int(answer.get("tokens_cached", 0)),
                int(answer.get("timings/predicted_n", 0)),
                milliseconds - float(answer.get("timings/predicted_ms", 0)),
            )
        )
        if self._screen.current is None:
            self._show_kept()

    def _show_kept(self) -> None:
        """Show what is kept for the cursor, and ask for what may follow it."""
        content = self._kept()
        shown = without_repetition(content, self._buffer.text, self._buffer.cursor)
        self._screen.show(Suggestion(shown) if shown.strip() else None)
        if self._screen.current is not None:
            cursor, text = self._buffer.cursor, self._buffer.text
            accepted = text[:cursor] + shown
            self._ask(context_at(accepted + text[cursor:], len(accepted)), first=False)

    def _kept(self) -> str:
        """Return the answer for the cursor, or the longest rest of an answer that was typed on since."""
        context = context_at(self._buffer.text, self._buffer.cursor)
        if (content := self._answers.get(context.key)) is not None:
            return content
        before, best = context.prefix + context.middle, ""
        for length in range(1, min(LOOK_BACK, len(before)) + 1):
            typed = before[-length:]
            content = self._answers.get(_key(before[:-length], context.suffix), "")
            if content.startswith(typed) and len(content) - length > len(best):
                best = content[length:]
        return best

    def _keep(self, key: str, content: str) -> None:
        if len(self._answers) >= CACHED_ANSWERS:
            del self._answers[self._random.choice(list(self._answers))]
        self._answers[key] = content

    def _around(self) -> list[str]:
        line = self._buffer.text.count("\n", 0, self._buffer.cursor)
        lines = self._buffer.text.split("\n")
        return lines[max(0, line - CHUNK_LINES // 2) : line + CHUNK_LINES // 2 + 1]

    def _pick_far(self) -> None:
        """After a longer way, queue chunks from before and behind the window of the request."""
        line = self._buffer.text.count("\n", 0, self._buffer.cursor)
        if self._picked_at is not None and abs(line - self._picked_at) <= PICK_DISTANCE:
            return
        self._picked_at = line
        lines, path = self._buffer.text.split("\n"), self._buffer.path
        self._ring.pick(lines[max(0, line - SCOPE_LINES) : max(0, line - PREFIX_LINES)], path, evict=False)
        self._ring.pick(lines[line + SUFFIX_LINES :][: CHUNK_LINES + 1], path, evict=False)

    def _extra(self) -> dict[str, Any]:
        return {
            "input_prefix": "",
            "input_suffix": "",
            "input_extra": [chunk.as_data() for chunk in self._ring.chunks],
            "stream": False,
            "cache_prompt": True,
            "response_fields": _FIELDS,
        }

    async def _post(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(f"{self._url}/infill", json=request)
        data: dict[str, Any] = answer.raise_for_status().json()
        self._decoded_tokens += int(data.get("timings/prompt_n", 0)) + int(data.get("timings/predicted_n", 0))
        return data


def _key(before: str, suffix: str) -> str:
    return hashlib.sha256(f"{before}\0{suffix}".encode("utf-8", "surrogatepass")).hexdigest()
