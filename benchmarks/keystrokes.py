"""Latency while typing: a real file, one change and one request a character, through the real language server.

    python benchmarks/keystrokes.py [--file FILE] [--lines N] [--pause SECONDS] [--plain-every N] [--json OUT]

Lines of the file are taken out and typed again, one place after the other, at human speed. Printed as JSON: how long
the first answer after opening or jumping took, how long the others did, and how many tokens were evaluated for each.
Then the same keystrokes go to the same engine as plain prefix-suffix-middle, for comparison.
"""

import argparse
import asyncio
import hashlib
import json
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from fimble_prompts.fim import prefix_window, suffix_window
from fimble_server.config import Settings, load_settings
from fimble_server.engine.client import LocalEngine
from fimble_server.engine.process import running_status
from fimble_server.engine.protocol import Complete, Prompt, Segment, Stop
from fimble_server.models.chosen import ChosenModel, choose_model
from fimble_server.suggest import CHARACTERS_PER_TOKEN

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from editor import Editor  # the tests' editor is no installed package


@dataclass(frozen=True)
class Keystroke:
    """One key: where the cursor is after it, and what the answer to it cost."""

    line: int
    position: int
    milliseconds: float
    origin: str
    prompt: str
    extent: str
    evaluated_tokens: int
    cached_tokens: int
    generated_tokens: int
    timings_ms: dict[str, float]
    right: bool
    """Whether what was suggested is how the line goes on."""


def targets(text: str, count: int) -> list[int]:
    """Return the numbers of `count` lines of code, spread over the file and in an order that jumps about."""
    lines = text.splitlines()
    code = [n for n, line in enumerate(lines) if 20 <= len(line.strip()) <= 70 and line.startswith("    ")]
    step = max(1, len(code) // count)
    chosen = code[step // 2 :: step][:count]
    return chosen[::2] + chosen[1::2]


async def type_lines(editor: Editor, uri: str, numbers: Sequence[int], pause: float) -> list[Keystroke]:
    """Take out each line in turn and type it again, asking for a completion after every character."""
    strokes: list[Keystroke] = []
    for number in numbers:
        text = editor.texts[uri]
        start = sum(len(line) for line in text.splitlines(keepends=True)[:number])
        line = text[start:].partition("\n")[0]
        indent = len(line) - len(line.lstrip())
        editor.edit(uri, start + indent, start + len(line), "")
        for position in range(indent, len(line)):
            await asyncio.sleep(pause)
            cursor = start + position + 1
            started = perf_counter()
            editor.edit(uri, cursor - 1, cursor - 1, line[position])
            items = await editor.complete(uri, cursor)
            milliseconds = 1000 * (perf_counter() - started)
            why = await editor.explanation()
            strokes.append(
                Keystroke(
                    line=number,
                    position=position - indent,
                    milliseconds=milliseconds,
                    origin=why["origin"],
                    prompt=why["prompt"],
                    extent=why["extent"],
                    evaluated_tokens=why["evaluated_tokens"],
                    cached_tokens=why["cached_tokens"],
                    generated_tokens=why["generated_tokens"],
                    timings_ms=why["timings_ms"],
                    right=bool(items) and str(items[0].insert_text).partition("\n")[0] == line[position + 1 :],
                )
            )
    return strokes


async def loaded(editor: Editor) -> None:
    """Wait until the model is loaded: that happens once, not at every file."""
    while (await editor.command("fimble.status"))["engine"]["state"] != "ready":
        await asyncio.sleep(0.1)


def plain_requests(text: str, numbers: Sequence[int], model: ChosenModel, every: int) -> Iterator[Complete]:
    """Yield the same keystrokes as plain prefix-suffix-middle, every n-th of them, with the same windows."""
    fim, settings = model.fim, Settings().completion
    lines = text.splitlines(keepends=True)
    count = 0
    for number in numbers:
        start = sum(map(len, lines[:number]))
        line = lines[number].rstrip("\n")
        after = text[start + len(line) :]
        for position in range(len(line) - len(line.lstrip()), len(line)):
            count += 1
            if count % every:
                continue
            before = text[:start] + line[: position + 1]
            segments = (
                Segment(fim.prefix, control=True),
                Segment(prefix_window(before, int(settings.prefix_tokens * CHARACTERS_PER_TOKEN))),
                Segment(fim.suffix, control=True),
                Segment(suffix_window(after, int(settings.suffix_tokens * CHARACTERS_PER_TOKEN))),
                Segment(fim.middle, control=True),
            )
            yield Complete(
                id=0,
                document="plain",
                prompts=(Prompt("plain", segments),),
                stop=Stop(),
                stop_tokens=fim.stops,
                prefill_ms=1e6,
                decode_ms=settings.line_ms,
            )


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """Return median, 95th percentile, largest and number of some values."""
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
        "largest": round(ordered[-1], 1),
        "n": len(ordered),
    }


def report(strokes: Sequence[Keystroke]) -> dict[str, Any]:
    """Summarise keystrokes: first answers after a jump apart from the rest, answers of the model apart from all."""
    first = [stroke for stroke in strokes if stroke.position == 0]
    warm = [stroke for stroke in strokes if stroke.position > 0]
    asked = [stroke for stroke in warm if stroke.origin == "model"]
    lines = [stroke.milliseconds for stroke in asked if stroke.extent == "line"]
    blocks = [stroke.milliseconds for stroke in asked if stroke.extent == "block"]
    return {
        "first_answer_ms": summary([stroke.milliseconds for stroke in first]),
        "warm_line_ms": summary(lines),
        "warm_block_ms": summary(blocks),
        "any_answer_ms": summary([stroke.milliseconds for stroke in warm]),
        "evaluated_tokens": summary([stroke.evaluated_tokens for stroke in asked]),
        "evaluated_tokens_over_all_keystrokes": summary([stroke.evaluated_tokens for stroke in warm]),
        "answered_by": {
            origin: sum(1 for stroke in warm if stroke.origin == origin)
            for origin in sorted({stroke.origin for stroke in warm})
        },
        "line_right": round(sum(stroke.right for stroke in warm) / max(1, len(warm)), 3),
    }


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run both sides one after the other and return all numbers."""
    text = arguments.file.read_text(encoding="utf-8")
    numbers = targets(text, arguments.lines)
    model = choose_model(load_settings()[0].model)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        path = root / arguments.file.name
        path.write_text(text, encoding="utf-8")
        async with await Editor.start(root) as editor:
            await loaded(editor)
            editor.open(path.as_uri(), text)
            strokes = await type_lines(editor, path.as_uri(), numbers, arguments.pause)
            server = psutil.Process(editor.process).memory_info()
            engine_status = await running_status()
    engine = LocalEngine(lambda: model.path, Settings().engine.options())
    plain: list[tuple[float, int]] = []
    for request in plain_requests(text, numbers, model, arguments.plain_every):
        started = perf_counter()
        completion = await engine.complete(request)
        assert completion is not None
        plain.append((1000 * (perf_counter() - started), completion.evaluated_tokens))
    await engine.close()
    with model.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": psutil.cpu_count(logical=False)},
        "versions": {name: version(name) for name in ("fimble", "llama-cpp-python")},
        "model": {"file": model.path.name, "sha256": digest, "bytes": model.path.stat().st_size},
        "file": {"name": arguments.file.name, "lines": text.count("\n"), "lines_typed": len(numbers)},
        "anchored": report(strokes),
        "plain": {
            "answer_ms": summary([milliseconds for milliseconds, _ in plain]),
            "evaluated_tokens": summary([tokens for _, tokens in plain]),
        },
        "memory": {
            "server_bytes": server.rss,
            "engine_bytes": engine_status.resident_bytes if engine_status else None,
            "prefill_tokens_per_second": engine_status.prefill_tokens_per_second if engine_status else None,
            "token_ms": engine_status.token_ms if engine_status else None,
        },
        **({"keystrokes": [asdict(stroke) for stroke in strokes]} if arguments.keystrokes else {}),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    standard_library = Path(sysconfig.get_path("stdlib"))
    parser.add_argument("--file", type=Path, default=standard_library / "shlex.py", help="the file to type in")
    parser.add_argument("--lines", type=int, default=8, help="how many lines are typed")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between an answer and the next key")
    parser.add_argument("--plain-every", type=int, default=6, help="compare every n-th keystroke")
    parser.add_argument("--keystrokes", action="store_true", help="list every keystroke")
    parser.add_argument("--json", type=Path, help="write the numbers to a file, too")
    arguments = parser.parse_args()
    numbers = json.dumps(asyncio.run(measure(arguments)), indent=2)
    print(numbers)
    if arguments.json:
        arguments.json.write_text(numbers + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
