"""From a wish to a plan: the files that it may be about, and what the model makes of them in a form that holds."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fimble_indexer.files.secrets import redact
from fimble_indexer.retrieval.repository_map import repository_map
from fimble_indexer.retrieval.search import is_test_path, search
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.definitions import DATA_KINDS
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import Definition
from fimble_indexer.words import identifiers, split_identifier
from fimble_prompts.planning import ShownFile, ask_for_plan
from fimble_server.chat.subjects import named_definitions, named_files
from fimble_server.edits.asking import ask
from fimble_server.edits.changes import plain
from fimble_server.edits.files import read_source
from fimble_server.edits.paths import PathError, check_path
from fimble_server.edits.places_of_tests import place_of_tests
from fimble_server.engine.client import Engine
from fimble_server.errors import FimbleError
from fimble_server.plans.grammar import plan_grammar
from fimble_server.plans.steps import MOST_STEPS, Action, Plan, PlanError, Step, read_steps
from fimble_server.suggest import CHARACTERS_PER_TOKEN

PROMPT_CHARACTERS = int(700 * CHARACTERS_PER_TOKEN)
"""Of the files that a plan may be about, as they are shown to the model."""
_MOST_FILES = 10
_HITS = 24
_MOST_DEFINITIONS = 8  # of one file
_MAP_SHARE = 0.3  # of the characters, for files that matter to the whole repository
_LONGEST_SIGNATURE = 100  # characters
_LONGEST_QUESTION = 2000  # characters
_ANSWER_TOKENS = 500
_REMOVED = re.compile(
    r"\b(?:remove|delete|drop)\s+(?:the\s+)?(?:file\s+|module\s+)?([`'\"]?[\w./+-]+\.\w+)", re.IGNORECASE
)
_TESTING = re.compile(r"\b(?:tests?|tested|unit-?tests?)\b", re.IGNORECASE)
_REMOVING = re.compile(
    r"\b(?:remov|delet|drop|rid\b|replac|renam|mov(?:e|ing)|merg|unus|obsolete|clean|split|extract)", re.IGNORECASE
)


@dataclass(frozen=True)
class Candidates:
    """The files that a plan may be about, as the model sees them, and all files of the workspace."""

    shown: tuple[ShownFile, ...]
    paths: tuple[str, ...]


def find_candidates(store: Store, question: str, characters: int) -> Candidates:
    """Return the files that a wish is most likely about, with what they define, within so many characters.

    Those that it names come first, then what a search finds with the tests beside it, then what matters most.
    """
    paths = store.paths()
    found = dict.fromkeys(named_files(store, question))
    found |= dict.fromkeys(hit.path for hit in named_definitions(store, question))
    found |= dict.fromkeys(path for path in paths if _is_titled(path, question))
    hits = search(store, question, _HITS) if identifiers(question) else []
    found |= dict.fromkeys(hit.path for hit in hits)
    found |= dict.fromkeys(path for near in list(found)[:3] for path in _tests_of(near, paths))
    mapped = repository_map(store, int(_MAP_SHARE * characters))
    found |= dict.fromkeys(file.path for file in sorted(mapped, key=lambda file: -file.rank))
    asked = {token for word in identifiers(question) for token in split_identifier(word)}
    lines = Counter(hit.path for hit in hits)
    shown: list[ShownFile] = []
    for path in found:
        most = _MOST_DEFINITIONS if path in lines or not shown else _MOST_DEFINITIONS // 2
        file = ShownFile(path, _outline(store.definitions_of(path), asked, most))
        characters -= len(file.path) + len(file.text) + 2
        if characters < 0 or len(shown) == _MOST_FILES:
            break
        shown.append(file)
    return Candidates(tuple(shown), tuple(paths))


async def make_plan(engine: Engine, root: Path, question: str, candidates: Candidates) -> Plan:
    """Return the model's plan. Only files that were shown can be changed, and removed only if the wish says so.

    Where the wish speaks of tests and the model forgets them, they are a step of their own.

    Raises:
        FimbleError: there is no plan, no model, or no engine.

    """
    question = redact(plain(question).strip())[:_LONGEST_QUESTION]
    if not question:
        raise PlanError("Say what is to be done")
    shown = [file for file in candidates.shown if _is_plain(root, file.path) and (root / file.path).is_file()]
    may_remove = _REMOVING.search(question) is not None
    answer = await ask(
        engine,
        ask_for_plan(question, shown, most=MOST_STEPS, may_remove=may_remove),
        maximum_tokens=_ANSWER_TOKENS,
        grammar=plan_grammar([file.path for file in shown], may_remove=may_remove),
    )
    plan = read_steps(answer.text, question, root, [file.path for file in shown])
    plan = _with_removals(plan, shown)
    return await asyncio.to_thread(_with_tests, plan, root, candidates.paths)


def _with_removals(plan: Plan, shown: Sequence[ShownFile]) -> Plan:
    """Take the user at their word: a file that is named right behind "remove" is removed."""
    named = {found.strip("`'\".,") for found in _REMOVED.findall(plan.question)}
    removed = {file.path for file in shown if any(file.path == n or file.path.endswith(f"/{n}") for n in named)}
    steps = [replace(step, action="remove") if step.path in removed else step for step in plan.steps]
    return replace(plan, steps=tuple(steps))


def _with_tests(plan: Plan, root: Path, paths: Sequence[str]) -> Plan:
    """Add the step that writes the tests which the wish speaks of, in the place that the repository has for them."""
    if not _TESTING.search(plan.question) or any(is_test_path(step.path) for step in plan.steps):
        return plan

    def read(path: str) -> str | None:
        try:
            return read_source(check_path(root, path))
        except FimbleError:
            return None

    for step in plan.steps:
        language = language_for_path(step.path)
        if step.action == "remove" or language is None:
            continue
        place = place_of_tests(step.path, read(step.path) or "", PurePosixPath(step.path).stem, language, paths, read)
        if place is None or place.path == step.path or not _is_plain(root, place.path):
            continue
        action: Action = "create" if read(place.path) is None else "change"
        tests = Step(len(plan.steps) + 1, action, place.path, f"Test this: {step.what}")
        return replace(plan, steps=(*plan.steps, tests))
    return plan


def _is_plain(root: Path, path: str) -> bool:
    try:
        check_path(root, path)
    except PathError:
        return False
    return True


def _is_titled(path: str, question: str) -> bool:
    """Tell whether a wish names a file such as README.md or Makefile by its title."""
    stem = PurePosixPath(path).name.partition(".")[0]
    return stem[:1].isupper() and stem in question and re.search(rf"\b{re.escape(stem)}\b", question) is not None


def _tests_of(path: str, paths: Sequence[str]) -> Iterable[str]:
    stem = PurePosixPath(path).name.partition(".")[0]
    names = {f"test_{stem}", f"{stem}_test", f"{stem}.test", f"{stem}.spec", f"{stem}Test", f"{stem}_spec"}
    for other in paths:
        if PurePosixPath(other).name.rpartition(".")[0] in names:
            yield other


def _outline(definitions: Sequence[Definition], asked: set[str], most: int) -> str:
    """Return a line for each of the definitions that tell most about a wish, in the order of the source."""
    code = [item for item in definitions if item.kind not in DATA_KINDS and item.kind not in {"field", "constant"}]
    code.sort(key=lambda item: (-_fit(item, asked), item.parent is not None, item.start_line))
    lines = sorted(code[:most], key=lambda item: item.start_line)
    return "".join(f"    {'    ' * (item.parent is not None)}{item.signature[:_LONGEST_SIGNATURE]}\n" for item in lines)


def _fit(definition: Definition, asked: set[str]) -> int:
    return len(asked.intersection(split_identifier(definition.name)))
