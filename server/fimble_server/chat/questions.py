"""Questions about a repository: what is looked up for them, what a model is asked, what its answer is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fimble_indexer.retrieval.search import SymbolHit
from fimble_indexer.storage.store import Store
from fimble_prompts.chat import Turn
from fimble_prompts.excerpts import Excerpt
from fimble_prompts.questions import Task, answer_grammar, question_turns
from fimble_server.chat import facts
from fimble_server.chat.evidence import find_excerpts, missing_words, overview_excerpts
from fimble_server.chat.kinds import Classified, classify
from fimble_server.chat.subjects import named_definitions, named_files

NOT_FOUND = "Not found:"
"""How an answer begins that is none."""
CLOSEST = 3
"""Places that are shown where there is no answer."""
_MOST_EXCERPTS = {"overview": 5, "place": 8, "explanation": 6}
_PRONOUNS = frozenset({"it", "its", "that", "them", "these", "they", "this", "those"})
_BESIDE_A_NAME = frozenset({"a", "an", "class", "constant", "function", "method", "module", "the", "type"})
Removed: TypeAlias = frozenset[tuple[str, int, int]]
"""Excerpts that are not to be used: path, first line and the one behind the last, from 0."""


@dataclass(frozen=True)
class Prepared:
    """A question with all that is known before a model is asked.

    `told` is the whole answer where the index gives it by itself; else `turns` are to be put to the model, whose answer
    follows the `grammar`. With a `task` it is a question about the repository: the answer is to name what is there.
    """

    excerpts: tuple[Excerpt, ...]
    turns: tuple[Turn, ...] = ()
    grammar: str = ""
    told: str = ""
    task: Task | None = None


def prepare(
    store: Store, question: str, characters: int, *, earlier: Sequence[Turn] = (), without: Removed = frozenset()
) -> Prepared:
    """Look up what answers a question; the excerpts have so many characters at most.

    In a conversation, `earlier` turns tell what "it" is, and the excerpts `without` were removed by the user.
    """
    asked = classify(question)
    words = _with_what_it_means(question, earlier)
    if asked.kind in {"callers", "dependents"} and (found := _from_graph(store, asked, earlier)) is not None:
        text, excerpts = found
        return Prepared(excerpts, told=text)
    task: Task = asked.kind if asked.kind in {"overview", "place"} else "explanation"
    if task == "overview":
        excerpts = tuple(overview_excerpts(store, characters, _MOST_EXCERPTS[task]))
    else:
        excerpts = tuple(find_excerpts(store, words, characters, _MOST_EXCERPTS[task]))
        if missing := missing_words(store, question):
            return _not_found(missing, excerpts[:CLOSEST])
    excerpts = remaining(excerpts, without)
    if not excerpts:
        return _not_found([], ())
    turns = question_turns(question, excerpts, task, earlier)
    return Prepared(excerpts, turns, answer_grammar(excerpts, task), task=task)


def remaining(excerpts: Sequence[Excerpt], without: Removed) -> tuple[Excerpt, ...]:
    """Return the excerpts that were not removed by the user."""
    return tuple(excerpt for excerpt in excerpts if (excerpt.path, excerpt.start_line, excerpt.end_line) not in without)


def _not_found(missing: Sequence[str], closest: tuple[Excerpt, ...]) -> Prepared:
    """Say what is not there, and which places have the rest of the words."""
    words = ", ".join(f"\u201c{word}\u201d" for word in missing)
    reason = f"no file of this repository has {words}." if missing else "no file of this repository answers that."
    places = ["The closest places are:", listed(closest)] if closest else []
    return Prepared(closest, told="\n\n".join([f"{NOT_FOUND} {reason}", *places]))


def listed(excerpts: Sequence[Excerpt]) -> str:
    """Return a line for each excerpt, with its number."""
    return "\n".join(f"- `{excerpt.path}` [{number}]" for number, excerpt in enumerate(excerpts, 1))


def _from_graph(store: Store, asked: Classified, earlier: Sequence[Turn]) -> facts.Facts | None:
    """Return what the graph says of the subject; None if that is nothing of the repository."""
    words = [word for word in asked.subject.split() if word.lower() not in _BESIDE_A_NAME]
    if words and words[0].lower() in _PRONOUNS:
        hits = _last_named(store, earlier)
    else:
        hits = named_definitions(store, asked.subject, any_word=len(words) == 1)
    paths = named_files(store, asked.subject)
    if paths and asked.kind == "dependents":
        return facts.reach_of_file(store, paths[0])
    if not hits:
        return None
    return facts.callers(store, hits) if asked.kind == "callers" else facts.reach(store, hits)


def _last_named(store: Store, earlier: Sequence[Turn]) -> list[SymbolHit]:
    """Return the definitions of the name that was spoken of last: first what the user named, then what was answered."""
    for question, answer in reversed(list(zip(earlier[::2], earlier[1::2], strict=False))):
        for turn in (question, answer):
            if hits := named_definitions(store, turn.content):
                return [hit for hit in hits if hit.definition.name == hits[0].definition.name]
    return []


def _with_what_it_means(question: str, earlier: Sequence[Turn]) -> str:
    """Return the words to look for: with those of the question before, if this one only says "it"."""
    says_it = not _PRONOUNS.isdisjoint(question.lower().strip("?.! ").split())
    before = [turn.content for turn in earlier if turn.role == "user"]
    return f"{before[-1]} {question}" if says_it and before else question
