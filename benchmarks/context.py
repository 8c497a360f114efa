"""What each source of context is worth: masked lines of published packages, completed with and without it.

    python benchmarks/context.py [--corpus NAME ...] [--items N] [--seed S] [--limit TOKENS] [--raw FILE] [--json OUT]

A line is taken out of a file, and out of the tree that is indexed. Its beginning is typed again, up to one of its
names, and the model completes it with no context of other files, with each source alone, with the default ones and
with all. Three quarters of the names need another file (see `masked_lines.NEEDS`). The answers of one line are compared
with each other; intervals are 95 % bootstrap intervals of the mean difference to no context. `--raw` keeps every
answer, and a run that was cut short goes on from there.
"""

import argparse
import asyncio
import difflib
import hashlib
import json
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from corpora import corpora, fetch
from fimble_indexer.build import update
from fimble_indexer.languages import language_for_path
from fimble_indexer.store import Store
from fimble_indexer.words import identifiers
from fimble_prompts.context import SOURCES, find_snippets
from fimble_prompts.fim import Snippet, prefix_window, set_anchor
from fimble_prompts.place import Place
from fimble_prompts.sources import DEFAULT_SOURCES, Source
from fimble_server.config import Settings, load_settings
from fimble_server.engine.client import LocalEngine
from fimble_server.engine.protocol import Complete, Stop
from fimble_server.models.chosen import ChosenModel, choose_model
from fimble_server.prompting import AnchoredDocument, PromptMaker
from fimble_server.suggest import CHARACTERS_PER_TOKEN
from masked_lines import NEEDS, Item, choose_items, masked

_CORPORA = ("openai-agents", "fastmcp", "mcp", "tanstack-db", "tanstack-ai", "zod")
_FROM_ACTIVITY = {"edits", "views", "yanked", "diagnostics"}
"""Sources that need a user: a tree alone has nothing for them."""
_RESAMPLES = 2000


@dataclass(frozen=True)
class Outcome:
    """The answer to an item with some sources, and what it cost."""

    item: Item
    variant: str
    answer: str
    context_tokens: int
    sources: tuple[str, ...]
    context_ms: float


def variants() -> dict[str, tuple[Source, ...]]:
    """Return what is compared: names of sources by the name of the comparison."""
    alone: dict[str, tuple[Source, ...]] = {source: (source,) for source in SOURCES if source not in _FROM_ACTIVITY}
    return {"none": (), **alone, "default": DEFAULT_SOURCES, "all": tuple(source for (source,) in alone.values())}


@dataclass(frozen=True)
class Session:
    """The engine with the model that is measured."""

    engine: LocalEngine
    model: ChosenModel
    prefix_tokens: int
    suffix_tokens: int

    async def complete(self, place: Place, snippets: tuple[Snippet, ...], repository: str) -> str:
        """Return the rest of the line as the model writes it, however long that takes."""
        maker = PromptMaker(
            self.model.fim,
            repository=repository,
            prefix_limit=int(self.prefix_tokens * CHARACTERS_PER_TOKEN),
            suffix_limit=int(self.suffix_tokens * CHARACTERS_PER_TOKEN),
        )
        document = AnchoredDocument(place.path, set_anchor(place.text, place.offset, snippets))
        typed = document.anchor.typed(place.text, place.offset, len(place.text)) or ""
        prompt = next(maker.prompts(document, place.text, place.offset, typed, affordable=0, explicit=True))
        completion = await self.engine.complete(
            Complete(
                id=0,
                document="benchmark",
                prompts=(prompt,),
                stop=Stop(),
                stop_tokens=self.model.fim.stops,
                prefill_ms=1e6,
                decode_ms=1e6,
            )
        )
        assert completion is not None
        return completion.candidates[0].text if completion.candidates else ""


async def run(arguments: argparse.Namespace, model: ChosenModel) -> list[Outcome]:
    """Complete every item in every variant; what the raw file holds already is not asked again."""
    outcomes = _read_raw(arguments.raw)
    known = {(outcome.item, outcome.variant) for outcome in outcomes}
    engine = LocalEngine(lambda: model.path, Settings().engine.options())
    session = Session(engine, model, arguments.prefix, arguments.suffix)
    with tempfile.TemporaryDirectory() as folder:
        for corpus in arguments.corpus:
            root = Path(folder) / corpus
            shutil.copytree(fetch(corpus), root, ignore=shutil.ignore_patterns("dist", "*.map"))
            with Store.open(Path(folder) / f"{corpus}.sqlite") as store:
                update(root, store)
                for number, item in enumerate(choose_items(corpus, root, store, arguments.items, arguments.seed)):
                    print(f"{corpus} {number + 1}/{arguments.items}", end="\r", file=sys.stderr)
                    missing = {name: sources for name, sources in variants().items() if (item, name) not in known}
                    async for outcome in _outcomes(session, store, root, item, missing, arguments.limit):
                        outcomes.append(outcome)
                        _append_raw(arguments.raw, outcome)
    await engine.close()
    return outcomes


async def _outcomes(
    session: Session, store: Store, root: Path, item: Item, wanted: Mapping[str, tuple[Source, ...]], limit: int
) -> AsyncIterator[Outcome]:
    original = (root / item.path).read_text(encoding="utf-8")
    text, offset = masked(original, item)
    (root / item.path).write_text(masked(original, replace(item, column=0))[0], encoding="utf-8")
    update(root, store, paths=[item.path])
    answers: dict[tuple[Snippet, ...], str] = {}  # sources that find nothing need no answer of their own
    for variant, sources in wanted.items():
        start = offset - len(prefix_window(text[:offset], int(session.prefix_tokens * CHARACTERS_PER_TOKEN)))
        place = Place(item.path, language_for_path(item.path), text, offset, start)
        started = perf_counter()
        snippets = find_snippets(store, place, limit=int(limit * CHARACTERS_PER_TOKEN), sources=sources)
        milliseconds = 1000 * (perf_counter() - started)
        if snippets not in answers:
            answers[snippets] = await session.complete(place, snippets, item.corpus)
        yield Outcome(
            item,
            variant,
            answers[snippets],
            int(sum(len(snippet.text) + len(snippet.path) for snippet in snippets) / CHARACTERS_PER_TOKEN),
            tuple(dict.fromkeys(snippet.source for snippet in snippets)),
            milliseconds,
        )
    (root / item.path).write_text(original, encoding="utf-8")
    update(root, store, paths=[item.path])


def _read_raw(file: Path | None) -> list[Outcome]:
    if file is None or not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Outcome(**{**row, "item": Item(**row["item"]), "sources": tuple(row["sources"])}) for row in rows]


def _append_raw(file: Path | None, outcome: Outcome) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(outcome)) + "\n")


def scores(outcome: Outcome) -> dict[str, float]:
    """Compare an answer with the line: exact, edit similarity (difflib's ratio), F1 of the identifiers."""
    answer, target = outcome.answer.strip(), outcome.item.target
    said, meant = set(identifiers(answer)), set(identifiers(target))
    common = len(said & meant)
    return {
        "exact": float(answer == target),
        "edit": difflib.SequenceMatcher(None, answer, target, autojunk=False).ratio(),
        "f1": 2 * common / (len(said) + len(meant)) if said or meant else 1.0,
        "tokens": float(outcome.context_tokens),
    }


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean."""
    generator = random.Random(0)
    means = sorted(statistics.fmean(generator.choices(differences, k=len(differences))) for _ in range(_RESAMPLES))
    return means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES)]


def table(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Compare every variant with no context, over all lines and over those it found something for."""
    by_item: dict[Item, dict[str, Outcome]] = {}
    for outcome in outcomes:
        by_item.setdefault(outcome.item, {})[outcome.variant] = outcome
    rows = []
    for language in sorted({corpora()[item.corpus].language for item in by_item}):
        for needs in NEEDS:
            items = [i for i in by_item if corpora()[i.corpus].language == language and i.needs == needs]
            rows += [_row(language, needs, variant, [by_item[item] for item in items]) for variant in variants()]
    return rows


def _row(language: str, needs: str, variant: str, pairs: Sequence[Mapping[str, Outcome]]) -> dict[str, Any]:
    pairs = [pair for pair in pairs if variant in pair and "none" in pair]
    mine, base = [scores(pair[variant]) for pair in pairs], [scores(pair["none"]) for pair in pairs]
    row: dict[str, Any] = {"language": language, "needs": needs, "variant": variant, "n": len(pairs)}
    row["found"] = sum(pair[variant].context_tokens > 0 for pair in pairs)
    for name in ("exact", "edit", "f1"):
        differences = [100 * (a[name] - b[name]) for a, b in zip(mine, base, strict=True)]
        row[name] = round(100 * statistics.fmean(score[name] for score in mine), 1)
        row[f"{name}_gain"] = round(statistics.fmean(differences), 1)
        row[f"{name}_interval"] = [round(end, 1) for end in interval(differences)]
    row["tokens"] = round(statistics.fmean(score["tokens"] for score in mine))
    return row


def _markdown(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| language | line needs | sources | n | found | exact % | gain | edit | gain | F1 | gain | tokens |"
    yield "|" + " --- |" * 12
    for row in rows:
        cells = [row[name] for name in ("language", "needs", "variant", "n", "found")]
        for name in ("exact", "edit", "f1"):
            low, high = row[f"{name}_interval"]
            cells += [row[name], f"{row[f'{name}_gain']:+} [{low:+}, {high:+}]"]
        yield "| " + " | ".join(map(str, [*cells, row["tokens"]])) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", nargs="+", choices=list(corpora()), default=_CORPORA)
    parser.add_argument("--items", type=int, default=50, help="lines of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=Settings().completion.context_tokens, help="tokens of context")
    parser.add_argument("--prefix", type=int, default=512, help="tokens of the file before the cursor")
    parser.add_argument("--suffix", type=int, default=128, help="tokens of the file after it")
    parser.add_argument("--raw", type=Path, help="keep every answer here, one JSON object a line")
    parser.add_argument("--json", type=Path, help="write the numbers to a file, too")
    arguments = parser.parse_args()
    model = choose_model(load_settings()[0].model)
    rows = table(asyncio.run(run(arguments, model)))
    print("\n".join(_markdown(rows)))
    if arguments.json:
        with model.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        report = {
            "versions": {name: version(name) for name in ("fimble", "llama-cpp-python")},
            "model": {"file": model.path.name, "sha256": digest},
            "corpora": {name: asdict(corpora()[name]) for name in arguments.corpus},
            "seed": arguments.seed,
            "limit_tokens": arguments.limit,
            "rows": rows,
        }
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
