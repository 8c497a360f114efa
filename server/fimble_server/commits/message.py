"""The form of a message: prefix, subject, body, trailers; what is missing in it, and what must not be in it."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import dirname

from fimble_server.commits.facts import Facts, type_of
from fimble_server.commits.precedents import precedents
from fimble_server.commits.style import Style, type_of_subject
from fimble_server.commits.verbs import with_mood
from fimble_server.commits.wording import counted, headlines, summary

_MOST_LINES = 12
"""Entries of a body; more files are told folder by folder."""
_MOST_ENTRY_LINES = 2
_DEEPEST = 6
"""Folders in each other that files are told by."""
_DETAILED = 12
"""Changed lines from which the change of a single file deserves a body."""
_WORD = re.compile(r"\w+")
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


def prefix_of(facts: Sequence[Facts], style: Style, type_: str = "") -> str:
    """Return what goes before the subject in this style: a ticket, a type with its scope, an area."""
    if style.form == "conventional":
        scope = scope_of(facts, style) if style.scope_share > 1 / 4 else ""
        type_ = type_ or likely_types(facts, style)[0]
        return f"{style.ticket}{type_}{f'({scope})' if scope else ''}: "
    area = scope_of(facts, style) if style.form == "area" else ""
    return f"{style.ticket}{area}: " if area else style.ticket


def likely_types(facts: Sequence[Facts], style: Style) -> tuple[str, ...]:
    """Return the types of Conventional Commits that the facts allow, the likeliest first."""
    heavy = [file for file in facts if file.kind not in {"tests", "lock", "docs", "changelog"}] or list(facts)
    kinds = {file.kind for file in heavy}
    if all(file.is_whitespace for file in facts):
        guesses: tuple[str, ...] = ("style", "chore")
    elif any(file.dependencies for file in facts) and kinds <= {"build", "lock", "ci"}:
        guesses = ("build", "chore")
    elif len(kinds) == 1 and kinds != {"source"}:
        guesses = (type_of(next(iter(kinds))), "chore")
    elif "source" not in kinds:
        guesses = (*dict.fromkeys(type_of(kind) for kind in sorted(kinds)), "chore")
    elif all(file.change.status in {"renamed", "removed"} for file in heavy):
        guesses = ("refactor", "chore")
    elif any(is_public(name) for file in heavy for name in file.added):
        guesses = ("feat", "fix", "refactor")
    else:
        guesses = ("fix", "feat", "refactor", "perf")
    used = Counter(map(type_of_subject, style.subjects))
    main = max(facts, key=lambda file: file.weight)
    named = Counter(type_of_subject(subject) for subject in style.subjects if covers(subject, main))
    allowed = [type_ for type_ in guesses if type_ in style.types]
    # A type that nobody here uses is the last choice, one that subjects on the same file have the first.
    allowed.sort(key=lambda type_: (-named[type_] if kinds != {"source"} else 0, not used[type_]))
    return tuple(allowed) or style.types[:1] or guesses[:1]


def is_public(symbol: str) -> bool:
    """Tell by its name whether a symbol is for others to use."""
    return not symbol.rpartition(".")[2].startswith("_")


def scope_of(facts: Sequence[Facts], style: Style) -> str:
    """Return the scope or area in use here that the heaviest file lies in; for an area, else its folder."""
    ordered = sorted(facts, key=lambda file: -file.weight)
    words = {word.lower() for file in ordered[:1] for word in _WORD.findall(file.path)}
    for scope in style.scopes:
        parts = {word.lower() for word in _WORD.findall(scope)}
        if parts and parts <= words:
            return scope
    if style.form != "area":
        return ""
    folder, name = dirname(ordered[0].path), ordered[0].name
    return folder.rpartition("/")[2] or name.partition(".")[0]


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
    if len(facts) == 1:
        lines = facts[0].change.added + facts[0].change.removed
        missing = [facts[0]] if lines > _DETAILED and not covers(subject, facts[0]) else []
    else:
        missing = [file for file in facts if not covers(subject, file)]
    entries = _entries(missing, facts, style)
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


def covers(text: str, facts: Facts) -> bool:
    """Tell whether a text names a file, or one of the symbols, dependencies or folders that are changed with it."""
    lowered = text.lower()
    stem = facts.name.partition(".")[0] or facts.name
    names = [facts.name, stem, facts.change.old_path.rpartition("/")[2]]
    names += [symbol.rpartition(".")[2] for symbol in facts.symbols]
    names += [one.name or one.new for one in facts.dependencies]
    if facts.change.is_submodule:
        names.append(facts.change.new_blob[:7])
    if any(len(name) >= _FEW_CHARACTERS and _names(lowered, name.lower()) for name in names):
        return True
    return any(_names(lowered, f"{folder}/:") for folder in _above(dirname(facts.path).lower()))


def _above(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = dirname(folder)
    yield "."


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", text) is not None
