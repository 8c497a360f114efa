"""Which of several subjects is the best one: the likeliest, unless something is wrong with it.

The others are ordered by what they share with each other and with what is certain: what a small model says by chance,
it says once. That is minimum Bayes risk decoding (Kumar and Byrne, 2004, https://aclanthology.org/N04-1022/) with word
overlap for the gain.
"""

from collections.abc import Iterable, Sequence

from fimble_indexer.words import words
from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import Facts
from fimble_server.commits.writer import Draft


def best_first(drafts: Sequence[Draft], facts: Sequence[Facts], history: Iterable[str]) -> list[str]:
    """Order subjects, each once; those that only repeat an earlier one of the history come last."""
    said = [frozenset(words(draft.subject).split()) for draft in drafts]
    known = _words_of(facts)
    repeated = frozenset(history)
    main = max(facts, key=lambda file: file.weight)

    def merit(number: int) -> tuple[bool, bool, bool, float]:
        draft, mine = drafts[number], said[number]
        others = [other for position, other in enumerate(said) if position != number]
        agreement = sum(_overlap(mine, other) for other in others) / max(len(others), 1)
        grounded = len(mine & known) / max(len(mine), 1)
        is_repeated = draft.subject in repeated and not covers(draft.subject, main)
        return not is_repeated, not draft.is_cut, draft.is_likeliest, agreement + grounded

    ordered = sorted(range(len(drafts)), key=merit, reverse=True)
    return list(dict.fromkeys(drafts[number].subject for number in ordered))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _words_of(facts: Sequence[Facts]) -> frozenset[str]:
    found: set[str] = set()
    for file in facts:
        found.update(words(file.path).split())
        for symbol in file.symbols:
            found.update(words(symbol).split())
        for hunk in file.change.hunks:
            for line in hunk.lines:
                if not line.startswith(" "):
                    found.update(words(line).split())
    return frozenset(found)
