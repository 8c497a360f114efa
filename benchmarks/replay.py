"""Typing replay: how many keystrokes suggestions save at the speed of a person, and what they cost.

    python benchmarks/replay.py [PATH ...] [--corpus NAME ...] [--targets N] [--seed S] [--speed KEYS | --still]
                                [--engine fimble | --engine llama-server URL | --both URL] [--model NAME]
                                [--set NAME=VALUE ...] [--json OUT] [--keys OUT] [--html OUT]
    python benchmarks/replay.py --from JSON --html OUT

Pieces of code are taken out of a copy of each tree, and typed again key by key in an editor without a window, which
asks for a suggestion after every key as Neovim and VS Code do. A suggestion that arrives before the next key is shown.
If its first line is all that remains of the line, or its text all that remains to be typed, the user takes it with one
key. `--still` stops the time: the user waits for every answer. `llama_server.py` builds and starts the peer.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

sys.path.append(str(Path(__file__).parent.parent / "tests"))  # the tests' editor is no installed package

from corpora import CorpusError, corpora, fetch
from fimble_indexer.syntax.languages import language_named
from fimble_server.errors import FimbleError
from replaying.circumstances import circumstances
from replaying.fimble import Fimble
from replaying.keyboard import Keyboard, indentation_unit
from replaying.llama_vim import LlamaVim
from replaying.measures import MEASURES, Outcome, as_data, from_data, outcome, summarise
from replaying.processes import cpu_seconds, peak_memory, until_quiet
from replaying.report import write_report
from replaying.targets import Target, choose_targets
from replaying.user import Buffer, Pace, Typed, type_target
from replaying.workspaces import copy_without

_SHOWN = ("saved", "saved_with_words", "precision", "shown_per_six_characters", "cold_ms_p50", "model_ms_p50")
_LANGUAGES = {"typescript": ("typescript", "tsx")}
_WITHOUT_TIME = {"first_answer_ms": 10_000, "line_ms": 10_000, "block_ms": 60_000}
"""Settings of the completion when time stands still: nothing is cut short for being late."""


class UsageError(Exception):
    """The arguments make no replay; the message says why."""


@dataclass(frozen=True)
class Tree:
    """A source tree: what it is called, where it is, and the languages to type; none means all."""

    name: str
    root: Path
    languages: tuple[str, ...] = ()


@dataclass
class Replay:
    """What a replay found so far."""

    outcomes: list[Outcome]
    keys: list[dict[str, Any]]
    peak_bytes: dict[str, int]


async def replay(arguments: argparse.Namespace) -> dict[str, Any]:
    """Type all targets of all trees with the chosen engines; return everything as JSON values.

    Files are written after every tree: a replay that is cut short leaves what it found.
    """
    _end_with_terminate()
    found = Replay([], [], {})
    peer: LlamaVim | None = None
    if url := arguments.both or arguments.peer:
        peer = await LlamaVim.connect(url, arguments.seed)
    facts = circumstances(arguments.model, await peer.properties() if peer else None)
    trees = _trees(arguments)
    for tree in trees:
        targets = choose_targets(tree.root, arguments.targets, arguments.seed, tree.languages)
        if not targets:
            raise UsageError(f"{tree.root} has no code to type")
        await _replay_tree(tree, targets, peer, arguments, found)
        data = {**facts, **_as_data(found, arguments, trees)}
        if arguments.keys:
            _write(arguments.keys, "".join(json.dumps(item) + "\n" for item in found.keys))
        if arguments.json:
            _write(arguments.json, json.dumps(data, indent=1) + "\n")
    if peer:
        await peer.close()
    return data


def _end_with_terminate() -> None:
    """End as with Ctrl+C when the process is told to, so that the server and engine that were started end, too."""
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _as_data(found: Replay, arguments: argparse.Namespace, trees: Sequence[Tree]) -> dict[str, Any]:
    return {
        "seed": arguments.seed,
        "keys_per_second": None if arguments.still else arguments.speed,
        "seconds_before_first_key": arguments.rest,
        "settings": _settings(arguments),
        "trees": [{"name": tree.name, **_origin(tree.name)} for tree in trees],
        "peak_bytes": found.peak_bytes,
        "summary": summarise(found.outcomes, arguments.seed),
        "outcomes": [as_data(item) for item in found.outcomes],
    }


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


async def _replay_tree(
    tree: Tree, targets: Sequence[Target], peer: LlamaVim | None, arguments: argparse.Namespace, found: Replay
) -> None:
    with tempfile.TemporaryDirectory(prefix="replay-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / tree.root.name
        copied = copy_without(tree.root, root, targets)
        texts = {target.path: (root / target.path).read_bytes().decode("utf-8") for target in targets}
        fimble = None if arguments.peer else await Fimble.start(root, _settings(arguments))
        try:
            engines: list[Fimble | LlamaVim] = [engine for engine in (fimble, peer) if engine is not None]
            for number, target in enumerate(targets):
                # Who comes second finds the machine warmer: they take turns.
                for engine in engines if number % 2 else engines[::-1]:
                    seconds, tokens = cpu_seconds(engine.processes()), await engine.decoded_tokens()
                    typed = await _type(engine, target, texts[target.path], _pace(arguments))
                    await until_quiet(engine.processes)  # what is done behind the answers counts, and disturbs nobody
                    found.outcomes.append(
                        outcome(
                            engine.name,
                            tree.name,
                            target,
                            typed,
                            repeated=target in copied.repeated,
                            cpu_seconds=cpu_seconds(engine.processes()) - seconds,
                            decoded_tokens=await engine.decoded_tokens() - tokens,
                        )
                    )
                    found.keys.append(_keys(engine.name, tree.name, target, typed))
                    _tell(found.outcomes[-1])
            for engine in engines:
                peak = max(found.peak_bytes.get(engine.name, 0), peak_memory(engine.processes()))
                found.peak_bytes[engine.name] = peak
        finally:
            if fimble:
                await fimble.close()


async def _type(engine: Fimble | LlamaVim, target: Target, text: str, pace: Pace) -> Typed:
    language = language_named(target.language)
    keyboard = Keyboard(
        text[: target.start].rpartition("\n")[2], indentation_unit(text), language.block_openers if language else ()
    )
    buffer = Buffer(target.path, target.language, text, target.start)
    typed = await type_target(engine, buffer, target.text, keyboard, pace)
    assert buffer.text == text[: target.start] + target.text + text[target.start :]
    return typed


def _pace(arguments: argparse.Namespace) -> Pace:
    return Pace(None if arguments.still else arguments.speed, arguments.rest)


def _trees(arguments: argparse.Namespace) -> list[Tree]:
    trees = []
    for path in arguments.paths:
        if not path.is_dir():
            raise UsageError(f"{path} is no folder")
        trees.append(Tree(path.resolve().name, path.resolve()))
    for name in arguments.corpus:
        root = fetch(name)
        language = corpora()[name].language
        trees.append(Tree(name, root, _LANGUAGES.get(language, (language,))))
    if not trees:
        raise UsageError("name a folder, or a corpus with --corpus")
    return trees


def _origin(name: str) -> dict[str, str]:
    corpus = corpora().get(name)
    return {} if corpus is None else {"version": corpus.version, "sha256": corpus.sha256, "package": corpus.package}


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the editor's settings: those of --set, by sections, and the model."""
    settings: dict[str, Any] = {"model": arguments.model} if arguments.model else {}
    if arguments.still:
        settings["completion"] = dict(_WITHOUT_TIME)
    for assignment in arguments.set:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {assignment}: write NAME=VALUE")
        section = settings
        *parents, last = name.split(".")
        for parent in parents:
            section = section.setdefault(parent, {})
        try:
            section[last] = json.loads(value)
        except json.JSONDecodeError:
            section[last] = value
    return settings


def _keys(engine: str, tree: str, target: Target, typed: Typed) -> dict[str, Any]:
    """Return a target with all its keys, suggestions and requests as JSON values: to look into, not to sum up."""
    return {
        "engine": engine,
        "tree": tree,
        "target": asdict(target),
        "keys": [asdict(key) for key in typed.keys],
        "shown": [asdict(shown) for shown in typed.shown],
        "requests": [asdict(request) for request in typed.requests],
    }


def _tell(item: Outcome) -> None:
    print(
        f"{item.engine:12} {item.language:10} {item.kind:6} {item.pressed_keys:4} of {item.baseline_keys:4} keys,"
        f" {item.accepted} of {item.shown} suggestions taken  {item.path}",
        file=sys.stderr,
    )


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="source trees")
    parser.add_argument("--corpus", nargs="+", default=[], metavar="NAME", help="published trees of corpora.toml")
    parser.add_argument("--targets", type=int, default=24, help="how many a tree")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=5.0, help="keys a second")
    parser.add_argument("--rest", type=float, default=1.0, help="seconds between entering a place and the first key")
    parser.add_argument("--still", action="store_true", help="wait for every answer before the next key")
    parser.add_argument("--engine", nargs="+", default=["fimble"], metavar="NAME", help="fimble, or llama-server URL")
    parser.add_argument("--both", metavar="URL", help="both engines, in turns; the address of llama-server")
    parser.add_argument("--model", default="", help="an installed model, or the path of a GGUF file")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings, as completion.enabled=true"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write everything to a file")
    parser.add_argument("--keys", type=Path, metavar="OUT", help="write every key to a file, one target a line")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write a report with plots")
    parser.add_argument("--from", dest="source", type=Path, metavar="JSON", help="report on an earlier replay")
    arguments = parser.parse_args(given)
    arguments.peer = None
    match arguments.engine:
        case ["fimble"]:
            pass
        case ["llama-server", url]:
            arguments.peer = url
        case _:
            parser.error("--engine is fimble, or llama-server and its URL")
    if arguments.speed <= 0 or arguments.targets < 1 or arguments.rest < 0:
        parser.error("--speed, --targets and --rest are positive")
    return arguments


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, replay, print the sums."""
    arguments = _arguments(given)
    try:
        if arguments.source:
            found = json.loads(arguments.source.read_text(encoding="utf-8"))
            found["summary"] = summarise([from_data(item) for item in found["outcomes"]], found["seed"])
        else:
            found = asyncio.run(replay(arguments))
        if arguments.html:
            write_report(found, arguments.html)
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("the replay was ended", file=sys.stderr)
        return 130
    except (UsageError, CorpusError, FimbleError, httpx.HTTPError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError) as error:
        if not arguments.source:
            raise
        print(f"{arguments.source} is no result of a replay: {error!r}", file=sys.stderr)
        return 2
    for engine, summary in found["summary"].items():
        print(engine, json.dumps({name: summary["all"][name]["value"] for name in MEASURES if name in _SHOWN}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
