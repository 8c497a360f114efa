"""What an answer is worth: its citations hold, unknown names are marked, and nothing in it is live."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fimble_indexer.storage.store import Store
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.citations import cite
from fimble_server.chat.markup import disarmed
from fimble_server.chat.names import mark_unknown
from fimble_server.chat.questions import CLOSEST, Prepared, listed

_UNSUPPORTED = "Nothing that was read supports this answer. The closest places are:"
_SEE_ALSO = 2
"""Of the best places that an answer leaves out."""


@dataclass(frozen=True)
class Citation:
    """What a number in an answer means; lines are 0-based and the end is exclusive."""

    number: int
    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True)
class Answer:
    """A checked answer: every citation is an excerpt that was given, unknown names are marked in the text."""

    text: str
    citations: tuple[Citation, ...]
    unknown_names: tuple[str, ...] = ()


def told(prepared: Prepared) -> Answer:
    """Return the answer that the index gave by itself; it cites all that was found."""
    return Answer(disarmed(prepared.told), _citations(prepared.excerpts, range(1, len(prepared.excerpts) + 1)))


def checked(store: Store | None, answer: str, prepared: Prepared) -> Answer:
    """Return a model's answer with citations that hold.

    In an answer to a question about the repository, names in the form of code that no file has are marked, and the best
    places that it leaves out are named. Where a place was asked for, the index tells what it is: the model only chose.
    """
    excerpts = prepared.excerpts
    cited = cite(answer, excerpts)
    text, numbers = disarmed(cited.text), cited.numbers
    if store is None or prepared.task is None:
        return Answer(text, _citations(excerpts, numbers))
    unknown: list[str] = []
    if prepared.task == "place" and numbers:
        text = "\n".join(_described(number, excerpts) for number in numbers)
    else:
        text, unknown = mark_unknown(store, text)
    others = [number for number in range(1, len(excerpts) + 1) if number not in numbers]
    if not numbers:
        others = others[:CLOSEST]
        text = "\n\n".join([text, _UNSUPPORTED, disarmed(listed(excerpts[:CLOSEST]))])
    elif prepared.task != "overview" and (others := others[:_SEE_ALSO]):
        text = f"{text}\n\nSee also {' and '.join(_named(number, excerpts) for number in others)}."
    else:
        others = []
    return Answer(text, _citations(excerpts, [*numbers, *others]), tuple(unknown))


def _described(number: int, excerpts: Sequence[Excerpt]) -> str:
    excerpt = excerpts[number - 1]
    return f"{_named(number, excerpts)}: {disarmed(excerpt.doc)}" if excerpt.doc else f"{_named(number, excerpts)}."


def _named(number: int, excerpts: Sequence[Excerpt]) -> str:
    return disarmed(f"{excerpts[number - 1].title} [{number}]")


def _citations(excerpts: Sequence[Excerpt], numbers: Iterable[int]) -> tuple[Citation, ...]:
    """Return what the numbers mean, in their order."""
    return tuple(
        Citation(number, excerpt.path, excerpt.start_line, excerpt.end_line)
        for number in sorted(set(numbers))
        for excerpt in excerpts[number - 1 : number]
        if excerpt.is_citable
    )
