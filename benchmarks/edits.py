"""Edits by instruction and fixes of bugs, judged by running tests: Fimble's whole way beside the same weights alone.

    python benchmarks/edits.py DATA... [--items N] [--skip N] [--seed S] [--model NAME] [--answers FILE] [--json OUT]

DATA are files of EditEval (`input`, `instruction`, `context`, `test`) and of HumanEvalFix in Python or JavaScript
(`prompt`, `buggy_solution`, `test`, `entry_point`), as JSON lines, gzipped. Plain is one turn of chat with the task and
the code, greedy, of which the first code block counts, or all of it where there is none. Fimble gets the code as a file
with nothing beside it and runs the command `edit` on all of it, or `fix` on the function. Both answer the same items in
turns through the same engine; pass@1 comes with 95 % bootstrap intervals. What was generated runs in a sandbox.

A failure of form is an answer of Fimble that holds no code, a fence or prose among the code, no end, or that changes
what is outside of the range. --items takes so many of each file at random, behind the first --skip. --answers keeps
every answer as it comes, one JSON object a line, and goes on from what is there: a long run can be cut into short ones.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from comparing import interval
from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.commands import built_in_commands
from fimble_prompts.editing import Question
from fimble_server.config import Settings, load_settings
from fimble_server.edits.asking import ask
from fimble_server.edits.changes import split_lines
from fimble_server.edits.checks import syntax_problem
from fimble_server.edits.edit import propose
from fimble_server.edits.proposal import Proposal
from fimble_server.edits.replacing import CUT_OFF, NO_CODE
from fimble_server.edits.selection import Selection, select_lines, select_symbol
from fimble_server.edits.tasks import make_task
from fimble_server.engine.client import LocalEngine
from fimble_server.models.chosen import ChosenModel, choose_model
from fimble_server.workspace import Workspace
from sandbox import Runtime, passes

_PLAIN_TOKENS = 1024
_HOLE = "{{Code}}"
_BLOCK = re.compile(r"```[^\n]*\n(.*?)(?:\n```|\Z)", re.DOTALL)
_SUFFIXES: dict[Runtime, str] = {"python": ".py", "javascript": ".js"}
Way = Literal["plain", "fimble"]


@dataclass(frozen=True)
class Item:
    """Code to change, how it is asked for, and the program around it that judges it."""

    name: str
    set: str
    runtime: Runtime
    code: str
    instruction: str
    function: str
    """What to fix; empty where the instruction tells what to do."""
    program: str
    """The code goes in the place of `{{Code}}`."""

    @property
    def path(self) -> str:
        """How the file is called."""
        return f"solution{_SUFFIXES[self.runtime]}"

    def selection(self) -> Selection:
        """Return what a user would select."""
        language = language_for_path(self.path)
        if self.function and re.search(
            rf"\b{self.function}\b", self.code
        ):  # a few are called otherwise in the code than in the data
            return select_symbol(self.code, language, self.function)
        return select_lines(self.code, language, 0, len(split_lines(self.code)))

    def passes(self, code: str) -> bool:
        """Run the tests."""
        return passes(self.program.replace(_HOLE, code), runtime=self.runtime)


@dataclass(frozen=True)
class Outcome:
    """What one way made of an item."""

    code: str
    passes: bool
    seconds: float
    form: str = ""
    """What is wrong with the answer's form."""
    notice: str = ""


def read_items(file: Path) -> list[Item]:
    """Read one of the data sets."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    name = file.name.partition(".")[0]
    return [_edit_item(name, row) if "input" in row else _fix_item(name, row) for row in rows]


def _edit_item(name: str, row: dict[str, Any]) -> Item:
    around = row.get("context") or _HOLE
    program = f"{around}\n\n{row['test']}\n\ncheck()\n"
    return Item(row["task_id"], name, "python", row["input"], row["instruction"].strip(), "", program)


def _fix_item(name: str, row: dict[str, Any]) -> Item:
    runtime: Runtime = "javascript" if row["task_id"].startswith("JavaScript") else "python"
    code = row["prompt"] + row["buggy_solution"]
    return Item(row["task_id"], name, runtime, code, "", row["entry_point"], f"{_HOLE}\n\n{row['test']}\n")


async def plainly(item: Item, engine: LocalEngine) -> Outcome:
    """Ask as one asks a chat, and take the code from the answer."""
    task = item.instruction or f"Fix the bugs in {item.function}."
    question = Question(f"{task}\n\n```{item.runtime}\n{item.code.strip(chr(10))}\n```")
    started = time.perf_counter()
    answer = await ask(engine, question, maximum_tokens=_PLAIN_TOKENS)
    seconds = time.perf_counter() - started
    block = _BLOCK.search(answer.text)
    code = block[1] if block else answer.text
    return Outcome(code, item.passes(code), seconds)


async def with_fimble(item: Item, engine: LocalEngine) -> Outcome:
    """Run a command on the code as a file."""
    workspace = Workspace([], Settings())
    command = built_in_commands()["fix" if item.function else "edit"]
    selection = item.selection()
    task = make_task(workspace, command, Path(item.path), item.code, selection, instruction=item.instruction)
    started = time.perf_counter()
    proposal = await propose(engine, task)
    seconds = time.perf_counter() - started
    code = (proposal.edit.after if proposal.edit else None) or item.code
    form = form_failure(item, selection, proposal)
    return Outcome(code, item.passes(code), seconds, form, "; ".join([*proposal.problems, proposal.notice]))


def form_failure(item: Item, selection: Selection, proposal: Proposal) -> str:
    """Say what is wrong with the form of a proposal; empty if nothing is."""
    if proposal.edit is None:
        return proposal.notice if proposal.notice in {CUT_OFF, NO_CODE} else ""
    after = proposal.edit.after or ""
    lines = split_lines(item.code)
    before, behind = "".join(lines[: selection.start_line]), "".join(lines[selection.end_line :])
    if not (after.startswith(before) and after.endswith(behind)):
        return "changes what is outside of the range"
    if "```" in after and "```" not in item.code:
        return "a fence in the code"
    return syntax_problem(item.code, after, language_for_path(item.path)) or ""


async def compare(items: Sequence[Item], model: ChosenModel, answers: Path | None) -> list[dict[str, Any]]:
    """Have every item done in both ways, in turns; return a row for each."""
    engine = LocalEngine(lambda: model.path, Settings().engine.options())
    ways = {"plain": plainly, "fimble": with_fimble}
    known = read_answers(answers)
    rows = []
    for number, item in enumerate(items):
        row = known.get(item.name)
        if row is None:
            row = {"set": item.set, "item": item.name}
            for name in sorted(ways, reverse=bool(number % 2)):
                outcome = await ways[name](item, engine)
                row[name] = {**asdict(outcome), "seconds": round(outcome.seconds, 2)}
            if answers:
                with answers.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(row) + "\n")
        rows.append(row)
        told = {name: row[name]["passes"] for name in ways}
        print(f"{number + 1}/{len(items)} {item.name} {told} {row['fimble']['form']}", file=sys.stderr)
    await engine.close()
    return rows


def read_answers(file: Path | None) -> dict[str, dict[str, Any]]:
    """Return what an earlier run has kept, by item; nothing if there was none."""
    if file is None or not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {row["item"]: row for row in rows}


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return pass@1 of both ways, their paired difference in percentage points with its 95 % interval, and the rest."""
    passed = {way: [100.0 * row[way]["passes"] for row in rows] for way in ("plain", "fimble")}
    differences = [ours - theirs for ours, theirs in zip(passed["fimble"], passed["plain"], strict=True)]
    return {
        "n": len(rows),
        **{way: round(statistics.fmean(values), 1) for way, values in passed.items()},
        "difference": round(statistics.fmean(differences), 1),
        "interval": [round(end, 1) for end in interval(differences)],
        "form_failures": sum(bool(row["fimble"]["form"]) for row in rows),
        "median_seconds": {way: round(statistics.median(row[way]["seconds"] for row in rows), 1) for way in passed},
    }


def main() -> None:
    """Read the arguments, compare, print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--items", type=int, help="how many of each file, at random; all if left out")
    parser.add_argument("--skip", type=int, default=0, help="leave so many out, in the same random order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="", help="an installed model, or the path of a GGUF file")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="keep every answer, and go on from there")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report with every answer to a file")
    arguments = parser.parse_args()
    model = choose_model(arguments.model or load_settings()[0].model)
    items: list[Item] = []
    for file in arguments.data:
        found = read_items(file)
        random.Random(arguments.seed).shuffle(found)
        items += found[arguments.skip :][: arguments.items]
    rows = asyncio.run(compare(items, model, arguments.answers))
    with model.path.open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256").hexdigest()
    found_all = {
        "versions": {name: version(name) for name in ("fimble", "llama-cpp-python")},
        "model": {"file": model.path.name, "sha256": digest},
        "sampler": "greedy",
        "sets": {
            name: summary([row for row in rows if row["set"] == name]) for name in {row["set"]: 0 for row in rows}
        },
        "together": summary(rows),
    }
    print(json.dumps(found_all, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps({**found_all, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
