"""Are questions about a repository answered from the right files, and is all true that an answer cites and names?

    python benchmarks/ask.py [--half development|report] [--corpus NAME ...] [--without-model] [--json FILE]

The questions of `questions.toml` are asked of published packages as `fimble ask` does, with the default model:
- cited: the share of the files that an answer must cite which it does cite; given: which were given to the model
- symbols: the share of questions with an expected definition in which a citation overlaps with it
- existing: the share of citations whose file and lines exist on disk and were given to the model
- invented: names in the form of code that are in no file of the package and are not marked in the answer
- not found: questions without an answer to which none is given; and those with one to which none is given either

`--without-model` looks things up only. Intervals are 95 % by bootstrap over the questions.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np

from corpora import CorpusError, fetch
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_server.chat.answers import Answer
from fimble_server.chat.asking import ask
from fimble_server.chat.kinds import classify
from fimble_server.chat.names import MARK
from fimble_server.chat.questions import NOT_FOUND, Prepared, prepare
from fimble_server.config import ChatSettings, Settings
from fimble_server.engine.client import LocalEngine
from fimble_server.models.chosen import choose_model

_RESAMPLES = 10_000
_CHARACTERS = 2048
_IN_BACKTICKS = re.compile(r"`([^`\n]+)`(?P<mark>" + re.escape(MARK) + ")?")
_WORD = re.compile(r"\w+")
_UNREAD = {".png", ".jpg", ".gif", ".ico", ".svg", ".gz", ".zip", ".woff2", ".pyc"}


@dataclass(frozen=True)
class Question:
    corpus: str
    half: str
    ask: str
    files: Sequence[str]
    symbols: Sequence[str] = ()


@dataclass(frozen=True)
class Repository:
    root: Path
    database: Path
    store: Store
    words: frozenset[str]
    """All words of all files and of their names."""


@dataclass(frozen=True)
class Outcome:
    question: Question
    prepared: Prepared
    answer: Answer
    existing: int
    invented: Sequence[str]
    has_symbol: bool | None
    first_ms: float | None
    total_ms: float

    @property
    def cited(self) -> float:
        return _share(self.question.files, {citation.path for citation in self.answer.citations})

    @property
    def given(self) -> float:
        return _share(self.question.files, {excerpt.path for excerpt in self.prepared.excerpts})

    @property
    def is_found(self) -> bool:
        return not self.answer.text.startswith(NOT_FOUND)

    def row(self) -> dict[str, Any]:
        return {
            "corpus": self.question.corpus,
            "question": self.question.ask,
            "kind": classify(self.question.ask).kind,
            "answer": self.answer.text,
            "citations": [
                f"{citation.path}:{citation.start_line + 1}-{citation.end_line}" for citation in self.answer.citations
            ],
            "given": [excerpt.place for excerpt in self.prepared.excerpts],
            "expected": list(self.question.files),
            "cited": self.cited if self.question.files else None,
            "symbol": self.has_symbol,
            "invented": list(self.invented),
            "total_ms": round(self.total_ms),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["development", "report"], default="report")
    parser.add_argument("--corpus", nargs="*", help="these packages only")
    parser.add_argument("--without-model", action="store_true")
    parser.add_argument("--json", type=Path, help="write answers and report to this file")
    options = parser.parse_args()
    questions = [
        question
        for question in load_questions()
        if question.half == options.half and question.corpus in (options.corpus or [question.corpus])
    ]
    try:
        outcomes = asyncio.run(_run(questions, with_model=not options.without_model))
    except (CorpusError, OSError) as error:
        print(f"ask: {error}", file=sys.stderr)
        return 2
    report = summary(outcomes)
    print(json.dumps(report, indent=2))
    if options.json:
        data = {"report": report, "answers": [outcome.row() for outcome in outcomes]}
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0


def load_questions() -> list[Question]:
    table = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))
    return [
        Question(corpus, entry["half"], **question)
        for corpus, entry in table.items()
        for question in entry["questions"]
    ]


async def _run(questions: Sequence[Question], *, with_model: bool) -> list[Outcome]:
    engine = LocalEngine(lambda: choose_model("").path, Settings().engine.options())
    outcomes: list[Outcome] = []
    try:
        for corpus in dict.fromkeys(question.corpus for question in questions):
            root = fetch(corpus)
            with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "index.db") as store:
                update(root, store)
                repository = Repository(root, Path(folder) / "index.db", store, _words_of(root))
                for question in questions:
                    if question.corpus == corpus:
                        outcome = await _outcome(question, repository, engine if with_model else None)
                        print(f"{outcome.cited if question.files else not outcome.is_found:.2f} {question.ask}")
                        outcomes.append(outcome)
    finally:
        await engine.close()
    return outcomes


async def _outcome(question: Question, repository: Repository, engine: LocalEngine | None) -> Outcome:
    started = perf_counter()
    first: list[float] = []
    seen: list[Prepared] = []
    if engine is None:
        prepared = prepare(repository.store, question.ask, _CHARACTERS)
        answer = Answer(prepared.told, ())
    else:
        answer = await ask(
            repository.database,
            engine,
            question.ask,
            ChatSettings(),
            on_prepared=seen.append,
            on_text=lambda _text: first.append(1000 * (perf_counter() - started)),
        )
        prepared = seen[0]
    total = 1000 * (perf_counter() - started)
    return Outcome(
        question,
        prepared,
        answer,
        existing=sum(_exists(repository.root, citation.path, citation.end_line) for citation in answer.citations),
        invented=sorted(set(_invented(answer.text, repository.words))),
        has_symbol=_has_symbol(repository.store, question, answer) if question.symbols else None,
        first_ms=first[0] if first else None,
        total_ms=total,
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    answerable = [outcome for outcome in outcomes if outcome.question.files]
    others = [outcome for outcome in outcomes if not outcome.question.files]
    by_model = [outcome for outcome in outcomes if outcome.first_ms is not None]
    citations = sum(len(outcome.answer.citations) for outcome in outcomes)
    symbols = [outcome.has_symbol for outcome in answerable if outcome.has_symbol is not None]
    report: dict[str, Any] = {
        "questions": len(answerable),
        "given": _with_interval([outcome.given for outcome in answerable]),
        "cited": _with_interval([outcome.cited for outcome in answerable]),
        "symbols": _with_interval([float(symbol) for symbol in symbols]),
        "citations": citations,
        "existing": sum(outcome.existing for outcome in outcomes),
        "marked": sum(len(outcome.answer.unknown_names) for outcome in outcomes),
        "invented": sum(len(outcome.invented) for outcome in outcomes),
        "not_found_rightly": f"{sum(not outcome.is_found for outcome in others)}/{len(others)}",
        "not_found_wrongly": f"{sum(not outcome.is_found for outcome in answerable)}/{len(answerable)}",
        "by_kind": {
            kind: _with_interval(
                [outcome.cited for outcome in answerable if classify(outcome.question.ask).kind == kind]
            )
            for kind in sorted({classify(outcome.question.ask).kind for outcome in answerable})
        },
    }
    if len(by_model) > 1:
        report["model_answers"] = len(by_model)
        report["first_text_ms"] = _percentiles([outcome.first_ms or 0.0 for outcome in by_model])
        report["answer_ms"] = _percentiles([outcome.total_ms for outcome in by_model])
    told = [outcome.total_ms for outcome in outcomes if outcome.first_ms is None]
    if len(told) > 1:
        report["without_model_ms"] = _percentiles(told)
    return report


def _with_interval(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {"n": 0}
    generator = np.random.default_rng(1)
    means = generator.choice(np.array(values), (_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"n": len(values), "mean": round(float(np.mean(values)), 3), "interval": [round(low, 3), round(high, 3)]}


def _percentiles(values: Sequence[float]) -> dict[str, int]:
    return {"median": round(median(values)), "p95": round(quantiles(values, n=20, method="inclusive")[-1])}


def _share(expected: Iterable[str], found: set[str]) -> float:
    files = list(expected)
    return sum(path in found for path in files) / max(len(files), 1)


def _exists(root: Path, path: str, end_line: int) -> bool:
    file = root / path
    return file.is_file() and end_line <= len(file.read_bytes().split(b"\n"))


def _has_symbol(store: Store, question: Question, answer: Answer) -> bool:
    wanted = [
        (path, definition.start_line, definition.end_line)
        for path in question.files
        for definition in store.definitions_of(path)
        if definition.qualified_name in question.symbols
    ]
    if not wanted:
        raise CorpusError(f"{question.corpus} has none of {question.symbols}")
    return any(
        citation.path == path and citation.start_line < end and start < citation.end_line
        for citation in answer.citations
        for path, start, end in wanted
    )


def _words_of(root: Path) -> frozenset[str]:
    """Return all words of all files and of their names: what an answer may name."""
    words: set[str] = set()
    for file in root.rglob("*"):
        words.update(_WORD.findall(file.relative_to(root).as_posix()))
        if file.is_file() and file.suffix not in _UNREAD:
            words.update(_WORD.findall(file.read_text(encoding="utf-8", errors="replace")))
    return frozenset(words)


def _invented(text: str, words: frozenset[str]) -> Iterator[str]:
    """Yield what an answer has in backticks, or with an underscore or brackets behind it, and no file has."""
    for match in _IN_BACKTICKS.finditer(text):
        if not match["mark"]:
            yield from (word for word in _WORD.findall(match[1]) if word not in words and not word.isdigit())
    plain = _IN_BACKTICKS.sub(" ", text)
    for match in re.finditer(
        r"\b(?:\w+_\w+|[a-z]+[A-Z]\w*|\w+(?=\(\)))(?P<rest>\S*)(?P<mark>" + re.escape(MARK) + ")?", plain
    ):
        word = match.group().split("(")[0].strip(".,:;")
        if not match["mark"] and _WORD.fullmatch(word) and word not in words:
            yield word


if __name__ == "__main__":
    sys.exit(main())
