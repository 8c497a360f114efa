"""What the benchmark of commit messages rests on: its measures, and commits that are staged again as they were."""

import subprocess
from pathlib import Path

import pytest

from recorded_commits import RecordedCommit, stage
from repositories import Git
from wording_measures import b_norm, rouge_l


@pytest.mark.parametrize(
    ("text", "reference", "share"),
    [
        ("police killed the gunman", "police kill the gunman", 0.75),  # the example of Lin (2004), section 3
        ("the gunman police killed", "police kill the gunman", 0.5),
        ("Same words", "same WORDS", 1.0),
        ("nothing", "alike here", 0.0),
        ("", "anything", 0.0),
    ],
)
def test_rouge_l(text: str, reference: str, share: float) -> None:
    assert rouge_l(text, reference) == pytest.approx(share)


def test_b_norm() -> None:
    assert b_norm("fix the parser of tables", "Fix the parser of tables") == pytest.approx(1.0)
    assert b_norm("", "fix it") == b_norm("other words", "fix it") == 0.0
    # One of two words is right, and none of the longer runs: (1/2 * 1/2 * 1/1 * 1/1) ** (1/4).
    assert b_norm("fix that", "fix it") == pytest.approx(0.25**0.25)
    assert b_norm("fix", "fix the parser of tables") < b_norm("fix the parser", "fix the parser of tables")


def test_a_commit_is_staged_as_it_was(git: Git, tmp_path: Path) -> None:
    git.stage("app.py", "".join(f"def function{number}():\n    return {number}\n\n\n" for number in range(20)))
    git.stage("old name.txt", "line\n" * 30)
    git.stage("gone.txt", "gone")
    git.commit("Start")
    git.stage(
        "app.py", (git.root / "app.py").read_text().replace("return 7", "return 8").replace("return 15", "return 16")
    )
    git("mv", "old name.txt", "new name.txt")
    git("rm", "--quiet", "gone.txt")
    git.stage("new.txt", "new\n")
    diff = git("diff", "--cached", "--no-color")
    again = Git(tmp_path / "again")
    stage(RecordedCommit("a/b", "c", ("Newest", "Merge branch 'x'", "Oldest"), diff, "Message"), again.root)
    lines = [line for line in diff.split("\n") if not line.startswith(("index ", "similarity "))]
    staged = again("diff", "--cached", "--no-color", "-M1%").split("\n")
    assert [line for line in staged if not line.startswith(("index ", "similarity "))] == lines
    assert again("log", "--format=%s").split("\n") == ["Newest", "Merge branch 'x'", "Oldest"]
    subprocess.run(["git", "-C", str(again.root), "fsck", "--strict"], check=True, capture_output=True)
