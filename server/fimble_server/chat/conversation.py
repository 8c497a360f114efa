"""Conversations: a message with what it mentions, answered in the light of what was said before, and kept."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fimble_indexer.files.secrets import redact
from fimble_indexer.storage.store import Store
from fimble_prompts.chat import Turn, chat_turns, fitting
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat import history
from fimble_server.chat.answers import Answer, checked, told
from fimble_server.chat.asking import generate
from fimble_server.chat.evidence import packed
from fimble_server.chat.kinds import classify
from fimble_server.chat.mentions import Mention, Surroundings, mentioned_excerpts, mentions_in
from fimble_server.chat.places import places_named
from fimble_server.chat.questions import Prepared, Removed, prepare, remaining
from fimble_server.config import ChatSettings
from fimble_server.edits.changes import plain
from fimble_server.engine.client import Engine
from fimble_server.engine.connection import EngineGoneError
from fimble_server.errors import FimbleError
from fimble_server.index import IndexingError, Result, database_path, look_up
from fimble_server.suggest import CHARACTERS_PER_TOKEN

_log = logging.getLogger(__name__)
_MOST_NAMED = 4
_INCOMPLETE = "Not all files of this repository are indexed yet, so there may be more to it."
_QUESTION_WORDS = frozenset(
    {"how", "what", "when", "where", "which", "who", "why", "does", "is", "are", "can", "explain"}
)


@dataclass(frozen=True)
class ChatRequest:
    """What the user says: the message, what the client added to it, and what of the context is to be left out.

    `is_indexed` is false while the index may lack files of the workspace.
    """

    conversation: str
    message: str
    mentions: Sequence[Mention] = ()
    without: Removed = frozenset()
    surroundings: Surroundings = field(default_factory=Surroundings)
    is_indexed: bool = True


@dataclass(frozen=True)
class Reply:
    """The answer, what it was given, and the tokens of both: as the model counted them, or an estimate without one."""

    answer: Answer
    excerpts: tuple[Excerpt, ...]
    used_tokens: int


async def converse(
    engine: Engine,
    root: Path | None,
    request: ChatRequest,
    settings: ChatSettings,
    *,
    on_context: Callable[[tuple[Excerpt, ...]], None],
    on_text: Callable[[str], None],
) -> Reply:
    """Answer a message and keep both in the history of the workspace.

    The excerpts are told before the model reads them, its text as it comes. Cancelling the task cancels the answer;
    what was written of it is kept as incomplete, also where the engine ends.

    Raises:
        FimbleError: a mention means nothing, or there is no model or no engine. The history stays as it was if nothing
            was written.

    """
    if not request.message.strip():
        raise FimbleError("the message is empty")
    before = await asyncio.to_thread(history.load, root, request.conversation)
    message = redact(plain(request.message))
    prepared = await _looked_up(root, lambda store: prepare_message(store, before, request, settings))
    on_context(prepared.excerpts)
    if prepared.told:
        on_text(prepared.told)
        answer = _with_reserve(told(prepared), prepared, request)
        await _keep(root, before, message, answer, settings)
        return Reply(answer, prepared.excerpts, 0)
    written: list[str] = []

    def pass_on(text: str) -> None:
        written.append(text)
        on_text(text)

    try:
        text, facts = await generate(
            engine, prepared, settings.answer_tokens, conversation=request.conversation, on_text=pass_on
        )
        answer = await _looked_up(root, lambda store: checked(store, text.strip(), prepared))
    except (asyncio.CancelledError, EngineGoneError):
        if any(written):
            unfinished = Answer("".join(written).strip(), ())
            await _keep(root, before, message, unfinished, settings, is_complete=False)
        raise
    answer = _with_reserve(answer, prepared, request)
    await _keep(root, before, message, answer, settings)
    used = facts.evaluated_tokens + facts.cached_tokens + facts.generated_tokens if facts else 0
    return Reply(answer, prepared.excerpts, used)


def prepare_message(
    store: Store | None, before: history.Conversation, request: ChatRequest, settings: ChatSettings
) -> Prepared:
    """Look up what a message is about: what it mentions, or what of the repository answers it.

    Raises:
        FimbleError: a mention means nothing.

    """
    text, mentions = mentions_in(redact(plain(request.message)))
    mentions += request.mentions
    earlier = fitting(_turns(before), _characters(settings.earlier_tokens))
    budget = _characters(settings.mention_tokens)
    mentioned = mentioned_excerpts(store, mentions, text, request.surroundings, budget)
    asks_repository = any(mention.kind == "repo" for mention in mentions) or not mentions
    if store is not None and asks_repository and _is_question(text):
        found = prepare(store, text, _characters(settings.excerpt_tokens), earlier=earlier, without=request.without)
        if not mentioned or found.told:
            return found
        mentioned += found.excerpts
    elif store is not None and not mentioned:
        mentioned = packed(store, places_named(store, text), _characters(settings.excerpt_tokens), _MOST_NAMED)
    excerpts = remaining(mentioned, request.without)
    return Prepared(excerpts, chat_turns(earlier, text, excerpts))


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return round(len(text) / CHARACTERS_PER_TOKEN)


async def _looked_up(root: Path | None, function: Callable[[Store | None], Result]) -> Result:
    """Return what a function finds in the index of a workspace, or without one where there is none."""
    try:
        if root is not None:
            return await look_up(database_path(root), function)
    except IndexingError:
        pass
    return await asyncio.to_thread(function, None)


def _with_reserve(answer: Answer, prepared: Prepared, request: ChatRequest) -> Answer:
    """Say of what an index without all files tells of the repository that it may not be all."""
    if request.is_indexed or not (prepared.told or prepared.task):
        return answer
    return replace(answer, text=f"{answer.text}\n\n{_INCOMPLETE}")


def _is_question(text: str) -> bool:
    words = text.lower().split()
    return classify(text).kind != "explanation" or "?" in text or words[0] in _QUESTION_WORDS


def _turns(conversation: history.Conversation) -> list[Turn]:
    return [Turn(message.role, message.content) for message in conversation.messages]


def _characters(tokens: int) -> int:
    return int(tokens * CHARACTERS_PER_TOKEN)


async def _keep(
    root: Path | None,
    before: history.Conversation,
    message: str,
    answer: Answer,
    settings: ChatSettings,
    *,
    is_complete: bool = True,
) -> None:
    if settings.keep_history:
        said = history.Message("assistant", answer.text, answer.citations, is_complete)
        try:
            await asyncio.to_thread(history.save, root, before.with_turn(message, said))
        except FimbleError as error:
            _log.warning("%s", error)  # the answer is there nevertheless
