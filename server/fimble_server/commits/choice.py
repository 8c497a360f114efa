"""Which of several subjects is the best one: a certain one, or the model's likeliest unless something is wrong with it.

The others are ordered by what they share with each other and with what is certain: what a small model says by chance,
it says once. That is minimum Bayes risk decoding (Kumar and Byrne, 2004, https://aclanthology.org/N04-1022/) with word
overlap for the gain.
"""

from collections.abc import Iterable, Sequence

from fimble_indexer.words import words
from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import Facts
from fimble_server.commits.message import written_before
from fimble_server.commits.style import Style
from fimble_server.commits.wording import is_sweeping
from fimble_server.commits.writer import Draft

_BOOKKEEPING = frozenset({"changelog", "lock"})
"""Kinds of files that only say what is done elsewhere."""


def is_certain(facts: Sequence[Facts], style: Style) -> bool:
    """Tell whether what is certain says it better than a model, which has only seen the diff, could.

    Somebody has written the subject already, in the history, the changelog or the name of a new test; or what is done
    is done to files as a whole: so many that no few of them say it, one that is new or gone, or mere bookkeeping.
    """
    if is_sweeping(facts) or written_before(facts, style):
        return True
    main = max(facts, key=lambda file: file.weight)
    is_of_whole_files = (main.kind != "source" and main.change.status in {"added", "removed", "renamed"}) or all(
        file.kind in _BOOKKEEPING for file in facts
    )
    return is_of_whole_files and style.language == "en"  # facts speak English


def best_first(drafts: Sequence[Draft], facts: Sequence[Facts], history: Iterable[str]) -> list[str]:
    """Order subjects, each once; those that only repeat an earlier one of the history come last."""
    said = [frozenset(words(draft.subject).split()) for draft in drafts]
    known = _words_of(facts)
    earlier = frozenset(history)

    def merit(number: int) -> tuple[bool, bool, bool, float]:
        draft, mine = drafts[number], said[number]
        others = [other for position, other in enumerate(said) if position != number]
        agreement = sum(_overlap(mine, other) for other in others) / max(len(others), 1)
        grounded = len(mine & known) / max(len(mine), 1)
        return not _is_repeated(draft, facts, earlier), not draft.is_cut, draft.is_likeliest, agreement + grounded

    ordered = sorted(range(len(drafts)), key=merit, reverse=True)
    return list(dict.fromkeys(drafts[number].subject for number in ordered))


def is_good(draft: Draft, facts: Sequence[Facts], history: Iterable[str]) -> bool:
    """Tell whether nothing is wrong with a subject, so that the likeliest one needs no others beside it."""
    return not draft.is_cut and not _is_repeated(draft, facts, frozenset(history))


def _is_repeated(draft: Draft, facts: Sequence[Facts], history: frozenset[str]) -> bool:
    main = max(facts, key=lambda file: file.weight)
    return draft.subject in history and not covers(draft.subject, main)


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
