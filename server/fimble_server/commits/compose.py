"""A message for what is staged: facts by syntax, subjects by the model, a form that the repository's history gives.

The model reads as much of the diff as it can in the time given, writes several subjects behind one prompt, and the one
is taken that says most of what is certain. What it leaves out, the facts add. Without a model they say it all.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any
from uuid import uuid4

from fimble_indexer.files.secrets import redact
from fimble_prompts.commit_messages import ChangedFile, line_grammar, subject_prompt, summary_prompt
from fimble_server.commits.changes import Change, staged_changes
from fimble_server.commits.choice import best_first
from fimble_server.commits.excerpt import excerpt, excerpts, is_worth_reading
from fimble_server.commits.facts import Facts, facts_of
from fimble_server.commits.languages import language_name
from fimble_server.commits.message import from_facts, likely_types, prefix_of, shaped, with_body, written_before
from fimble_server.commits.redaction import without_secrets
from fimble_server.commits.repository import Repository, RepositoryError
from fimble_server.commits.style import Style, learn_style
from fimble_server.commits.wording import summary
from fimble_server.config import CommitSettings
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import ChatMessage, Generate
from fimble_server.errors import FimbleError
from fimble_server.suggest import CHARACTERS_PER_TOKEN

_SUBJECT_TOKENS = 40
_SUMMARY_TOKENS = 24
_SUMMARY_CHARACTERS = 1200
_MOST_SUMMARIES = 6
_MOST_FILES = 20
"""Files that a prompt names; the rest is told by their number."""
_TEMPERATURE = 0.8
_SHORTER = 0.75
_SHORTEST = 24
"""Characters that a subject may have even if a shorter one is wanted."""
_SHORTEST_SENTENCE = 8
_SUMMARY_LENGTH = 90
SHORT = 48
"""Characters of a subject that is wanted short."""
Progress = Callable[[str, int, int], None]


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
                "symbols": list(file.symbols),
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
    longest: int = 0,
    attempt: int = 0,
    on_progress: Progress | None = None,
) -> Suggestion:
    """Return messages for what is staged; without an engine, or one that fails, from the facts alone.

    With `longest`, a subject alone, of so many characters. Another `attempt` gives other messages. `on_progress` is
    told what is done, and which step of how many it is.

    Raises:
        RepositoryError: nothing is staged, there are conflicts, or git fails.

    """
    changes = await asyncio.to_thread(staged_changes, repository, amend=amend)
    if not changes:
        raise RepositoryError("nothing is staged; stage changes with git add, or use --all")
    return await suggest_for(
        changes, repository, engine, settings, longest=longest, attempt=attempt, on_progress=on_progress
    )


async def suggest_for(
    changes: Sequence[Change],
    repository: Repository,
    engine: Engine | None,
    settings: CommitSettings,
    *,
    longest: int = 0,
    attempt: int = 0,
    on_progress: Progress | None = None,
) -> Suggestion:
    """Return messages for changes; see `suggest_message`."""
    deadline = monotonic() + settings.seconds
    clean, warnings = await asyncio.to_thread(without_secrets, changes)
    style = await asyncio.to_thread(learn_style, repository)
    if longest:
        style = replace(style, subject_limit=max(min(longest, style.subject_limit), _SHORTEST), has_body=False)
    facts = await asyncio.to_thread(facts_of, clean, repository)
    subjects: list[str] = []
    told: dict[str, str] = {}
    if engine is not None:
        writer = _Writer(engine, facts, style, settings, deadline, on_progress or (lambda *_: None))
        try:
            async with asyncio.timeout(max(deadline - monotonic(), 0)):
                await writer.read_files(told)
                await writer.write_subjects(subjects, told, attempt)
        except FimbleError as error:
            warnings = (*warnings, f"{error}; the message says what is certain, without a model")
        except TimeoutError:
            if not subjects:
                warnings = (
                    *warnings,
                    f"the model was not ready within {settings.seconds:g} s; the message does without",
                )
    ordered = written_before(facts, style)
    ordered += await asyncio.to_thread(best_first, subjects, facts, style.subjects)
    messages = [with_body(subject, facts, style, told) for subject in ordered] + [from_facts(facts, style)]
    return Suggestion(
        tuple(dict.fromkeys(redact(str(message)) for message in messages)),
        tuple(warnings),
        facts,
        style,
        from_model=bool(subjects),
    )


class _Writer:
    """Asks the engine about one commit, in one conversation so that what it has read is read once."""

    def __init__(
        self,
        engine: Engine,
        facts: Sequence[Facts],
        style: Style,
        settings: CommitSettings,
        deadline: float,
        on_progress: Progress,
    ) -> None:
        self._engine, self._facts, self._style, self._settings = engine, facts, style, settings
        self._deadline = deadline
        self._on_progress = on_progress
        self._conversation = f"commit-{uuid4()}"

    async def read_files(self, told: dict[str, str]) -> None:
        """Sum up, as long as time allows, the heavy files whose diffs are too large for one prompt."""
        limit = self._diff_characters()
        heavy = sorted(filter(is_worth_reading, self._facts), key=lambda file: -file.weight)
        sizes = {file.path: len(excerpt(file, limit)) for file in heavy}
        if sum(sizes.values()) < limit:
            return
        shown = excerpts(self._facts, limit)
        cut = [file for file in heavy if len(shown.get(file.path, "")) < sizes[file.path] / 2][:_MOST_SUMMARIES]
        for number, file in enumerate(cut):
            self._on_progress(f"reading {file.path}", number, len(cut))
            if self._deadline - monotonic() < self._settings.seconds / 2:
                break
            system, user = summary_prompt(file.path, excerpt(file, _SUMMARY_CHARACTERS))
            grammar = line_grammar([], capital=True, limit=_SUMMARY_LENGTH, ascii_only=self._style.language == "en")
            line = await self._line(system, user, grammar, tokens=_SUMMARY_TOKENS)
            if line:
                told[file.path] = shaped(line, "", replace(self._style, subject_limit=_SUMMARY_LENGTH, capital=False))

    async def write_subjects(self, subjects: list[str], told: dict[str, str], attempt: int) -> None:
        """Write one subject that is likeliest, and others that are likely."""
        style = self._style
        types = likely_types(self._facts, style)
        prefixes = [prefix_of(self._facts, style, type_) for type_ in types] if style.form == "conventional" else []
        prefixes = prefixes or [prefix_of(self._facts, style)]
        room = style.subject_limit - max(map(len, prefixes)) - style.full_stop
        system, user = subject_prompt(
            self._changed(told),
            mood=style.mood,
            limit=room,
            language=language_name(style.language) if style.language != "en" else "",
        )
        grammar = line_grammar(
            prefixes,
            capital=style.capital,
            limit=room + 1,
            ascii_only=style.language == "en",
        )
        for number in range(self._settings.candidates):
            self._on_progress("writing", number, self._settings.candidates)
            line = await self._line(
                system,
                redact(user),
                grammar,
                temperature=_TEMPERATURE if number or attempt else 0.0,
                seed=self._settings.candidates * attempt + number,
                tokens=_SUBJECT_TOKENS,
            )
            prefix = next((prefix for prefix in prefixes if prefix and line.startswith(prefix)), "")
            sentence = line.removeprefix(prefix)
            if len(sentence.strip()) >= _SHORTEST_SENTENCE:
                subjects.append(shaped(sentence, prefix, style))

    def _changed(self, told: dict[str, str]) -> list[ChangedFile]:
        shown = excerpts(self._facts, self._diff_characters())
        ordered = sorted(self._facts, key=lambda file: -file.weight)
        return [
            ChangedFile(file.path, told.get(file.path) or summary(file), shown.get(file.path, ""))
            for file in ordered[:_MOST_FILES]
        ]

    def _diff_characters(self) -> int:
        return int(self._settings.prompt_tokens * CHARACTERS_PER_TOKEN)

    async def _line(
        self, system: str, user: str, grammar: str, *, tokens: int, temperature: float = 0.0, seed: int = 0
    ) -> str:
        request = Generate(
            id=0,
            messages=(ChatMessage("system", system), ChatMessage("user", redact(user))),
            conversation=self._conversation,
            maximum_tokens=tokens,
            temperature=temperature,
            seed=seed,
            stop=("\n",),
            grammar=grammar,
        )
        async with aclosing(self._engine.generate(request)) as answer:  # type: ignore[type-var]
            return "".join([piece async for piece in answer if isinstance(piece, str)]).strip()
