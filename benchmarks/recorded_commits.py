"""Commits of public repositories, staged again in repositories that hold as much as their diffs show.

A record has `diff` (git's unified format), `before` (subjects of the commits before it, the newest first) and
`message`. What a diff does not show of a file is empty lines; a hunk's heading stands right above it, so that what
encloses the hunk is known as it was.
"""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@ ?(.*)")
_MODE = re.compile(r"^(?:deleted file mode|old mode|index \w+\.\.\w+) (\d{6})$", re.MULTILINE)
_SUBPROJECT = re.compile(r"^-Subproject commit (\w{40})", re.MULTILINE)
_SUBMODULE = "160000"
_PERSON = "Author <author@example.invalid> 1700000000 +0000"


@dataclass(frozen=True)
class RecordedCommit:
    """A commit that somebody wrote a message for."""

    repository: str
    name: str
    before: tuple[str, ...]
    diff: str
    message: str


def read_commits(file: Path) -> list[RecordedCommit]:
    """Read all commits of a file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [RecordedCommit(row["repo"], row["sha"], tuple(row["before"]), row["diff"], row["message"]) for row in rows]


def stage(commit: RecordedCommit, folder: Path) -> None:
    """Make a repository with the subjects as history and the diff staged."""
    git = ["git", "-C", str(folder), "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    stream = b"".join(_history(commit))
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True)
    subprocess.run([*git, "read-tree", "main"], check=True)
    diff = commit.diff if commit.diff.endswith("\n") else f"{commit.diff}\n"
    subprocess.run([*git, "apply", "--cached", "--whitespace=nowarn", "-"], input=diff.encode(), check=True)


def _history(commit: RecordedCommit) -> Iterator[bytes]:
    subjects = list(reversed(commit.before)) or ["Start"]
    for number, subject in enumerate(subjects):
        data = subject.encode()
        yield f"commit refs/heads/main\ncommitter {_PERSON}\ndata {len(data)}\n".encode() + data + b"\n"
        if number == len(subjects) - 1:
            yield from _old_files(commit.diff)
        yield b"\n"


def _old_files(diff: str) -> Iterator[bytes]:
    for section in re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE)[1:]:
        header, _, hunks = section.partition("\n@@ ")
        if "\nnew file mode" in header:
            continue
        path = _old_path(header)
        mode = found[1] if (found := _MODE.search(header)) else "100644"
        if mode == _SUBMODULE and (old := _SUBPROJECT.search(section)):
            yield f"M {mode} {old[1]} {path}\n".encode()
        else:
            content = _old_content(f"@@ {hunks}").encode() if hunks else b"content\n"
            yield f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def _old_path(header: str) -> str:
    if found := re.search(r"^(?:rename|copy) from (.*)$", header, re.MULTILINE):
        return found[1]
    found = re.match(r"diff --git a/(.*) b/\1$", header.split("\n", 1)[0])
    assert found is not None, header
    return found[1]


def _old_content(hunks: str) -> str:
    lines: list[str] = []
    for line in hunks.split("\n"):
        if found := _HUNK.match(line):
            start = int(found[1]) - 1
            if len(lines) < start:
                lines += [""] * (start - len(lines))
                lines[-1] = found[3]
        elif line[:1] in {" ", "-"}:
            lines.append(line[1:])
    ends_in_the_line = re.search(r"^[ -].*\n\\ No newline", hunks, re.MULTILINE) is not None
    return "\n".join(lines) + ("" if ends_in_the_line or not lines else "\n")
