"""The verb that a subject begins with, in the form that a repository uses (``verbs.toml``)."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Mood = Literal["imperative", "past", "third person", "participle"]
MOODS: tuple[Mood, ...] = get_args(Mood)

_FEW = 3


def inflected(verb: str, mood: Mood) -> str:
    """Return an imperative in another form; a verb that is not known stays as it is."""
    return _verbs()[verb][MOODS.index(mood)] if verb in _verbs() else verb


def with_mood(sentence: str, mood: Mood) -> str:
    """Return a sentence with its first word in the form wanted, if it is a verb in any form."""
    first, space, rest = sentence.partition(" ")
    known = _forms().get(first.lower())
    if known is None or known[1] == mood:
        return sentence
    verb = inflected(known[0], mood)
    return f"{verb.capitalize() if first[:1].isupper() else verb}{space}{rest}"


def imperative_of(word: str) -> str:
    """Return the imperative of a verb in the third person, "" for another word."""
    verb, mood = _forms().get(word, ("", ""))
    return verb if mood == "third person" else ""


def usual_mood(sentences: Iterable[str]) -> Mood:
    """Return the form that most sentences begin with; imperative if too few begin with a verb that is known."""
    words = (sentence.partition(" ")[0].lower() for sentence in sentences)
    moods = Counter(_forms()[word][1] for word in words if word in _forms())
    if not moods or moods.total() < _FEW:
        return "imperative"
    mood, count = moods.most_common(1)[0]
    return mood if count > moods["imperative"] else "imperative"


def verbs_in(mood: Mood, *, capital: bool, without: Collection[str] = ()) -> list[str]:
    """Return the verbs that say what a commit does, but some, in a form."""
    found = [inflected(verb, mood) for verb in _table()["changes"] if verb not in without]
    return [verb.capitalize() for verb in found] if capital else found


@cache
def _verbs() -> dict[str, tuple[str, ...]]:
    return {verb: (verb, *forms) for verbs in _table().values() for verb, forms in verbs.items()}


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files(__package__) / "verbs.toml").read_text(encoding="utf-8"))


@cache
def _forms() -> dict[str, tuple[str, Mood]]:
    """Return verb and mood by form; a form that is two, such as "set", is the imperative."""
    return {
        form: (verb, mood)
        for verb, forms in reversed(_verbs().items())
        for form, mood in reversed(list(zip(forms, MOODS, strict=True)))
    }
