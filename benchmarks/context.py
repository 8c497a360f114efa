"""What each source of context is worth: lines of real code, completed with and without it.

    python benchmarks/context.py [--corpus NAME ...] [--items N] [--commits FILE] [--seed S] [--raw FILE] [--json OUT]

A line is taken out of a file, and out of the tree that is indexed. Its beginning is typed again, up to the second
letter of one of its names, and the model completes it with no context of other files, with each source alone, with the
default ones and with all. Three quarters of the names need another file (see `masked_lines.NEEDS`). With `--commits`,
lines of commits over several files are completed with and without what the same commit changed in other files (see
`edited_lines`). The answers to one line are compared with each other; intervals are 95 % bootstrap intervals of the
mean difference to no context. `--raw` keeps every answer, and a run that was cut short goes on from there.
"""

import argparse
import asyncio
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from comparing import NOTHING, markdown, table
from completing import Item, Outcome, Session, append_outcomes, read_outcomes
from corpora import corpora, fetch
from edited_lines import choose_edited_lines
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_prompts.context import SOURCES
from fimble_prompts.sources import DEFAULT_SOURCES, Source
from fimble_server.config import Settings, load_settings
from fimble_server.engine.client import LocalEngine
from fimble_server.models.chosen import ChosenModel, choose_model
from masked_lines import THIS_FILE, choose_items, masked

_CORPORA = ("openai-agents", "pydantic-ai", "zod", "ai-sdk")
_FROM_ACTIVITY = {"edits", "views", "yanked", "diagnostics"}
"""Sources that need a user: a tree alone has nothing for them."""

_Comparisons = dict[str, tuple[Source, ...]]


def comparisons(sets: list[str]) -> _Comparisons:
    """Return the sets of sources that are compared on masked lines, those of no source before all others."""
    alone: _Comparisons = {source: (source,) for source in SOURCES if source not in _FROM_ACTIVITY}
    every = tuple(source for (source,) in alone.values())
    known = {**alone, "default": DEFAULT_SOURCES, "all": every}
    return {
        NOTHING: (),
        **{
            name: known.get(name) or tuple(source for source in SOURCES if source in name.split("+"))
            for name in sets or known
        },
    }


async def run(arguments: argparse.Namespace, model: ChosenModel) -> list[Outcome]:
    """Complete every item with every set of sources; what was kept of an earlier run is not asked again."""
    outcomes = read_outcomes(arguments.raw)
    known = {(outcome.item, outcome.comparison) for outcome in outcomes}
    engine = LocalEngine(lambda: model.path, Settings().engine.options())
    session = Session(engine, model, arguments.prefix, arguments.suffix, arguments.limit)
    with tempfile.TemporaryDirectory() as folder:
        for answered in (
            _masked(session, Path(folder), arguments, known),
            _edited(session, Path(folder), arguments, known),
        ):
            async for new in answered:
                append_outcomes(arguments.raw, new)
                outcomes += new
    await engine.close()
    return outcomes


async def _masked(
    session: Session, folder: Path, arguments: argparse.Namespace, known: set[tuple[Item, str]]
) -> AsyncIterator[list[Outcome]]:
    for corpus in arguments.corpus:
        root = folder / corpus
        shutil.copytree(fetch(corpus), root, ignore=shutil.ignore_patterns("dist", "*.map"))
        with Store.open(folder / f"{corpus}.sqlite") as store:
            update(root, store)
            for number, item in enumerate(choose_items(corpus, root, store, arguments.items, arguments.seed)):
                print(f"{corpus} {number + 1}/{arguments.items}", file=sys.stderr)
                file = root / item.path
                original = file.read_text(encoding="utf-8")
                file.write_text(masked(original, replace(item, column=0))[0], encoding="utf-8")
                update(root, store, paths=[item.path])
                text, offset = masked(original, item)
                yield await session.outcomes(
                    item, store, text, offset, _missing(item, comparisons(arguments.compare), known)
                )
                file.write_text(original, encoding="utf-8")
                update(root, store, paths=[item.path])


async def _edited(
    session: Session, folder: Path, arguments: argparse.Namespace, known: set[tuple[Item, str]]
) -> AsyncIterator[list[Outcome]]:
    if arguments.commits is None:
        return
    sets: _Comparisons = {NOTHING: (), "edits": ("edits",)}
    with Store.open(folder / "empty.sqlite") as store:
        for line in choose_edited_lines(arguments.commits, arguments.items, arguments.seed):
            print(line.item.corpus, line.item.path, file=sys.stderr)
            missing = _missing(line.item, sets, known)
            yield await session.outcomes(line.item, store, line.text, line.offset, missing, line.activity)


def _missing(item: Item, sets: _Comparisons, known: set[tuple[Item, str]]) -> _Comparisons:
    return {name: sources for name, sources in sets.items() if (item, name) not in known}


def groups(items: list[Item]) -> dict[str, list[Item]]:
    """Group items by language and need, and those that need another file together; those of commits by need alone."""
    found: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.needs):
        known = corpora().get(item.corpus)
        if known is None:
            found.setdefault(item.needs, []).append(item)
            continue
        where = item.needs if item.needs == THIS_FILE else "another file"
        for group in dict.fromkeys((item.needs, where)):
            found.setdefault(f"{known.language}: {group}", []).append(item)
            found.setdefault(f"all: {group}", []).append(item)
    return dict(sorted(found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", nargs="*", choices=list(corpora()), default=_CORPORA)
    parser.add_argument("--items", type=int, default=50, help="lines of each corpus, and of the commits")
    parser.add_argument(
        "--compare",
        nargs="+",
        metavar="SOURCES",
        help='sets of sources: "default", "all", or names such as "imports+similar"; each alone and both if left out',
    )
    parser.add_argument("--commits", type=Path, help="JSON lines of commits, gzipped, with repo and diff")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=Settings().completion.context_tokens, help="tokens of context")
    parser.add_argument("--prefix", type=int, default=512, help="tokens of the file before the cursor")
    parser.add_argument("--suffix", type=int, default=128, help="tokens of the file after it")
    parser.add_argument("--raw", type=Path, help="keep every answer here, one JSON object a line")
    parser.add_argument("--json", type=Path, help="write the numbers to a file, too")
    arguments = parser.parse_args()
    model = choose_model(load_settings()[0].model)
    outcomes = asyncio.run(run(arguments, model))
    rows = table(outcomes, groups(list(dict.fromkeys(outcome.item for outcome in outcomes))))
    print("\n".join(markdown(rows)))
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
