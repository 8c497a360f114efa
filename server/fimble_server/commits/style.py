"""How messages are written in a repository: learnt from its history and from what it says of itself."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fimble_server.commits.conventions import Conventions, conventions
from fimble_server.commits.history import PastCommit, past_commits
from fimble_server.commits.languages import usual_language
from fimble_server.commits.repository import Repository
from fimble_server.commits.verbs import Mood, usual_mood

Form = Literal["plain", "conventional", "area"]

TYPES = ("feat", "fix", "docs", "refactor", "test", "build", "ci", "perf", "style", "chore")
"""The types of Conventional Commits (https://www.conventionalcommits.org), with those that Angular added."""
SUBJECT_LIMIT = 72
_SHORT_SUBJECT_LIMIT = 50
"""Characters: the two limits in use (git-commit(1), "Discussion")."""
_BODY_WIDTH = 72
_WIDEST_BODY = 100
_FEW = 3
"""Commits; fewer tell nothing."""
_HALF_LIFE = 8
"""Commits after which one says half as much of the form that is usual today."""
_MANY = 2 / 5
"""A share of subjects with a type from which a new one has one."""
_SEVERAL_FILES = 10
"""Commits of several files that have to be without a body before a body counts as unwanted."""
_MOST_SCOPES = 30

_CONVENTIONAL = re.compile(r"(?P<type>[a-zA-Z]{2,12})(?:\((?P<scope>[^()]{1,40})\))?!?: (?P<rest>\S.*)")
_AREA = re.compile(r"(?P<area>[\w.*/+-]{1,40}(?:, [\w.*/+-]{1,40})*): (?P<rest>\S.*)")
_TICKET = r"(?:[A-Z][A-Z0-9]{1,9}-\d+|#\d+)"
_TICKET_FORMS = ("{ticket}: ", "[{ticket}] ", "[{ticket}]: ", "({ticket}) ", "{ticket} - ", "{ticket} ")
_BRANCH_TICKET = re.compile(
    r"(?:^|[/_-])((?!(?:issues?|gh|pr|bug|fix|v)-)[A-Za-z][A-Za-z0-9]{1,9}-\d+)(?=$|[/_-])", re.IGNORECASE
)
_BRANCH_NUMBER = re.compile(r"(?:^|/|issue[-_]?|gh[-_]?)(\d+)(?=$|[/_-])", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """The form of messages. Lengths are in characters, shares between 0 and 1."""

    form: Form = "plain"
    """Type and scope before the subject, the area that is changed, or nothing."""
    types: tuple[str, ...] = TYPES
    """Those allowed, the most used first."""
    scopes: tuple[str, ...] = ()
    """Those in use, the most used first; areas, if the form is that."""
    scope_share: float = 0.0
    """How many of the subjects with a type name a scope."""
    capital: bool = True
    """Whether the first word behind the prefix begins with a capital letter."""
    mood: Mood = "imperative"
    full_stop: bool = False
    language: str = "en"
    subject_limit: int = SUBJECT_LIMIT
    body_width: int = _BODY_WIDTH
    has_body: bool = True
    """Whether a subject that cannot say everything may be followed by a body."""
    bullet: str = "-"
    ticket: str = ""
    """What goes before the subject to name the ticket that the branch is named after; "" for nothing."""
    trailers: tuple[str, ...] = ()
    """Lines for the message's end."""
    fields: tuple[str, ...] = ()
    """What `commit.template` wants filled in before them."""
    subjects: tuple[str, ...] = ()
    """Those of the history, without tickets and numbers of pull requests, the newest first."""


def learn_style(repository: Repository) -> Style:
    """Return the style of a repository; without history and rules, what git's own manual recommends."""
    commits = past_commits(repository)
    rules = conventions(repository)
    ticket_form, subjects = _ticket_form([commit.subject for commit in commits])
    form = _form(subjects, rules)
    parsed = [found for subject in subjects if (found := _PREFIXES[form](subject))]
    if form == "plain":  # some may have a type all the same, and a word behind it of another case
        parsed = [found for found in parsed if not _CONVENTIONAL.fullmatch(found["rest"])] or parsed
    rests = [found["rest"] for found in parsed]
    prefixes = [found for found in parsed if form == "conventional"]
    scopes = Counter(found["scope"] for found in prefixes if found["scope"])
    areas = Counter(found["area"] for found in parsed) if form == "area" else scopes
    return Style(
        form=form,
        types=_types([found["type"] for found in prefixes], rules),
        scopes=tuple(name for name, _ in areas.most_common(_MOST_SCOPES) if not re.fullmatch(_TICKET, name)),
        scope_share=scopes.total() / len(prefixes) if len(prefixes) >= _FEW else 0.0,
        capital=_capital(rests, form),
        mood=usual_mood(rests),
        full_stop=_share(subjects, lambda subject: subject.endswith(".")) > 1 / 2,
        language=usual_language(rests),
        subject_limit=_subject_limit(subjects, rules),
        body_width=_body_width(commits, rules),
        has_body=_has_body(commits),
        bullet=_bullet(commits),
        ticket=_ticket_prefix(ticket_form, repository.branch()),
        fields=rules.fields,
        trailers=_trailers(commits, rules, repository),
        subjects=tuple(subjects),
    )


_PREFIXES: dict[Form, Callable[[str], re.Match[str] | None]] = {
    "plain": re.compile(r"(?P<rest>.*)").fullmatch,
    "conventional": _CONVENTIONAL.fullmatch,
    "area": _AREA.fullmatch,
}


def follows(subject: str, style: Style) -> bool:
    """Tell whether a subject agrees with a style: its prefix, its first letter, its end, its length."""
    if len(subject) > style.subject_limit or "\n" in subject or not subject.startswith(style.ticket):
        return False
    found = _PREFIXES[style.form](subject.removeprefix(style.ticket))
    if found is None or (style.form == "conventional" and found["type"] not in style.types):
        return False
    first = found["rest"][:1]
    is_case_right = not first.isalpha() or not (first.isupper() if not style.capital else first.islower())
    return is_case_right and subject.endswith(".") == style.full_stop


def split_prefix(subject: str, style: Style) -> tuple[str, str]:
    """Split a subject into a prefix that the style has, "" for none, and what it says."""
    found = _CONVENTIONAL.fullmatch(subject)
    if found is None:
        return "", subject
    is_known = style.form == "conventional" and found["type"] in style.types
    return (subject[: found.start("rest")] if is_known else ""), found["rest"]


def type_of_subject(subject: str) -> str:
    """Return the type that a subject begins with, "" for none."""
    found = _CONVENTIONAL.fullmatch(subject)
    return found["type"] if found else ""


def scope_of_subject(subject: str) -> str:
    """Return the scope that a subject has behind its type, "" for none."""
    found = _CONVENTIONAL.fullmatch(subject)
    return (found["scope"] or "") if found else ""


def without_prefix(subject: str) -> str:
    """Return what a subject says behind a type and scope, if it has them."""
    found = _CONVENTIONAL.fullmatch(subject)
    return found["rest"] if found else subject


def _share(items: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(map(bool, map(test, items))) / len(items) if len(items) >= _FEW else 0.0


def _late_share(items: Sequence[str], test: Callable[[str], object]) -> float:
    """Return a share in which the newest items, which come first, count most: customs change."""
    weights = [2 ** (-age / _HALF_LIFE) for age in range(len(items))]
    passed = sum(weight for weight, item in zip(weights, items, strict=True) if test(item))
    return passed / sum(weights) if len(items) >= _FEW else 0.0


def _form(subjects: Sequence[str], rules: Conventions) -> Form:
    def is_conventional(subject: str) -> bool:
        found = _CONVENTIONAL.fullmatch(subject)
        return found is not None and found["type"] in {*TYPES, *rules.types}

    if _late_share(subjects, is_conventional) >= _MANY or (rules.is_conventional and _share(subjects, len) == 0):
        return "conventional"
    if rules.types or (rules.is_conventional and _share(subjects, is_conventional) >= 1 / 4):
        return "conventional"
    return "area" if _share(subjects, _AREA.fullmatch) >= 1 / 2 else "plain"


def _types(used: Sequence[str], rules: Conventions) -> tuple[str, ...]:
    allowed = rules.types or tuple(dict.fromkeys((*used, *TYPES)))
    counts = Counter(used)
    return tuple(sorted((name for name in allowed if name.islower()), key=lambda name: -counts[name]))


def _capital(rests: Sequence[str], form: Form) -> bool:
    letters = [rest for rest in rests if rest[:1].isalpha() and rest[:1].lower() != rest[:1].upper()]
    if len(letters) < _FEW:
        return form == "plain"
    return _share(letters, lambda rest: rest[0].isupper()) > 1 / 2


def _subject_limit(subjects: Sequence[str], rules: Conventions) -> int:
    if rules.subject_limit:
        return min(rules.subject_limit, _WIDEST_BODY)
    is_short = _share(subjects, lambda subject: len(subject) <= _SHORT_SUBJECT_LIMIT) >= 19 / 20
    return _SHORT_SUBJECT_LIMIT if is_short and len(subjects) >= 2 * _SEVERAL_FILES else SUBJECT_LIMIT


def _has_body(commits: Sequence[PastCommit]) -> bool:
    several = [commit for commit in commits if commit.files > 1]
    return len(several) < _SEVERAL_FILES or sum(bool(commit.body) for commit in several) * 20 >= len(several)


def _bullet(commits: Sequence[PastCommit]) -> str:
    bullets = Counter(line[0] for commit in commits for line in commit.body.split("\n") if line[:2] in {"- ", "* "})
    return bullets.most_common(1)[0][0] if bullets else "-"


def _body_width(commits: Sequence[PastCommit], rules: Conventions) -> int:
    if rules.body_width:
        return min(rules.body_width, _WIDEST_BODY)
    widths = [max(map(len, commit.body.split("\n"))) for commit in commits if "\n" in commit.body]
    wide = [width for width in widths if _BODY_WIDTH < width <= _WIDEST_BODY]
    if len(widths) < _FEW or len(wide) * 2 <= len(widths):
        return _BODY_WIDTH
    return sorted(wide)[len(wide) // 2]


def _ticket_form(subjects: Sequence[str]) -> tuple[str, list[str]]:
    """Return how subjects begin with a ticket, "" if they do not, and the subjects without that."""
    for form in _TICKET_FORMS:
        pattern = re.compile(re.escape(form).replace(re.escape("{ticket}"), _TICKET))
        if _share(subjects, pattern.match) >= 1 / 3:
            return form, [pattern.sub("", subject, count=1) for subject in subjects]
    return "", list(subjects)


def _ticket_prefix(form: str, branch: str | None) -> str:
    ticket = ticket_of(branch) if form and branch else ""
    return form.format(ticket=ticket) if ticket else ""


def ticket_of(branch: str) -> str:
    """Return the ticket that a branch is named after, as `ABC-12` or `#12`; "" for none."""
    if found := _BRANCH_TICKET.search(branch):
        return found[1].upper()
    return f"#{found[1]}" if (found := _BRANCH_NUMBER.search(branch)) else ""


def _trailers(commits: Sequence[PastCommit], rules: Conventions, repository: Repository) -> tuple[str, ...]:
    """Sign off where that is the custom; other trailers are for people and their tools to add."""
    signed = sum(any(line.startswith("Signed-off-by: ") for line in commit.trailers) for commit in commits)
    if not (rules.is_signed_off or (len(commits) >= _FEW and signed * 2 > len(commits))):
        return ()
    identity = repository.text("var", "GIT_AUTHOR_IDENT", ok=(0, 1, 128))
    person = re.match(r"(.+ <[^<>]*>) \d+ [+-]\d+$", identity)
    return (f"Signed-off-by: {person[1]}",) if person else ()
