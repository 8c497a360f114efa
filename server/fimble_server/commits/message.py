"""The form of a message: prefix, subject, body, trailers; what is missing in it, and what must not be in it."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import dirname

from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import Facts
from fimble_server.commits.precedents import precedents
from fimble_server.commits.prefixes import prefix_of
from fimble_server.commits.style import Style
from fimble_server.commits.verbs import with_mood
from fimble_server.commits.wording import counted, headlines, summary

_MOST_LINES = 12
"""Entries of a body; more files are told folder by folder."""
_MOST_ENTRY_LINES = 2
_DEEPEST = 6
"""Folders in each other that files are told by."""
_CLAUSE = re.compile(r"(?:,| and| or| to| for| with| in| of| from| by| when| so| that| which| using| the| a)$")
_CONJUNCTION = re.compile(r"(?:,| (?:and|or|to|for|with|without|by|when|so|that|which|using|from|in|of|as|instead)) ")
_MOST = 0.5
_FEW_CHARACTERS = 3


@dataclass(frozen=True)
class Message:
    """A commit message in its parts; `body` and `trailers` are lines."""

    subject: str
    body: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the text as git takes it, without a final line feed."""
        return "\n\n".join(filter(None, (self.subject, "\n".join(self.body), "\n".join(self.trailers))))


def shaped(sentence: str, prefix: str, style: Style) -> str:
    """Return a subject: a sentence in the verb form, with the first letter, end and length of the style."""
    sentence = with_mood(_plain(sentence), style.mood).rstrip(". ")
    first = sentence.partition(" ")[0]
    if style.capital:
        sentence = sentence[:1].upper() + sentence[1:] if first.isalpha() else sentence
    elif first[1:].islower() or len(first) == 1:
        sentence = sentence[:1].lower() + sentence[1:]
    room = style.subject_limit - len(prefix) - style.full_stop
    return f"{prefix}{shortened(sentence, room)}{'.' if style.full_stop else ''}"


def _plain(sentence: str) -> str:
    """Return a sentence on one line, without the mark of a list and without quotes around all of it."""
    sentence = " ".join(sentence.split()).lstrip("-* ")
    return sentence[1:-1] if len(sentence) > 1 and sentence[0] == sentence[-1] and sentence[0] in "\"'`" else sentence


def shortened(sentence: str, limit: int) -> str:
    """Cut a sentence before its last clause if that leaves most of it, else between two words."""
    if len(sentence) <= limit:
        return sentence
    cut = sentence[: limit + 1].rpartition(" ")[0] or sentence[:limit]
    clauses = [found.start() for found in _CONJUNCTION.finditer(cut) if found.start() > limit * _MOST]
    cut = cut[: clauses[-1]] if clauses else cut
    while len(cut) > _FEW_CHARACTERS and (found := _CLAUSE.search(cut)):
        cut = cut[: found.start()]
    return cut


def from_facts(facts: Sequence[Facts], style: Style) -> Message:
    """Return a message without a model: what is done, to what, and a list of the rest."""
    prefix = prefix_of(facts, style)
    room = style.subject_limit - len(prefix) - style.full_stop
    lines = headlines(facts, style.mood)
    subject = shaped(next((line for line in lines if len(line) <= room), lines[-1]), prefix, style)
    return with_body(next(iter(written_before(facts, style)), subject), facts, style)


def written_before(facts: Sequence[Facts], style: Style) -> list[str]:
    """Return subjects that the history or the changelog hands over, in the style's form; see `precedents`."""
    return [
        shaped(sentence, f"{style.ticket}{prefix}" if prefix else prefix_of(facts, style), style)
        for prefix, sentence in precedents(facts, style)
    ]


def with_body(subject: str, facts: Sequence[Facts], style: Style) -> Message:
    """Add a list of what the subject does not say."""
    trailers = (*style.fields, *style.trailers)
    if not style.has_body:
        return Message(subject, (), trailers)
    missing = [file for file in facts if not covers(subject, file)]
    entries = [entry for entry in _entries(missing, facts, style) if entry.lower() not in subject.lower()]
    return Message(subject, tuple(line for entry in entries for line in _wrapped(entry, style)), trailers)


def _entries(missing: Sequence[Facts], facts: Sequence[Facts], style: Style) -> Iterable[str]:
    ordered = sorted(missing, key=lambda file: -file.weight)
    if len(facts) == 1:
        for file in ordered:
            yield from (part[:1].upper() + part[1:] for part in summary(file, style.mood).split("; "))
        return
    names = [file.name for file in facts]
    single = ordered if len(ordered) <= _MOST_LINES else ordered[: _MOST_LINES // 2]
    for file in single:
        name = file.name if names.count(file.name) == 1 else file.path
        said = summary(file, style.mood)
        is_whole = said.endswith(f" {file.name}") and len(said.split(" ")) == 2  # noqa: PLR2004 - verb and name
        yield f"{said[:1].upper()}{said[1 : -len(file.name)]}{name}" if is_whole else f"{name}: {said}"
    yield from _folders(ordered[len(single) :], style)


def _folders(files: Sequence[Facts], style: Style) -> Iterable[str]:
    """Tell of many files folder by folder, of many folders by those above them."""
    groups: dict[str, list[Facts]] = {}
    for depth in range(_DEEPEST, -1, -1):
        groups.clear()
        for file in files:
            groups.setdefault("/".join(dirname(file.path).split("/")[:depth]), []).append(file)
        if len(groups) <= _MOST_LINES:
            break
    for folder, inside in sorted(groups.items()):
        yield f"{folder or '.'}/: {counted(inside, style.mood) if len(inside) > 1 else summary(inside[0], style.mood)}"


def _wrapped(entry: str, style: Style) -> list[str]:
    lines = textwrap.wrap(
        entry,
        style.body_width,
        initial_indent=f"{style.bullet} ",
        subsequent_indent="  ",
        break_long_words=True,
        break_on_hyphens=False,
        max_lines=_MOST_ENTRY_LINES,
        placeholder=" ...",
    )
    return lines or [style.bullet]
