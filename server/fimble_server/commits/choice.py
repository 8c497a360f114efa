"""Which of several subjects is the best one: what it shares with the others, and with what is certain.

What a small model says by chance, it says once; the subject that agrees most with the others is the better bet. That is
minimum Bayes risk decoding (Kumar and Byrne, 2004, https://aclanthology.org/N04-1022/) with word overlap for the gain.
"""

from collections.abc import Iterable, Sequence

from fimble_indexer.words import words
from fimble_server.commits.facts import Facts
from fimble_server.commits.message import covers

_CONSENSUS, _GROUNDED, _COVERED = 1.0, 1.0, 0.5


def best_first(subjects: Sequence[str], facts: Sequence[Facts], examples: Iterable[str]) -> list[str]:
    """Order subjects, each once; those that only repeat an earlier one of the history come last."""
    said = [frozenset(words(subject).split()) for subject in subjects]
    known = _words_of(facts)
    repeated = frozenset(examples)
    main = max(facts, key=lambda file: file.weight)
    scores: dict[str, tuple[bool, float]] = {}
    for number, (subject, mine) in enumerate(zip(subjects, said, strict=True)):
        others = [other for position, other in enumerate(said) if position != number]
        score = _CONSENSUS * (sum(_overlap(mine, other) for other in others) / len(others) if others else 0.0)
        score += _GROUNDED * len(mine & known) / max(len(mine), 1)
        score += _COVERED * covers(subject, main)
        is_repeated = subject in repeated and not covers(subject, main)
        scores[subject] = max((not is_repeated, score), scores.get(subject, (False, 0.0)))
    return sorted(scores, key=scores.__getitem__, reverse=True)


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
