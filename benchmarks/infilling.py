"""Single lines filled in, judged by running tests: Fimble's whole way beside the same weights prompted plainly.

    python benchmarks/infilling.py DATA [--items N] [--seed S] [--model NAME] [--json OUT]

DATA is a file of openai/human-eval-infilling (JSON lines, gzipped): `prompt`, `suffix`, `test`, `entry_point`. Plain
is llama-cpp-python with the family's prefix, suffix and middle markers around the whole text, greedy, cut at the end of
the line. Fimble gets the same text as an open document, with the cursor on an empty line in place of the missing one,
no other files, and shows whatever the model says, however unlikely. Both answer the same items in turns; pass@1 comes
with 95 % bootstrap intervals. What was generated runs in a sandbox.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llama_cpp import Llama

from comparing import interval
from fimble_indexer.syntax.languages import language_named
from fimble_server.config import CompletionSettings, Settings, load_settings
from fimble_server.engine.client import LocalEngine
from fimble_server.models.chosen import ChosenModel, choose_model
from fimble_server.suggest import Cursor, Suggester
from sandbox import passes

_CONTEXT_TOKENS = 4096
_LINE_TOKENS = 64
_PATIENT = CompletionSettings(first_answer_ms=10_000, line_ms=10_000, block_ms=60_000, minimum_probability=0)
Fill = Callable[["Task"], Awaitable[str]]


@dataclass(frozen=True)
class Task:
    """A program with a line missing between `prompt` and `suffix`."""

    name: str
    prompt: str
    suffix: str
    check: str

    def program(self, line: str) -> str:
        """Return the program with its tests."""
        return f"{self.prompt}{line.rstrip()}\n{self.suffix}\n{self.check}\n"


def read_tasks(file: Path, count: int | None, seed: int) -> list[Task]:
    """Read all tasks, or some at random."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    tasks = [
        Task(row["task_id"], row["prompt"], row["suffix"], f"{row['test']}\ncheck({row['entry_point']})")
        for row in rows
    ]
    return tasks if count is None else random.Random(seed).sample(tasks, min(count, len(tasks)))


def plainly(model: ChosenModel) -> Fill:
    """Return the way without Fimble."""
    llama = Llama(str(model.path), n_ctx=_CONTEXT_TOKENS, flash_attn=True, verbose=False)
    fim = model.fim

    def tokens(text: str, *, markers: bool = False) -> list[int]:
        return llama.tokenize(text.encode(), add_bos=False, special=markers)

    async def fill(task: Task) -> str:
        before = [*tokens(fim.prefix, markers=True), *tokens(task.prompt)]
        after = [*tokens(fim.suffix, markers=True), *tokens(task.suffix)]
        whole = [*before, *after] if fim.order == "prefix-suffix" else [*after, *before]
        answer: Any = llama.create_completion(
            [*whole, *tokens(fim.middle, markers=True)], max_tokens=_LINE_TOKENS, temperature=0, stop=["\n", *fim.stops]
        )
        return str(answer["choices"][0]["text"])

    return fill


def with_fimble(model: ChosenModel, engine: LocalEngine) -> Fill:
    """Return the way through anchors, healing and filters."""
    suggester = Suggester(engine, model.fim, lambda _: (), settings=_PATIENT, model=model.name)

    async def fill(task: Task) -> str:
        text = f"{task.prompt}\n{task.suffix}"
        cursor = Cursor(task.name, "solution.py", text, len(task.prompt), language_named("python"))
        answer = await suggester.suggest(cursor)
        suggester.forget(task.name)
        return answer.suggestions[0].text.partition("\n")[0] if answer.suggestions else ""

    return fill


async def compare(tasks: Sequence[Task], model: ChosenModel) -> list[dict[str, Any]]:
    """Fill every task in both ways, in turns; return a row for each task."""
    engine = LocalEngine(lambda: model.path, Settings().engine.options())
    ways = {"plain": plainly(model), "fimble": with_fimble(model, engine)}
    rows = []
    for number, task in enumerate(tasks):
        row: dict[str, Any] = {"task": task.name}
        for name in sorted(ways, reverse=bool(number % 2)):
            started = time.perf_counter()
            line = await ways[name](task)
            seconds = time.perf_counter() - started
            row[name] = {"line": line, "passes": passes(task.program(line)), "seconds": round(seconds, 3)}
        rows.append(row)
        print(f"{number + 1}/{len(tasks)} {task.name}", {way: row[way]["passes"] for way in ways}, file=sys.stderr)
    await engine.close()
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return pass@1 of both ways and their paired difference in percentage points, with 95 % intervals."""

    def told(values: Sequence[float]) -> dict[str, Any]:
        return {"value": round(statistics.fmean(values), 1), "interval": [round(end, 1) for end in interval(values)]}

    passed = {way: [100.0 * row[way]["passes"] for row in rows] for way in ("plain", "fimble")}
    return {
        "n": len(rows),
        **{way: told(values) for way, values in passed.items()},
        "difference": told([a - b for a, b in zip(passed["fimble"], passed["plain"], strict=True)]),
        "median_ms": {way: round(1000 * statistics.median(row[way]["seconds"] for row in rows)) for way in passed},
    }


def main() -> None:
    """Read the arguments, compare, print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--items", type=int, help="how many, at random; all if left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="", help="an installed model, or the path of a GGUF file")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every answer to a file")
    arguments = parser.parse_args()
    model = choose_model(arguments.model or load_settings()[0].model)
    rows = asyncio.run(compare(read_tasks(arguments.data, arguments.items, arguments.seed), model))
    with model.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = {
        "versions": {name: version(name) for name in ("fimble", "llama-cpp-python")},
        "model": {"file": model.path.name, "sha256": digest},
        "summary": summary(rows),
    }
    print(json.dumps(found, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps({**found, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
