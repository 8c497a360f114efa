"""Which excerpts an answer stands on: what it cites is checked, and what it does not say is found by its words.

A small model forgets to cite, or cites what was not given. A sentence that cites nothing that exists gets the citation
of the excerpt that supports it most, if that is enough.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fimble_indexer.words import identifiers, split_identifier
from fimble_prompts.excerpts import Excerpt

_REFERENCE = re.compile(r"[ \t]*\[(\d{1,3}(?:\s*[,;-]\s*\d{1,3})*)\](?!\()")
_SENTENCE = re.compile(
    r"(?:[^.!?\n]|[.!?](?!\s+[^\sa-z]|\s*\[|\s*(?:\n|\Z)))+(?:[.!?]+(?:[ \t]*\[[\d,;\s-]{1,20}\])*|(?=\n)|\Z)"
)
"""Up to a full stop that no small letter follows: "e.g. this" and "a.b" go on."""
_FENCE = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
_LEAST_SUPPORT = 2.0
"""What makes an excerpt the source of a sentence; a word counts as one shared by how many of the excerpts have it."""
_NAMED, _PLACED = 2.0, 4.0
"""What the name of the excerpt's definition, and its path, count for in a sentence."""


@dataclass(frozen=True)
class Cited:
    """An answer whose references are all to excerpts that were given, and the numbers of these."""

    text: str
    numbers: tuple[int, ...]


def cite(answer: str, excerpts: Sequence[Excerpt]) -> Cited:
    """Keep the references to excerpts that exist, and add those that are missing; code blocks stay as they are."""
    citable = {number for number, excerpt in enumerate(excerpts, 1) if excerpt.is_citable}
    words = [_words(excerpt.text) if excerpt.is_citable else frozenset() for excerpt in excerpts]
    frequencies = Counter(word for of_excerpt in words for word in of_excerpt)
    pieces: list[str] = []
    cited: dict[int, None] = {}
    for sentence, is_prose in _sentences(answer):
        if not is_prose:
            pieces.append(sentence)
            continue
        numbers = [number for number in _numbers(sentence) if number in citable]
        plain = _REFERENCE.sub("", sentence)
        support = [
            _support(plain, excerpt, of_excerpt, frequencies)
            for excerpt, of_excerpt in zip(excerpts, words, strict=True)
        ]
        if not numbers and max(support, default=0.0) >= _LEAST_SUPPORT:
            numbers = [support.index(max(support)) + 1]
        cited |= dict.fromkeys(numbers)
        pieces.append(_with_references(plain, list(dict.fromkeys(numbers))))
    return Cited("".join(pieces), tuple(cited))


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text, and whether each is a sentence: code blocks and what is between sentences is not."""
    for part in _FENCE.split(text):
        if part.startswith("```"):
            yield part, False
            continue
        position = 0
        for match in _SENTENCE.finditer(part):
            yield part[position : match.start()], False
            yield match.group(), bool(match.group().strip())
            position = match.end()
        yield part[position:], False


def _numbers(sentence: str) -> list[int]:
    return [int(number) for group in _REFERENCE.findall(sentence) for number in re.findall(r"\d+", group)]


def _support(sentence: str, excerpt: Excerpt, words: frozenset[str], frequencies: Counter[str]) -> float:
    """Weigh how much an excerpt says of what a sentence says."""
    if not excerpt.is_citable:
        return 0.0
    shared = sum(1 / frequencies[word] for word in _words(sentence) & words)
    name = excerpt.name.rpartition(".")[2]
    is_named = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) is not None
    return shared + _NAMED * is_named + _PLACED * (excerpt.path in sentence)


def _with_references(sentence: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return sentence
    body = sentence.rstrip()
    end = len(body.rstrip(".!?:"))
    references = "".join(f" [{number}]" for number in numbers)
    return f"{body[:end]}{references}{body[end:]}{sentence[len(body) :]}"


def _words(text: str) -> frozenset[str]:
    return frozenset(token for word in identifiers(text) if len(word) > 2 for token in split_identifier(word))  # noqa: PLR2004
