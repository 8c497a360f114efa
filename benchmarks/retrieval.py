"""Does `search()` find the code that a question asks for? Compared with plain BM25, query by query.

    python benchmarks/retrieval.py [--data cosqa-retrieval.jsonl.gz] [--halves] [--corpus NAME] [--seeds N ...]

Three kinds of questions, each to a repository that the real indexer has indexed:
- cosqa (with `--data`): a question people typed into a search engine; its code is among all codes of the file.
- needles: 200 odd facts planted in 10,000 and in 100,000 lines of Django, described in their words and in others.
- docstrings: the first line of a function's docstring, that is then taken out; the function is among all of the corpus.

Plain BM25 is SQLite's FTS5 (k1 1.2, b 0.75) with its unicode61 tokenizer over the raw text of the same chunks.
Intervals are 95 % by bootstrap, those of the difference over the same queries.
"""

import argparse
import ast
import gzip
import json
import platform
import random
import re
import sqlite3
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np

from corpora import CorpusError, fetch
from fimble_indexer.building.build import update
from fimble_indexer.retrieval.search import search
from fimble_indexer.storage.store import Store

_DEPTH = 50  # results looked at; a later one counts as not found
_RESAMPLES = 10_000
_SEED = 1
_DOCSTRINGS = 1000
_FEWEST_DOC_WORDS = 4
_FEWEST_LINES = 50  # of a file to plant in: among few lines of others nothing is hidden


@dataclass(frozen=True)
class Question:
    """A question, and where its answer is: a file, and a line of it or none if any will do."""

    identifier: str
    text: str
    path: str
    line: int | None = None


Place = tuple[str, int, int]  # path, first line, line behind the last
Ranker = Callable[[str], list[Place]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="questions and codes as JSON lines: idx, doc, code")
    parser.add_argument("--halves", action="store_true", help="report even and odd numbers of --data apart")
    parser.add_argument("--corpus", default="django", help="for docstrings: a package of Python in corpora.toml")
    parser.add_argument("--seeds", nargs="+", type=int, default=[_SEED], help="of the needles; each is reported apart")
    parser.add_argument("--only", choices=["cosqa", "needles", "docstrings"], help="this kind of question only")
    parser.add_argument("--json", type=Path, help="write the report to this file too")
    options = parser.parse_args()
    report: dict[str, Any] = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "results": {}}
    try:
        for name, found in _experiments(options):
            report["results"][name] = found
            print(name, json.dumps(found), flush=True)
    except (CorpusError, OSError) as error:
        print(f"retrieval: {error}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def _experiments(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    if options.data and options.only in {None, "cosqa"}:
        questions, files = _cosqa(options.data)
        with _Repository(files) as repository:
            if options.halves:
                for half, rest in (("even", 0), ("odd", 1)):
                    yield f"cosqa {half}", _compare(repository, [q for q in questions if _number(q) % 2 == rest])
            else:
                yield "cosqa", _compare(repository, questions)
    if options.only in {None, "needles"}:
        for lines, seed in product((10_000, 100_000), options.seeds):
            questions, files = _needles(lines, seed)
            with _Repository(files) as repository:
                for kind in ("query", "paraphrase"):
                    yield f"needles {lines} {kind} seed {seed}", _compare(repository, _of_kind(questions, kind))
    if options.only in {None, "docstrings"}:
        questions, files = _docstrings(options.corpus)
        with _Repository(files) as repository:
            yield f"docstrings {options.corpus}", _compare(repository, questions)


def _of_kind(questions: Sequence[Question], kind: str) -> list[Question]:
    return [question for question in questions if question.identifier.startswith(kind)]


def _number(question: Question) -> int:
    return int(question.identifier.rpartition("-")[2])


def _cosqa(data: Path) -> tuple[list[Question], dict[str, str]]:
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    codes = list(dict.fromkeys(row["code"] for row in rows))
    path_of = {code: f"codes/c{number}.py" for number, code in enumerate(codes)}
    questions = [Question(row["idx"], row["doc"], path_of[row["code"]]) for row in rows]
    return questions, {path: code for code, path in path_of.items()}


def _needles(lines: int, seed: int) -> tuple[list[Question], dict[str, str]]:
    """Plant each fact in another file, in front of a definition or at the end; ask for half of them in other words."""
    chance = random.Random(seed)
    sources = _sources("django", chance)
    files: dict[str, str] = {}
    count = 0
    while count < lines:
        path, source = next(sources)
        files[path] = source
        count += source.count("\n")
    table = tomllib.loads(Path(__file__).with_name("needles.toml").read_text(encoding="utf-8"))
    facts = [(action, thing) for action in table["actions"] for thing in table["things"]]
    chance.shuffle(facts)
    hiding_places = sorted(path for path, source in files.items() if source.count("\n") >= _FEWEST_LINES)
    questions = []
    for number, (action, thing) in enumerate(facts):
        kind = ("query", "paraphrase")[number % 2]
        values = {**thing, "number": chance.randrange(3, 90)}
        filled = {key: _fill(text, values) for key, text in action.items()}
        path = chance.choice(hiding_places)
        files[path] = _plant(files[path], filled, chance)
        # The function's name is unlike any other: what is planted later in the same file moves no question.
        questions.append((kind, filled[kind], path, f"def {filled['name']}("))
    return [
        Question(f"{kind} {number}", text, path, files[path][: files[path].index(mark)].count("\n"))
        for number, (kind, text, path, mark) in enumerate(questions)
    ], files


def _fill(text: str, values: dict[str, Any]) -> str:
    return re.sub(r"\{(noun|number)\}", lambda match: str(values[match[1]]), text)


def _plant(source: str, fact: dict[str, str], chance: random.Random) -> str:
    body = fact["body"].replace("\n", "\n    ")
    function = f'def {fact["name"]}(item, *context):\n    """{fact["doc"]}"""\n    {body}\n'
    gaps = [match.end() for match in re.finditer(r"\n\n\n(?=(?:def|class|@)[ \w])", source)]
    place = chance.choice([*gaps, len(source)])
    return f"{source[:place].rstrip()}\n\n\n{function}\n\n{source[place:]}"


def _sources(corpus: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    root = fetch(corpus)
    paths = sorted(path for path in root.rglob("*.py") if path.is_file())
    chance.shuffle(paths)
    for path in paths:
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def _docstrings(corpus: str) -> tuple[list[Question], dict[str, str]]:
    """Take the docstrings out of all functions, and ask for some functions by the first lines."""
    chance = random.Random(_SEED)
    files: dict[str, str] = {}
    questions = []
    for path, source in _sources(corpus, chance):
        files[path] = source
        if "test" not in path:
            asked, files[path] = _without_docstrings(path, source)
            questions += asked
    return chance.sample(questions, min(_DOCSTRINGS, len(questions))), files


def _without_docstrings(path: str, source: str) -> tuple[list[Question], str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return [], source
    lines = source.split("\n")
    questions = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (doc := ast.get_docstring(node)):
            literal = node.body[0]
            for number in range(literal.lineno - 1, literal.end_lineno or literal.lineno):
                lines[number] = ""  # the others keep their numbers
            first = doc.split("\n\n")[0].replace("\n", " ")
            if len(first.split()) >= _FEWEST_DOC_WORDS:
                questions.append(Question(f"{path}:{node.lineno}", first, path, node.lineno - 1))
    return questions, "\n".join(lines)


class _Repository:
    """Files indexed twice: by the indexer, and its chunks by plain full-text search."""

    def __init__(self, files: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        root = Path(self._folder.name) / "repository"
        for path, source in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(source, encoding="utf-8")
        self._store = Store.open(Path(self._folder.name) / "index.sqlite")
        self.lines = sum(source.count("\n") for source in files.values())
        update(root, self._store)
        self._plain = sqlite3.connect(":memory:")
        self._plain.execute(
            "CREATE VIRTUAL TABLE chunks USING fts5 (text, path UNINDEXED, first UNINDEXED, last UNINDEXED)"
        )
        for path in files:
            self._plain.executemany(
                "INSERT INTO chunks VALUES (?, ?, ?, ?)",
                [(chunk.text, path, chunk.start_line, chunk.end_line) for chunk in self._store.chunks_of(path)],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._plain.close()
        self._store.close()
        self._folder.cleanup()

    def fimble(self, query: str) -> list[Place]:
        hits = search(self._store, query, _DEPTH)
        return [(hit.path, hit.chunk.start_line, hit.chunk.end_line) for hit in hits]

    def plain(self, query: str) -> list[Place]:
        words = dict.fromkeys(word.lower() for word in re.findall(r"[^\W_]+", query))
        asked = " OR ".join(f'"{word}"' for word in words)
        return self._plain.execute(
            "SELECT path, first, last FROM chunks WHERE chunks MATCH ? ORDER BY rank LIMIT ?", (asked, _DEPTH)
        ).fetchall()


def _compare(repository: _Repository, questions: Sequence[Question]) -> dict[str, Any]:
    ranks = {}
    milliseconds = {}
    for name, ranker in (("fimble", repository.fimble), ("plain", repository.plain)):
        started = time.perf_counter()
        ranks[name] = np.array([_rank(ranker(question.text), question) for question in questions])
        milliseconds[name] = round((time.perf_counter() - started) * 1000 / len(questions), 1)
    report: dict[str, Any] = {"n": len(questions), "lines": repository.lines, "milliseconds": milliseconds}
    for measure, values in (
        ("mrr", {name: np.where(found, 1 / np.maximum(found, 1), 0.0) for name, found in ranks.items()}),
        ("recall@5", {name: ((found > 0) & (found <= 5)).astype(float) for name, found in ranks.items()}),
    ):
        report[measure] = {name: _interval(value) for name, value in values.items()}
        report[measure]["difference"] = _interval(values["fimble"] - values["plain"])
    return report


def _rank(places: Sequence[Place], question: Question) -> int:
    """Return the rank of the answer from 1, or 0 if it was not found."""
    for rank, (path, first, last) in enumerate(places, start=1):
        if path == question.path and (question.line is None or first <= question.line < last):
            return rank
    return 0


def _interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """Return the mean and its 95 % interval."""
    chosen = np.random.default_rng(_SEED).integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), (0.025, 0.975))
    return [round(float(value), 3) for value in (values.mean(), low, high)]


if __name__ == "__main__":
    sys.exit(main())
