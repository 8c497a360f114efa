"""Commit messages beside what their authors wrote: Fimble's, the same weights given the diff, and facts alone.

    python benchmarks/commits.py DATA [--items N] [--seed S] [--part develop|report|all] [--model NAME]
                                      [--answers FILE] [--json OUT]

DATA is a file of commits as `recorded_commits.py` reads it. Each is staged again in a repository with the subjects
before it as history, and all three ways answer it. The plain way asks the same model, greedily, for a message of the
diff's beginning, of as many characters as Fimble's prompt may hold. Settings were chosen on `develop`, a third of the
items by `--seed`; `report` is the rest. With `--answers` a run that was cut short goes on. Measured of each message:

- valid: the form is right: the subject's length, one empty line, the body's width, no fence, nothing of the prompt, and
  the subject agrees with the style that the history has;
- covered: the share of the changed files that are named, by the file or a symbol changed in it; and for commits of
  several files;
- subject: ROUGE-L and B-Norm of the first line with the author's, without the number of a pull request;
- message: ROUGE-L of the whole with the author's, without trailers and comments.

Means in percent with 95 % bootstrap intervals; differences are of the same items.
"""

import argparse
import asyncio
import hashlib
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from comparing import interval
from fimble_server.commits.changes import staged_changes
from fimble_server.commits.compose import Suggestion, suggest_message
from fimble_server.commits.coverage import covers
from fimble_server.commits.history import split_trailers
from fimble_server.commits.repository import open_repository
from fimble_server.commits.style import follows
from fimble_server.config import CommitSettings, Settings, load_settings
from fimble_server.engine.client import Engine, LocalEngine
from fimble_server.engine.protocol import ChatMessage, Generate
from fimble_server.models.chosen import ChosenModel, choose_model
from fimble_server.suggest import CHARACTERS_PER_TOKEN
from recorded_commits import RecordedCommit, read_commits, stage
from remembered_answers import RememberingEngine
from wording_measures import b_norm, rouge_l

_PLAIN = "Write a git commit message for this diff. Answer with the message only.\n\n{diff}"
_PLAIN_TOKENS = 160
_NUMBER = re.compile(r"\s*\(#\d+\)$")
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_PROMPT = re.compile(
    r"earlier subjects|what changed, by file|write the subject|in the imperative|in at most|commit message|<redacted>|"
    r"<\|im_|^(?:sure|here is|here's)\b",
    re.IGNORECASE,
)
_WIDTH = 72
_WAYS = ("fimble", "plain", "facts")
_MEASURES = ("valid", "covered", "covered_of_several", "subject_rouge_l", "subject_b_norm", "message_rouge_l")


async def plainly(engine: Engine, commit: RecordedCommit, settings: CommitSettings) -> str:
    """Return what the model says of the beginning of the diff."""
    diff = commit.diff[: int(settings.prompt_tokens * CHARACTERS_PER_TOKEN)]
    request = Generate(0, (ChatMessage("user", _PLAIN.format(diff=diff)),), maximum_tokens=_PLAIN_TOKENS)
    return "".join([piece async for piece in engine.generate(request) if isinstance(piece, str)]).strip()


def is_valid(message: str, suggestion: Suggestion) -> bool:
    """Tell whether a message has the form of a message in this repository."""
    subject, *rest = message.split("\n")
    return (
        follows(subject, suggestion.style)
        and (not rest or rest[0] == "")
        and all(len(line) <= _WIDTH and line == line.rstrip() for line in rest)
        and "\n\n\n" not in message
        and "```" not in message
        and _PROMPT.search(message) is None
    )


def measured(message: str, commit: RecordedCommit, suggestion: Suggestion) -> dict[str, float | None]:
    """Return the measures of one message, in percent; None where one does not apply."""
    subject = message.partition("\n")[0]
    meant, _, body = _COMMENT.sub("", commit.message).partition("\n")
    meant = _NUMBER.sub("", meant)
    whole = f"{meant}\n{split_trailers(body)[0]}"
    covered = statistics.fmean(covers(message, facts) for facts in suggestion.facts)
    return {
        "valid": 100.0 * is_valid(message, suggestion),
        "covered": 100 * covered,
        "covered_of_several": 100 * covered if len(suggestion.facts) > 1 else None,
        "subject_rouge_l": 100 * rouge_l(subject, meant),
        "subject_b_norm": 100 * b_norm(subject, meant),
        "message_rouge_l": 100 * rouge_l(message, whole),
    }


async def compare(commits: Sequence[RecordedCommit], model: ChosenModel, answers: Path) -> list[dict[str, Any]]:
    """Let all ways answer every commit; return a row for each. Answers of the model are kept in a file."""
    settings = CommitSettings()
    engine = RememberingEngine(
        LocalEngine(lambda: model.path, Settings().engine.options()), digest_of(model.path), answers
    )
    rows = []
    for number, commit in enumerate(commits):
        row: dict[str, Any] = {"repository": commit.repository, "commit": commit.name, "author": commit.message}
        with tempfile.TemporaryDirectory() as folder:
            stage(commit, Path(folder))
            repository = open_repository(Path(folder))
            row["files"] = len(staged_changes(repository))
            started, remembered = time.perf_counter(), engine.remembered_seconds
            suggestion = await suggest_message(repository, engine, settings, only_best=True)
            seconds = time.perf_counter() - started + engine.remembered_seconds - remembered
            facts = await suggest_message(repository, None, settings)
        messages = {
            "fimble": suggestion.message,
            "facts": facts.message,
            "plain": await plainly(engine, commit, settings),
        }
        for way, message in messages.items():
            row[way] = {"message": message, **measured(message, commit, facts)}
        row["fimble"] |= {"seconds": round(seconds, 2), "is_from_model": suggestion.from_model}
        rows.append(row)
        print(f"{number + 1}/{len(commits)} {seconds:.1f} s {suggestion.message.splitlines()[0]}", file=sys.stderr)
    await engine.close()
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the means of every way, and the differences of Fimble's to the others', with 95 % intervals."""

    def values(way: str, measure: str) -> list[float]:
        return [row[way][measure] for row in rows if row[way][measure] is not None]

    def told(numbers: Sequence[float]) -> dict[str, Any]:
        if not numbers:
            return {"value": None}
        return {"value": round(statistics.fmean(numbers), 1), "interval": [round(end, 1) for end in interval(numbers)]}

    return {
        "n": len(rows),
        "from_model": sum(row["fimble"]["is_from_model"] for row in rows),
        "seconds": {
            "median": statistics.median(row["fimble"]["seconds"] for row in rows),
            "longest": max(row["fimble"]["seconds"] for row in rows),
        },
        **{way: {measure: told(values(way, measure)) for measure in _MEASURES} for way in _WAYS},
        "difference": {
            other: {
                measure: told([a - b for a, b in zip(values("fimble", measure), values(other, measure), strict=True)])
                for measure in _MEASURES
            }
            for other in _WAYS[1:]
        },
    }


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def part_of(commits: list[RecordedCommit], part: str, seed: int) -> list[RecordedCommit]:
    """Return the third that settings may be chosen on, the rest, or all, in an order by chance."""
    shuffled = random.Random(seed).sample(commits, len(commits))
    third = len(shuffled) // 3
    return {"develop": shuffled[:third], "report": shuffled[third:], "all": shuffled}[part]


def main() -> None:
    """Read the arguments, compare, print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--items", type=int, help="how many, at random; all if left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=("develop", "report", "all"), default="report")
    parser.add_argument("--model", default="", help="an installed model, or the path of a GGUF file")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="keep the model's answers, and use those in it")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every message to a file")
    arguments = parser.parse_args()
    model = choose_model(arguments.model or load_settings()[0].model)
    commits = part_of(read_commits(arguments.data), arguments.part, arguments.seed)[: arguments.items]
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(compare(commits, model, arguments.answers or Path(folder) / "answers"))
    found = {
        "versions": {name: version(name) for name in ("fimble", "llama-cpp-python")},
        "model": {"file": model.path.name, "sha256": digest_of(model.path)},
        "settings": {"part": arguments.part, "seed": arguments.seed, **CommitSettings().model_dump()},
        "summary": summary(rows),
    }
    print(json.dumps(found, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps({**found, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
