r"""From a cursor to a suggestion: answered from what is known already, or by the engine; then filtered.

For every open document an anchor stands where typing began (see `fimble_prompts.fim`), and what the model said behind
it is remembered (see `remembered`). Within, lines end in "\n"; what is suggested has the line ends of the document.
"""

import asyncio
import math
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter

from fimble_indexer.files.secrets import is_secret_file, redact
from fimble_indexer.syntax.languages import Language
from fimble_prompts.fim import Format, Snippet, set_anchor
from fimble_server.config import CompletionSettings
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import Candidate, Complete, Completion
from fimble_server.errors import FimbleError
from fimble_server.extent import stop_for
from fimble_server.postprocess import Place, Shown, postprocess
from fimble_server.power import on_battery
from fimble_server.prompting import AnchoredDocument, PromptMaker

CHARACTERS_PER_TOKEN = 3.2
"""Of source code, for vocabularies of the size of today's; budgets in tokens become lengths in characters by it."""
LARGEST_DOCUMENT = 2_000_000
"""Characters; a larger one is not source code that somebody writes."""
_LOADING_POLL_SECONDS = 0.05
_SHORTEST_PROMPT_TOKENS = 120
"""Less tells the model nothing, however slow the machine."""
_MOST_DOCUMENTS = 32
_LONGEST_CHECKED_LINE = 10_000
"""Characters; what is longer is data, and its prompt is redacted all the same."""
_LINE_TOKENS = 64
_TOKENS_A_LINE = 24
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Cursor:
    """Where a suggestion is wanted; `path` is relative to the workspace, `offset` counts characters of `text`."""

    document: str
    path: str
    text: str
    offset: int
    language: Language | None = None
    explicit: bool = False

    @property
    def line(self) -> str:
        """The whole line that the cursor is on."""
        start = self.text.rfind("\n", 0, self.offset) + 1
        end = self.text.find("\n", self.offset)
        return self.text[start : end if end >= 0 else len(self.text)]


@dataclass(frozen=True)
class Suggestion:
    """Text to insert at the cursor in place of the next `replaced` characters."""

    text: str
    replaced: int = 0


@dataclass(frozen=True)
class Explanation:
    """Why a suggestion looks as it does, or why there is none."""

    origin: str
    """`model`, `typed-through`, `remembered`, or the reason why nobody was asked."""
    snippets: tuple[Snippet, ...] = ()
    evaluated_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    timings_ms: dict[str, float] = field(default_factory=dict)
    line_log_probability: float | None = None
    model: str = ""
    prompt: str = ""
    extent: str = ""
    """`line` or `block`: how far the model was asked to go."""
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The suggestions for a cursor, the best first, and their explanation."""

    suggestions: tuple[Suggestion, ...]
    explanation: Explanation


FindSnippets = Callable[[Cursor], tuple[Snippet, ...]]


class Suggester:
    """Answers cursors; holds the anchors and the remembered answers of the open documents."""

    def __init__(
        self,
        engine: Engine,
        fim: Format,
        find_snippets: FindSnippets,
        *,
        settings: CompletionSettings,
        model: str,
    ) -> None:
        """Use an engine and a format; `find_snippets` looks other files up and must be quick."""
        self._engine = engine
        self._stop_tokens = fim.stops
        self._find_snippets = find_snippets
        self._settings = settings
        self._prompts = PromptMaker(
            fim,
            prefix_limit=int(settings.prefix_tokens * CHARACTERS_PER_TOKEN),
            suffix_limit=int(settings.suffix_tokens * CHARACTERS_PER_TOKEN),
        )
        self._model = model
        self._documents: OrderedDict[str, AnchoredDocument] = OrderedDict()
        self._tokens_per_second = 0.0

    def forget(self, document: str) -> None:
        """Drop what is remembered of a document: it was closed."""
        self._documents.pop(document, None)

    async def suggest(self, cursor: Cursor, on_text: Callable[[str], None] | None = None) -> Answer:
        """Return suggestions for the cursor; an empty answer says why. Cancelling the task cancels the request.

        Raises:
            FimbleError: the engine cannot be had, in one sentence for the user.

        """
        if (reason := self._refusal(cursor)) is not None:
            return Answer((), Explanation(reason))
        started = perf_counter()
        line_end = _LINE_END.search(cursor.text)
        answer = await self._answer(_with_plain_line_ends(cursor), on_text, started)
        if line_end is None or line_end[0] == "\n":
            return answer
        suggestions = (
            replace(suggestion, text=_LINE_END.sub(line_end[0], suggestion.text)) for suggestion in answer.suggestions
        )
        return replace(answer, suggestions=tuple(suggestions))

    async def _answer(self, cursor: Cursor, on_text: Callable[[str], None] | None, started: float) -> Answer:
        document, typed = self._anchored(cursor)
        remembered = None if cursor.explicit else document.answers.recall(typed)
        if remembered is not None:
            candidates, origin = remembered
            explanation = Explanation(origin, document.anchor.snippets, model=self._model)
        else:
            anchored = perf_counter()
            await self._learn_speed()
            connected = perf_counter()
            request = self._request(cursor, document, typed)
            completion = await self._engine.complete(request, on_text)
            if completion is None:
                return Answer((), Explanation("superseded"))
            self._learn(document, typed, completion)
            candidates = completion.candidates
            explanation = Explanation(
                "model",
                document.snippets.get(completion.prompt, ()),
                completion.evaluated_tokens,
                completion.cached_tokens,
                completion.generated_tokens,
                {
                    "context": 1000 * (anchored - started),
                    "engine": 1000 * (connected - anchored),
                    **completion.timings_ms,
                },
                model=self._model,
                prompt=completion.prompt,
                extent=request.stop.until,
            )
        return self._shown(cursor, candidates, explanation, started)

    def _refusal(self, cursor: Cursor) -> str | None:
        """Say why nobody is asked, or None."""
        name = cursor.language.name if cursor.language else ""
        line = cursor.line
        reasons = {
            "the file holds secrets": is_secret_file(cursor.path),
            "the file is too large": len(cursor.text) > LARGEST_DOCUMENT,
            "the line holds a secret": len(line) <= _LONGEST_CHECKED_LINE and redact(line) != line,
        }
        if not cursor.explicit:
            following = cursor.text[cursor.offset : cursor.offset + 1]
            reasons |= {
                "switched off": not self._settings.enabled or name in self._settings.disabled_languages,
                "inside a word": following.isalnum() or following == "_",
            }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def _anchored(self, cursor: Cursor) -> tuple[AnchoredDocument, str]:
        """Return the document's state and the text typed behind its anchor, which is set anew if need be."""
        document = self._documents.get(cursor.document)
        if document is not None and (typed := document.anchor.typed(cursor.text, cursor.offset)) is not None:
            self._documents.move_to_end(cursor.document)
            return document, typed
        anchor = set_anchor(cursor.text, cursor.offset, self._find_snippets(cursor))
        document = document.next(anchor) if document else AnchoredDocument(cursor.path, anchor)
        self._documents[cursor.document] = document
        self._documents.move_to_end(cursor.document)
        if len(self._documents) > _MOST_DOCUMENTS:
            self._documents.popitem(last=False)
        return document, anchor.typed(cursor.text, cursor.offset, len(cursor.text)) or ""

    def _request(self, cursor: Cursor, document: AnchoredDocument, typed: str) -> Complete:
        settings = self._settings
        stop = stop_for(
            cursor.text, cursor.offset, cursor.language, explicit=cursor.explicit, block_lines=settings.block_lines
        )
        line = stop.until == "line"
        patience = settings.explicit_answer_ms if cursor.explicit else settings.first_answer_ms
        affordable = max(self._tokens_per_second * patience / 1000, _SHORTEST_PROMPT_TOKENS) * CHARACTERS_PER_TOKEN
        prompts = self._prompts.prompts(
            document, cursor.text, cursor.offset, typed, affordable=int(affordable), explicit=cursor.explicit
        )
        minimum = settings.minimum_probability
        return Complete(
            id=0,
            document=cursor.document,
            prompts=tuple(prompts),
            stop=stop,
            stop_tokens=self._stop_tokens,
            maximum_tokens=_LINE_TOKENS if line else _TOKENS_A_LINE * stop.lines,
            prefill_ms=patience,
            decode_ms=settings.line_ms if line else settings.block_ms,
            candidates=settings.candidates if cursor.explicit else 1,
            prepare=settings.prepare == "always" or (settings.prepare == "on mains" and not on_battery()),
            minimum_line=math.log(minimum) if minimum and not cursor.explicit else None,
        )

    async def _learn_speed(self) -> None:
        """Wait until the engine knows how fast this machine reads: a prompt's size depends on it."""
        while not self._tokens_per_second:
            status = await self._engine.status()
            self._tokens_per_second = status.prefill_tokens_per_second
            if status.state == "failed":
                raise FimbleError(status.error)
            if not self._tokens_per_second:
                await asyncio.sleep(_LOADING_POLL_SECONDS)

    def _learn(self, document: AnchoredDocument, typed: str, completion: Completion) -> None:
        document.answers.learn(typed, completion.candidates)
        if completion.prompt == document.rich_name:
            document.previous = None
        self._tokens_per_second = completion.prefill_tokens_per_second

    def _shown(
        self, cursor: Cursor, candidates: tuple[Candidate, ...], explanation: Explanation, started: float
    ) -> Answer:
        filtering = perf_counter()
        suggestions: list[Suggestion] = []
        filters: list[str] = []
        for candidate in candidates:
            shown = self._filtered(cursor, candidate)
            filters += shown.filters
            suggestion = Suggestion(shown.text, shown.replaced)
            if shown.text and suggestion not in suggestions:
                suggestions.append(suggestion)
        ended = perf_counter()
        explanation = replace(
            explanation,
            timings_ms={
                **explanation.timings_ms,
                "filter": 1000 * (ended - filtering),
                "total": 1000 * (ended - started),
            },
            line_log_probability=candidates[0].line_log_probability if candidates else None,
            filters=tuple(dict.fromkeys(filters)),
        )
        return Answer(tuple(suggestions), explanation)

    def _filtered(self, cursor: Cursor, candidate: Candidate) -> Shown:
        if not cursor.explicit and math.exp(candidate.line_log_probability) < self._settings.minimum_probability:
            return Shown("", filters=("refuse_unlikely",))
        before, after = cursor.text[: cursor.offset], cursor.text[cursor.offset :]
        place = Place(before, after, cursor.language, explicit=cursor.explicit, finished=candidate.finished)
        return postprocess(candidate.text, place)


def _with_plain_line_ends(cursor: Cursor) -> Cursor:
    if "\r" not in cursor.text:
        return cursor
    before = _LINE_END.sub("\n", cursor.text[: cursor.offset])
    after = _LINE_END.sub("\n", cursor.text[cursor.offset :])
    return replace(cursor, text=before + after, offset=len(before))
