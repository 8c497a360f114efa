"""`fimble edit` as a user calls it: a diff on stdout, files written only when told, one sentence for every mistake."""

import subprocess
from pathlib import Path

import pytest

from commands import assert_refused, fimble, json_of

BUG = '''import math


def area(radius):
    """Return the area of a circle: pi times the radius squared."""
    return math.pi * radius
'''
SQUARE = "Square the radius in the return statement."
"""Told in so many words, the smallest model does it; by `fix` alone it may find nothing wrong."""


@pytest.fixture
def circle(tmp_path: Path) -> Path:
    """A file with a bug, in a folder that is no repository."""
    path = tmp_path / "circle.py"
    path.write_bytes(BUG.replace("\n", "\r\n").encode())
    return path


@pytest.mark.model
@pytest.mark.parametrize("place", ["circle.py:5", "circle.py:4-6", "circle.py::area"])
def test_a_change_is_printed_as_a_diff_that_git_applies(circle: Path, place: str) -> None:
    done = fimble("edit", place, "edit", "-i", SQUARE, folder=circle.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("--- a/circle.py\n+++ b/circle.py\n")
    assert circle.read_bytes().decode() == BUG.replace("\n", "\r\n")
    assert "radius ** 2" in done.stdout or "radius**2" in done.stdout


@pytest.mark.model
def test_a_change_is_applied_and_the_rest_stays_byte_for_byte(circle: Path) -> None:
    found = json_of(fimble("edit", "circle.py:5", "edit", "-i", SQUARE, "--apply", "--json", folder=circle.parent))
    assert found["applied"]
    assert found["path"] == "circle.py"
    assert found["problems"] == []
    assert found["tokens"]["prompt"] > 0
    lines = circle.read_bytes().split(b"\r\n")
    assert lines[:4] == BUG.encode().split(b"\n")[:4]
    assert b"2" in b"".join(lines[4:])
    assert b"\n" not in b"".join(lines)


@pytest.mark.model
def test_words_are_printed(circle: Path) -> None:
    done = fimble("edit", "circle.py:5", "explain", folder=circle.parent)
    assert done.returncode == 0, done.stderr
    assert "circle" in done.stdout
    assert circle.read_bytes().decode() == BUG.replace("\n", "\r\n")


@pytest.mark.model
def test_a_command_of_the_repository(circle: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(circle.parent)], check=True)
    folder = circle.parent / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "praise.md").write_text("---\ntitle: Praise\nresult: prose\n---\nSay only the word wonderful.\n")
    found = json_of(fimble("edit", "circle.py:5", "praise", "--json", folder=circle.parent))
    assert found["title"] == "Praise"
    assert "wonderful" in found["answer"].lower()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["circle.py", "fix"], "is no place"),
        (["circle.py:0", "fix"], "count from 1"),
        (["circle.py:5-4", "fix"], "the first before the last"),
        (["circle.py:99", "fix"], "there is no line 99"),
        (["circle.py:3", "fix"], "no code in line 3"),
        (["circle.py::volume", "fix"], "no definition 'volume'"),
        (["missing.py:1", "fix"], "there is no file"),
        (["circle.py:5", "fly"], "there is no command 'fly'"),
        (["circle.py:5", "edit"], "needs an instruction"),
        (["circle.py:5", "translate", "-i", "Klingon"], "there is no language"),
        (["circle.py:5", "broken"], "does not begin with its settings"),
        ([".env:1", "fix"], "holds secrets"),
    ],
)
def test_bad_input_is_one_sentence(circle: Path, arguments: list[str], reason: str) -> None:
    (circle.parent / ".git").mkdir()
    (circle.parent / ".env").write_text("TOKEN=1\n")
    folder = circle.parent / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("nothing\n")
    assert_refused(fimble("edit", *arguments, folder=circle.parent), reason)
