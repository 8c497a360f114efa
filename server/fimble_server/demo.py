"""`fimble demo`: live completions at several places of a repository, with the code before and where the time went."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.syntax import Syntax
from rich.text import Text

from fimble_indexer.files.listing import list_files
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import parse
from fimble_server.config import load_settings
from fimble_server.index import update_index
from fimble_server.models.chosen import choose_model
from fimble_server.models.pull import pull_with_progress
from fimble_server.models.storage import ModelNotInstalledError
from fimble_server.suggest import Answer
from fimble_server.workspace import Workspace

_PLACES = 6
_SEED = 7
_PATIENCE_MS = 1000
"""To read code before the answer: nothing is prepared behind it here, unlike while somebody types."""
_LINES_SHOWN = 6
_LINE_LENGTHS = range(15, 61)
"""Characters of a line that is completed: long enough to matter, short enough to be shown."""
_SHORTEST_BODY = 5
"""Lines of a function in which a completion is worth a look."""


@dataclass(frozen=True)
class _Place:
    """A line in the body of a function, and how much of it is typed already."""

    path: Path
    text: str
    offset: int
    expected: str
    """The rest of the line as it stands in the file; removed before the model is asked."""


def show(root: Path, console: Console) -> None:
    """Get the model, index the workspace and print completions.

    Raises:
        FimbleError: the model cannot be had, or the workspace not be indexed.

    """
    settings, _ = load_settings(root)
    try:
        model = choose_model(settings.model)
    except ModelNotInstalledError:
        pull_with_progress(settings.model)
        model = choose_model(settings.model)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"Indexing {root.name}")
        summary = asyncio.run(
            update_index(root, on_progress=lambda done, total: progress.update(task, completed=done, total=total))
        )
    console.print(
        f"[bold]Model[/] {model.path.name}   [bold]Index[/] {summary['files']} files, {summary['parsed']} parsed "
        f"in {summary['seconds']:.2f} s"
    )
    asyncio.run(_complete_places(root, console))


async def _complete_places(root: Path, console: Console) -> None:
    settings, _ = load_settings(root)
    as_typed = {"candidates": 1, "block_lines": 1, "explicit_answer_ms": _PATIENCE_MS}
    one_line = settings.completion.model_copy(update=as_typed)
    workspace = Workspace([root], settings.model_copy(update={"completion": one_line}))
    try:
        for place in _places(root):
            answer = await workspace.suggest(
                document=str(place.path), path=place.path, text=place.text, offset=place.offset, explicit=True
            )
            _print(place, answer, root, console)
    finally:
        await workspace.close()


def _places(root: Path) -> Iterator[_Place]:
    """Choose places spread over the repository's code files, the same ones at every run."""
    files = sorted(file.path for file in list_files(root) if language_for_path(file.path))
    random.Random(_SEED).shuffle(files)  # noqa: S311 - the same places for everybody are the point
    found = (place for path in files if (place := _place_in(root / path)) is not None)
    for _, place in zip(range(_PLACES), found, strict=False):
        yield place


def _place_in(path: Path) -> _Place | None:
    language = language_for_path(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    if language is None:
        return None
    bodies = [
        definition
        for definition in parse(text.encode(), language).definitions
        if definition.kind in {"function", "method"} and definition.end_line - definition.start_line > _SHORTEST_BODY
    ]
    if not bodies:
        return None
    lines = text.splitlines(keepends=True)
    body = bodies[len(bodies) // 2]
    fitting = [n for n in range(body.start_line + 1, body.end_line) if len(lines[n].strip()) in _LINE_LENGTHS]
    if not fitting:
        return None
    number = fitting[-1]
    line = lines[number].rstrip("\r\n")
    typed = len(line) - len(line.lstrip()) + len(line.strip()) // 3
    rest = line[typed:]
    offset = sum(map(len, lines[:number])) + typed
    return _Place(path, text[:offset] + text[offset + len(rest) :], offset, rest)


def _print(place: _Place, answer: Answer, root: Path, console: Console) -> None:
    before = place.text[: place.offset]
    line = before.count("\n") + 1
    shown = "\n".join(before.split("\n")[-_LINES_SHOWN:])
    suggestion = answer.suggestions[0].text if answer.suggestions else ""
    timings = answer.explanation.timings_ms
    console.rule(escape(f"{place.path.relative_to(root)}:{line}"), align="left")
    lexer = Syntax.guess_lexer(str(place.path), place.text)
    code = Syntax(shown, lexer, background_color="default").highlight(shown)
    code.rstrip()
    console.print(code + Text(suggestion or "  (no suggestion)", style="bold black on bright_green"))
    verdict = "as in the file" if suggestion.strip() == place.expected.strip() else f"the file has: {place.expected}"
    stages = ", ".join(
        f"{stage} {timings[stage]:.0f}" for stage in ("context", "prefill", "decode") if stage in timings
    )
    console.print(
        Text(
            f"{timings.get('total', 0):.0f} ms ({stages}); {answer.explanation.evaluated_tokens} tokens read, "
            f"{answer.explanation.cached_tokens} cached, {answer.explanation.generated_tokens} written; {verdict}",
            style="dim",
        )
    )
