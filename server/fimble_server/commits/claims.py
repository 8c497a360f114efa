"""What new tests say of the code: `test_parser_rejects_tabs` is a sentence, as is `it("rejects tabs")`."""

import re
from collections.abc import Iterable, Sequence

from fimble_server.commits.facts import Facts, is_public
from fimble_server.commits.verbs import imperative_of, inflected

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TITLE = re.compile(r"\s*(?:it|test|specify)\b(?:\.\w+)*\s*\(?\s*([\"'`])(?P<title>[^\"'`]{8,100})\1")
_OPENING = re.compile(r"^(?:(?:it|that|tests?) )+")
_SHOULD_NOT = re.compile(r"\b(?:should not|shouldn't|doesn't)(?= )")
_SHOULD = re.compile(r"\bshould (\w+)")
_NEGATION = frozenset({"cannot", "never", "no", "not", "without"})
_PREPOSITIONS = frozenset({"at", "by", "for", "from", "in", "of", "on", "to", "with"})
_FEW_WORDS = 3
_MOST_WORDS = 12


def claims(facts: Facts) -> list[str]:
    """Return the names and titles of the tests that a file gets, in words, if they are sentences."""
    if facts.kind != "tests":
        return []
    names = (" ".join(_words(symbol)) for symbol in facts.added)
    titles = (found["title"].strip() for line in facts.change.lines("+") if (found := _TITLE.match(line)))
    sentences = map(_indicative, (*names, *titles))
    return [sentence for sentence in sentences if _FEW_WORDS <= len(sentence.split()) <= _MOST_WORDS]


def claimed(main: Facts, facts: Iterable[Facts]) -> str:
    """Return as an imperative what the first new test that says it says that code does; "" if none does.

    `test_diff_ignores_prefix` says to ignore prefix in diff, `test_diff_does_not_expand_names` to avoid expanding
    names in diff. Of a new file, or a new function that the test is about, it is said that they are new: `main` is the
    file that weighs most.
    """
    if main.kind != "source" or main.change.status == "added":
        return ""
    new = [set(_words(symbol)) for symbol in main.added if is_public(symbol)]
    words = [claim.split() for file in facts for claim in claims(file)]
    return next(filter(None, (_told(claim) for claim in words if not any(name <= set(claim) for name in new))), "")


def _told(words: Sequence[str]) -> str:
    for position, word in enumerate(words[:-1]):
        if word == "does" and words[position + 1] == "not":
            verb, what = "avoid", [inflected(word, "participle") for word in words[position + 2 : position + 3]]
            what += words[position + 3 :]
        elif word in _NEGATION:
            return ""
        else:
            verb, what = imperative_of(word.lower()), list(words[position + 1 :])
        if verb and what:
            place = list(words[:position])
            while place and place[-1] in _PREPOSITIONS:
                place.pop()
            return " ".join([verb, *what, *(["in", *place] if place else [])])
    return ""


def _indicative(sentence: str) -> str:
    """Return what a test says without what only says that it is a test, and without "should"."""
    sentence = _SHOULD_NOT.sub("does not", _OPENING.sub("", sentence))
    return _SHOULD.sub(lambda found: inflected(found[1], "third person"), sentence)


def _words(symbol: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(symbol.rpartition(".")[2])]
