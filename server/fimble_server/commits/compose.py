"""A message for what is staged: facts by syntax, subjects by the model, a form that the repository's history gives.

The model reads as much of the diff as it can in the time given, writes several subjects behind one prompt, and the one
is taken that says most of what is certain. What it leaves out, the facts add. Without a model they say it all.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from fimble_indexer.files.secrets import redact
from fimble_server.commits.changes import Change, staged_changes
from fimble_server.commits.choice import best_first, is_certain, is_good
from fimble_server.commits.facts import Facts, facts_of
from fimble_server.commits.message import from_facts, with_body
from fimble_server.commits.redaction import without_secrets
from fimble_server.commits.repository import Repository, RepositoryError
from fimble_server.commits.style import Style, learn_style
from fimble_server.commits.wording import summary
from fimble_server.commits.writer import Draft, Progress, Writer
from fimble_server.config import CommitSettings
from fimble_server.engine.client import Engine
from fimble_server.errors import FimbleError

_SHORTER = 0.75
_SHORTEST = 24
"""Characters that a subject may have even if a shorter one is wanted."""
SHORT = 48
"""Characters of a subject that is wanted short."""


@dataclass(frozen=True)
class Suggestion:
    """Messages to choose from, the best first, and what the user should know of the changes."""

    candidates: tuple[str, ...]
    warnings: tuple[str, ...]
    facts: tuple[Facts, ...]
    style: Style
    from_model: bool

    @property
    def message(self) -> str:
        """Return the best one."""
        return self.candidates[0]


def shorter_limit(message: str) -> int:
    """Return how long a subject may be that is to be shorter than that of a message."""
    return int(_SHORTER * len(message.partition("\n")[0]))


def as_data(suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion as plain data, as `fimble commit --json` prints it."""
    return {
        "message": suggestion.message,
        "candidates": list(suggestion.candidates),
        "warnings": list(suggestion.warnings),
        "from_model": suggestion.from_model,
        "style": {
            "form": suggestion.style.form,
            "mood": suggestion.style.mood,
            "language": suggestion.style.language,
            "subject_limit": suggestion.style.subject_limit,
            "body_width": suggestion.style.body_width,
        },
        "files": [
            {
                "path": file.path,
                "status": file.change.status,
                "kind": file.kind,
                "added": file.change.added,
                "removed": file.change.removed,
                "symbols": [redact(symbol) for symbol in file.symbols],
                "summary": redact(summary(file)),
            }
            for file in suggestion.facts
        ],
    }


async def suggest_message(
    repository: Repository,
    engine: Engine | None,
    settings: CommitSettings,
    *,
    amend: bool = False,
    only_best: bool = False,
    longest: int = 0,
    attempt: int = 0,
    on_progress: Progress | None = None,
) -> Suggestion:
    """Return messages for what is staged; without an engine, or one that fails, from the facts alone.

    With `only_best` no more is written than one message needs; with `longest`, a subject alone, of so many characters.
    Another `attempt` gives other messages. `on_progress` is told what is done, and which step of how many it is.

    Raises:
        RepositoryError: nothing is staged, there are conflicts, or git fails.

    """
    changes = await asyncio.to_thread(staged_changes, repository, amend=amend)
    if not changes:
        raise RepositoryError("nothing is staged; stage changes with git add, or use --all")
    return await suggest_for(
        changes,
        repository,
        engine,
        settings,
        only_best=only_best,
        longest=longest,
        attempt=attempt,
        on_progress=on_progress,
    )


async def suggest_for(
    changes: Sequence[Change],
    repository: Repository,
    engine: Engine | None,
    settings: CommitSettings,
    *,
    only_best: bool = False,
    longest: int = 0,
    attempt: int = 0,
    on_progress: Progress | None = None,
) -> Suggestion:
    """Return messages for changes; see `suggest_message`."""
    deadline = monotonic() + settings.seconds
    async with _waking(engine):
        clean, warnings = await asyncio.to_thread(without_secrets, changes)
        style = await asyncio.to_thread(learn_style, repository)
        if longest:
            style = replace(style, subject_limit=max(min(longest, style.subject_limit), _SHORTEST), has_body=False)
        facts = await asyncio.to_thread(facts_of, clean, repository)
        certain_first = not attempt and is_certain(facts, style)
        drafts: list[Draft] = []
        if engine is not None and not (only_best and certain_first):
            writer = Writer(engine, facts, style, settings, deadline, on_progress or (lambda *_: None))
            try:
                async with asyncio.timeout(max(deadline - monotonic(), 0)):
                    await writer.read_files()
                    async for draft in writer.subjects(attempt):
                        drafts.append(draft)  # what is there when the time is up counts
                        if only_best and is_good(draft, facts, style.subjects):
                            break
            except FimbleError as error:
                warnings = (*warnings, f"{error}; the message says what is certain, without a model")
            except TimeoutError:
                if not drafts:
                    warnings = (
                        *warnings,
                        f"the model was not ready within {settings.seconds:g} s; the message does without",
                    )
    ordered = await asyncio.to_thread(best_first, drafts, facts, style.subjects)
    messages = [with_body(subject, facts, style) for subject in ordered]
    messages.insert(0 if certain_first else len(messages), from_facts(facts, style))
    return Suggestion(
        tuple(dict.fromkeys(redact(str(message)) for message in messages)),
        tuple(warnings),
        facts,
        style,
        from_model=bool(drafts),
    )


@asynccontextmanager
async def _waking(engine: Engine | None) -> AsyncIterator[None]:
    """Let the engine start, which takes a while, as the changes are read."""

    async def wake() -> None:
        with suppress(FimbleError):  # said again when something is asked of it
            if engine is not None:
                await engine.status()

    task = asyncio.create_task(wake())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
