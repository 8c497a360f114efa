"""How much later does a completion come while a conversation is being answered? Both share one model.

    python benchmarks/beside_chat.py [--keys 60] [--json FILE]

Through a real server, in a copy of this project's own packages: at places of a file, half of a line is typed and a
completion asked for, first alone, then while answers are being written, then while the question's excerpts are read.
Times are in milliseconds, of the same places in the same order, each with a warm prompt of its own.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Literal
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from lsprotocol import types

from editor import Editor
from fimble_server.directories import data_directory
from fimble_server.engine.process import stop_engine

_PROJECT = Path(__file__).resolve().parents[1]
_FILE = "indexer/fimble_indexer/retrieval/search.py"
_WRITING = "Write a long program in Python that plays chess, with a comment on each line."
_READING = "How does the graph of uses rank files, how are chunks cut, and how is the index kept true?"
_UNEXPECTED = "q"
_PAUSE_SECONDS = 0.3
_PATIENCE_SECONDS = 120.0

IsBusy = Callable[[], bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=60, help="completions of each kind")
    parser.add_argument("--json", type=Path, help="write the report to this file too")
    options = parser.parse_args()
    models = data_directory()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "data").symlink_to(models)
        os.environ["FIMBLE_HOME"] = str(home)
        root = Path(folder) / "workspace"
        for package in ("indexer", "prompts"):
            shutil.copytree(_PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
        try:
            report = asyncio.run(_measure(root, options.keys))
        finally:
            asyncio.run(stop_engine())
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


async def _measure(root: Path, keys: int) -> dict[str, Any]:
    settings = {"chat": {"answer_tokens": 2000, "excerpt_tokens": 4000, "keep_history": False}}
    async with await Editor.start(root, settings=settings) as editor:
        await editor.indexed()
        uri = (root / _FILE).as_uri()
        editor.open(uri, (root / _FILE).read_text(encoding="utf-8"))
        await _completions(editor, uri, keys // 4)  # the engine starts, and learns its speed
        times = {"alone": await _completions(editor, uri, keys)}
        async with _talking(editor, _WRITING, until="text") as is_busy:
            times["while it writes"] = await _completions(editor, uri, keys, is_busy)
        async with _talking(editor, _READING, until="context") as is_busy:
            times["while it reads"] = await _completions(editor, uri, keys, is_busy)
        times["alone again"] = await _completions(editor, uri, keys)
        await editor.command("fimble.status")
    alone = median([*times["alone"], *times["alone again"]])
    return {name: {**_percentiles(values), "ratio": round(median(values) / alone, 2)} for name, values in times.items()}


@asynccontextmanager
async def _talking(editor: Editor, message: str, *, until: Literal["context", "text"]) -> AsyncIterator[IsBusy]:
    """Have a message answered for as long as this lasts; waits until the answer has come so far.

    Yields what tells whether the model still reads (`context`) or still writes (`text`).
    """
    token = str(uuid4())
    answer = editor.begin(
        "fimble/chat", {"conversation": token, "message": message, "partialResultToken": token}, token
    )

    def has_text() -> bool:
        return any(part["text"] for part in editor.partial_results(token))

    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (has_text() if until == "text" else editor.partial_results(token)):
            await asyncio.sleep(0.01)
    yield lambda: not answer.done() and (until == "text" or not has_text())
    editor.client.cancel_request(types.CancelParams(id=token))
    await asyncio.gather(answer, return_exceptions=True)
    await asyncio.sleep(_PAUSE_SECONDS)


async def _completions(editor: Editor, uri: str, count: int, is_wanted: IsBusy = lambda: True) -> Sequence[float]:
    """Type the halves of lines again and a letter that nobody expects, so that the model has to be asked.

    Ends before `count` when the circumstances are no longer those that are wanted.
    """
    times = []
    for line in _lines(editor.texts[uri], count):
        start = editor.texts[uri].index(line)
        typed = line[: len(line) // 2]
        editor.edit(uri, start, start + len(line), typed)
        await editor.complete(uri, start + len(typed))  # the prompt of this place is read
        await asyncio.sleep(_PAUSE_SECONDS)
        end = start + len(typed)
        editor.edit(uri, end, end, _UNEXPECTED)
        started = perf_counter()
        await editor.complete(uri, end + 1)
        milliseconds = 1000 * (perf_counter() - started)
        editor.edit(uri, start, end + 1, line)
        if not is_wanted():
            break
        times.append(milliseconds)
    return times


def _lines(text: str, count: int) -> list[str]:
    """Choose long lines of code that occur once, spread over the file."""
    lines = [line for line in text.split("\n") if len(line.strip()) > 30 and text.count(line) == 1]
    return (lines * (count // max(len(lines), 1) + 1))[:count]


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    return {
        "n": len(values),
        "median": round(median(values), 1),
        "p95": round(quantiles(values, n=20, method="inclusive")[-1], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
