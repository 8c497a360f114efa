"""Names for branches, and the title and text of a pull request from the commits of one."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fimble_server.commits.compose import Suggestion
from fimble_server.commits.facts import Facts
from fimble_server.commits.history import PULL_REQUEST, split_trailers
from fimble_server.commits.message import Message, with_body
from fimble_server.commits.prefixes import likely_types
from fimble_server.commits.repository import Repository, RepositoryError
from fimble_server.commits.style import Style, type_of_subject, without_prefix

_LONGEST_NAME = 50
_FEW = 3
_MOST_COMMITS = 100
_SPELLINGS = {
    "feat": ("feature", "feat", "features"),
    "fix": ("fix", "bugfix", "hotfix", "bug"),
    "docs": ("docs", "doc"),
    "refactor": ("refactor",),
    "test": ("test", "tests"),
    "chore": ("chore", "build", "ci"),
}
_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master", "trunk", "develop")


@dataclass(frozen=True)
class Commits:
    """Commits between a base and an end, the oldest first."""

    base: str
    end: str
    messages: tuple[Message, ...]


def branch_name(suggestion: Suggestion, repository: Repository) -> str:
    """Return a name for a branch that does what a message says, in the form of the names that there are."""
    subject = suggestion.message.partition("\n")[0].removeprefix(suggestion.style.ticket)
    type_ = type_of_subject(subject) or likely_types(suggestion.facts, Style())[0]
    names = repository.text("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes").split("\n")
    own = [name.removeprefix("origin/") for name in names if name and name != "origin/HEAD"]
    prefix = _prefix([name for name in own if "/" in name], type_, len(own))
    words = re.findall(r"[a-z0-9]+", without_prefix(subject).lower())
    slug = ""
    for word in words:
        if slug and len(prefix) + len(slug) + 1 + len(word) > _LONGEST_NAME:
            break
        slug = f"{slug}-{word}" if slug else word[:_LONGEST_NAME]
    name = f"{prefix}{slug or 'change'}"
    taken = frozenset(own)
    return next(
        other
        for number in range(1, len(own) + 3)
        if (other := name if number == 1 else f"{name}-{number}") not in taken
    )


def _prefix(names: Sequence[str], type_: str, count: int) -> str:
    """Return the folder that branches of such a type are in here, "" if names have none."""
    folders = Counter(name.partition("/")[0] for name in names)
    known = {spelling for spellings in _SPELLINGS.values() for spelling in spellings}
    if sum(folders[spelling] for spelling in known) < max(_FEW, count / 3):
        return ""
    spellings = _SPELLINGS.get(type_, (type_,))
    return f"{max(spellings, key=lambda spelling: folders[spelling])}/"


def commits_in(repository: Repository, range_: str) -> Commits:
    """Return the commits of a range, `BASE..END` or `BASE`; without one those since the default branch.

    Raises:
        RepositoryError: a name is no commit, or there are no commits in the range.

    """
    base, _, end = re.sub(r"\.{3}", "..", range_).partition("..")
    end = end or "HEAD"
    if not base:
        head = repository.branch()
        base = next((name for name in _DEFAULT_BRANCHES if name != head and repository.commit(name) is not None), "")
        if not base:
            raise RepositoryError("there is no default branch to compare with; name a range such as main..HEAD")
    for name in (base, end):
        if repository.commit(name) is None:
            raise RepositoryError(f"{name} is no commit of this repository")
    start = repository.text("merge-base", base, end, ok=(0, 1)) or base
    output = repository.output(
        "log", "-z", "--no-merges", "--reverse", f"--max-count={_MOST_COMMITS}", "--format=%s%n%n%b", f"{start}..{end}"
    ).decode("utf-8", "replace")
    messages = tuple(map(_message, filter(None, (text.strip() for text in output.split("\0")))))
    if not messages:
        raise RepositoryError(f"there are no commits in {base}..{end}")
    return Commits(start, end, messages)


def _message(text: str) -> Message:
    subject, _, rest = text.partition("\n")
    body, trailers = split_trailers(rest)
    return Message(PULL_REQUEST.sub("", subject), tuple(body.split("\n")) if body else (), trailers)


def pull_request(title: str, commits: Commits, facts: Sequence[Facts], style: Style) -> Message:
    """Return title and text: what each commit says, then what they leave out, file by file."""
    if len(commits.messages) == 1:
        only = commits.messages[0]
        return Message(only.subject, only.body or with_body(only.subject, facts, style).body)
    told = [f"- {message.subject}" for message in commits.messages]
    missing = with_body("\n".join((title, *told)), facts, style).body
    return Message(title, (*told, *(("", "Files:", "", *missing) if missing else ())))
