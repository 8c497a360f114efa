"""What the model writes about a commit: sentences on files that are too large for one prompt, then subjects."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic
from uuid import uuid4

from fimble_indexer.files.secrets import redact
from fimble_prompts.commit_messages import ChangedFile, repeats_prompt, subject_grammar, subject_prompt, summary_prompt
from fimble_server.commits.claims import claims
from fimble_server.commits.excerpt import excerpt, excerpts, is_worth_reading
from fimble_server.commits.facts import Facts, is_public
from fimble_server.commits.languages import language_name
from fimble_server.commits.message import shaped
from fimble_server.commits.prefixes import likely_types, prefix_of
from fimble_server.commits.style import Style
from fimble_server.commits.verbs import verbs_in
from fimble_server.commits.wording import is_sweeping, summary
from fimble_server.config import CommitSettings
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import ChatMessage, Generate
from fimble_server.suggest import CHARACTERS_PER_TOKEN

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and which step of how many that is."""

_SUBJECT_TOKENS = 40
_LONGEST_LINE = 96
"""Characters that the model may write: more than a subject may have, so that it can be cut where a clause ends."""
_SUMMARY_TOKENS = 28
_LONGEST_SUMMARY = 90
_SUMMARY_CHARACTERS = 1200
"""Of a diff that is summed up."""
_SMALL = 400
"""Characters of a diff that need no summary."""
_MOST_SUMMARIES = 6
_MOST_FILES = 20
"""Files that a prompt names."""
_MOST_CLAIMS = 2
_TEMPERATURE = 0.5
_SHORTEST_SENTENCE = 8
_VAGUE = frozenset({"change", "modify", "update"})
"""Verbs that say nothing of a change of code."""
_ADDING = frozenset({"add", "create", "implement", "introduce"})
_REMOVING = frozenset({"delete", "drop", "remove"})
_MOVING = frozenset({"bump", "upgrade"})
_NAMING = frozenset({"move", "rename"})
_TELLING = frozenset({"document", "test"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A subject that the model has written."""

    subject: str
    is_likeliest: bool = False
    """Whether it took the likeliest word each time."""
    is_cut: bool = False
    """Whether it had more to say than there was room for."""


def _wrong_verbs(facts: Sequence[Facts]) -> frozenset[str]:
    """Return the verbs that what is certain speaks against."""
    if all(file.kind != "source" for file in facts):
        return frozenset()
    holds = {
        _VAGUE: False,
        _TELLING: False,
        _ADDING: any(
            file.change.status == "added" or any(map(is_public, file.added)) for file in facts if file.kind == "source"
        ),
        _REMOVING: any(file.change.removed for file in facts),
        _MOVING: any(file.dependencies or file.change.is_submodule for file in facts),
        _NAMING: any(file.change.status == "renamed" or (file.added and file.removed) for file in facts),
    }
    return frozenset().union(*(verbs for verbs, is_right in holds.items() if not is_right))


def _told(facts: Facts) -> str:
    """Return what is done to a file: what new tests say if that is it, else the facts."""
    told = claims(facts)[:_MOST_CLAIMS]
    return f"test that {' and that '.join(told)}" if told else summary(facts)


class Writer:
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
        """Write until `deadline`, a time of `monotonic`; files are summed up in the first half of the time."""
        self._engine, self._style, self._settings = engine, style, settings
        self._facts = sorted(facts, key=lambda file: -file.weight)
        self._deadline = deadline
        self._on_progress = on_progress
        self._conversation = f"commit-{uuid4()}"
        self._summaries: dict[str, str] = {}

    async def read_files(self) -> None:
        """Sum up, as long as time allows, the heavy files of which the prompt can hold only a small part.

        Of small files the facts say enough, and of a sweeping change no few files do.
        """
        if is_sweeping(self._facts):
            return
        shown = excerpts(self._facts, self._room)
        files = [
            file
            for file in filter(is_worth_reading, self._facts[: 2 * _MOST_SUMMARIES])
            if max(2 * len(shown.get(file.path, "")), _SMALL) < len(excerpt(file, _SUMMARY_CHARACTERS))
        ]
        grammar = subject_grammar([], verbs_in("imperative", capital=False), _LONGEST_SUMMARY)
        for number, file in enumerate(files[:_MOST_SUMMARIES]):
            if self._deadline - monotonic() < self._settings.seconds / 2:
                return
            self._on_progress(f"reading {file.name}", number, min(len(files), _MOST_SUMMARIES))
            turns = summary_prompt(file.name, excerpt(file, _SUMMARY_CHARACTERS))
            line = await self._line(turns, grammar, tokens=_SUMMARY_TOKENS)
            plain = replace(self._style, mood="imperative", capital=False, subject_limit=_LONGEST_SUMMARY)
            self._summaries[file.path] = shaped(line, "", plain)

    async def subjects(self, attempt: int) -> AsyncIterator[Draft]:
        """Yield the likeliest subject and some others; another `attempt` gives others."""
        style, settings = self._style, self._settings
        prefixes = list(dict.fromkeys(prefix_of(self._facts, style, name) for name in likely_types(self._facts, style)))
        limit = style.subject_limit - style.full_stop
        turns = subject_prompt(
            self._changed(),
            others=max(len(self._facts) - _MOST_FILES, 0),
            mood=style.mood,
            limit=limit - max(map(len, prefixes)),
            language="" if style.language == "en" else language_name(style.language),
        )
        grammar = subject_grammar(prefixes, self._verbs(), _LONGEST_LINE)
        for number in range(settings.candidates):
            self._on_progress("writing", number, settings.candidates)
            is_likeliest = not number and not attempt
            line = await self._line(
                turns,
                grammar,
                tokens=_SUBJECT_TOKENS,
                temperature=0.0 if is_likeliest else _TEMPERATURE,
                seed=settings.candidates * attempt + number,
            )
            prefix = next((prefix for prefix in prefixes if prefix and line.startswith(prefix)), "")
            sentence = line.removeprefix(prefix).strip()
            if len(sentence) >= _SHORTEST_SENTENCE and not repeats_prompt(sentence):
                yield Draft(shaped(sentence, prefix, style), is_likeliest, is_cut=len(line) > limit)

    def _verbs(self) -> list[str]:
        if self._style.language != "en":
            return []
        return verbs_in(self._style.mood, capital=self._style.capital, without=_wrong_verbs(self._facts))

    def _changed(self) -> list[ChangedFile]:
        shown = excerpts(self._facts, self._room)
        return [
            ChangedFile(file.name, self._summaries.get(file.path) or _told(file), shown.get(file.path, ""))
            for file in self._facts[:_MOST_FILES]
        ]

    @property
    def _room(self) -> int:
        """Characters of diffs that a prompt may hold."""
        return int(self._settings.prompt_tokens * CHARACTERS_PER_TOKEN)

    async def _line(
        self, turns: tuple[str, str], grammar: str, *, tokens: int, temperature: float = 0.0, seed: int = 0
    ) -> str:
        system, user = turns
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
        async with aclosing(self._engine.generate(request)) as answer:
            return "".join([piece async for piece in answer if isinstance(piece, str)]).strip()
