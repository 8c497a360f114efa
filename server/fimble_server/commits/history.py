"""The last commits of a repository, as far as they tell how messages are written here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fimble_server.commits.repository import Repository, RepositoryError

_MOST_COMMITS = 200
_LONGEST_BODY = 4000
"""Characters; what is longer is the text of a pull request."""
PULL_REQUEST = re.compile(r"\s*\((?:#|gh-|!)\d+\)\s*$", re.IGNORECASE)
# Not written for the change itself, or by a program.
_AUTOMATIC = re.compile(r"(?:Merge|Revert \"|fixup! |squash! |amend! |Initial commit$|WIP\b)", re.IGNORECASE)
_TRAILER = re.compile(r"[A-Za-z][A-Za-z0-9-]*: \S.*|\(cherry picked from commit [0-9a-f]+\)")
_FORMAT = "%x1e%aN%x1f%s%x1f%b%x1f"


@dataclass(frozen=True, slots=True)
class PastCommit:
    """A message of the history: its subject without the number of a pull request, its body without trailers."""

    subject: str
    body: str
    trailers: tuple[str, ...]
    files: int


def past_commits(repository: Repository) -> tuple[PastCommit, ...]:
    """Return the last messages that people wrote, the newest first; none before the first commit."""
    if repository.commit("HEAD") is None:
        return ()
    try:
        output = repository.output(
            "log", "--no-merges", f"--max-count={_MOST_COMMITS}", "--no-renames", "--name-only", "--no-color",
            "--no-notes", "--no-show-signature", "--no-ext-diff", f"--format={_FORMAT}", "HEAD",
        )  # fmt: skip
    except RepositoryError:  # a shallow or partial clone may lack what tells the files
        return ()
    return tuple(_commits(output.decode("utf-8", "replace")))


def _commits(output: str) -> Iterator[PastCommit]:
    for record in output.split("\x1e")[1:]:
        author, subject, body, names = (record.split("\x1f") + [""] * 4)[:4]
        if _AUTOMATIC.match(subject) or author.endswith("[bot]"):
            continue
        text, trailers = split_trailers(body[:_LONGEST_BODY])
        yield PastCommit(PULL_REQUEST.sub("", subject).strip(), text, trailers, len(names.split("\n")) - 2)


def split_trailers(body: str) -> tuple[str, tuple[str, ...]]:
    """Split a body from the trailers in its last paragraph (git-interpret-trailers(1))."""
    text, _, last = body.strip().rpartition("\n\n")
    lines = last.split("\n")
    if all(_TRAILER.fullmatch(line.strip()) for line in lines):
        return text.strip(), tuple(line.strip() for line in lines)
    return body.strip(), ()
