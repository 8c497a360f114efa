"""`fimble commit` and its relatives, as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from repositories import Git

CODE = "def sell(item, price):\n    return item\n"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    git = Git(tmp_path / "repository")
    git.commit("Start", **{"a.txt": "a\n"})
    return git


def fimble(git: Git, *arguments: str, ok: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fimble_server", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=git.root,
        timeout=120,
        env=dict(os.environ),
    )
    assert (done.returncode == 0) is ok, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.rstrip("\n") if ok else done.stderr.rstrip("\n")


def test_a_message_is_printed_and_nothing_committed(git: Git) -> None:
    git.stage("shop.py", CODE)
    assert fimble(git, "commit", "--no-model") == "Add sell to shop.py"
    assert git("log", "--format=%s") == "Start"


def test_apply_commits_with_it(git: Git) -> None:
    git.stage("shop.py", CODE)
    fimble(git, "commit", "--no-model", "--apply")
    assert git("log", "-1", "--format=%B") == "Add sell to shop.py"
    git.write("shop.py", CODE.replace("item\n", "price\n"))
    fimble(git, "commit", "--no-model", "--apply", "--all")
    assert git("log", "-1", "--format=%s") == "Change sell in shop.py"
    fimble(git, "commit", "--no-model", "--apply", "--amend")
    assert git("rev-list", "--count", "HEAD") == "3"


def test_json_tells_what_is_known(git: Git) -> None:
    git.stage("shop.py", CODE)
    git.stage("key.py", f'token = "ghp_{"0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"}"\n')
    found = json.loads(fimble(git, "commit", "--no-model", "--json"))
    assert found["message"] == found["candidates"][0]
    assert found["from_model"] is False
    assert [file["path"] for file in found["files"]] == ["key.py", "shop.py"]
    assert found["files"][1]["symbols"] == ["sell"]
    assert found["warnings"] == ["key.py:1 looks like a secret; look at it before you commit"]


def test_nothing_staged_is_one_sentence(git: Git) -> None:
    assert fimble(git, "commit", ok=False) == "fimble: nothing is staged; stage changes with git add, or use --all"


def test_a_branch_and_a_pull_request(git: Git) -> None:
    git("checkout", "--quiet", "-b", "shop")
    git.stage("shop.py", CODE)
    assert fimble(git, "branch-name", "--no-model") == "add-sell-to-shop-py"
    fimble(git, "commit", "--no-model", "--apply")
    git.commit("Prove it", **{"b.txt": "b\n"})
    found = json.loads(fimble(git, "pull-request", "main..shop", "--no-model", "--json"))
    assert found["title"] == "Add sell to shop.py"
    assert "- Prove it" in found["body"]


def test_the_hook_is_installed_and_removed(git: Git) -> None:
    assert "prepare-commit-msg" in fimble(git, "hook", "install")
    assert (git.root / ".git" / "hooks" / "prepare-commit-msg").exists()
    fimble(git, "hook", "remove")
    assert not (git.root / ".git" / "hooks" / "prepare-commit-msg").exists()


@pytest.mark.model
def test_the_model_writes_a_sane_message(git: Git) -> None:
    git.stage("shop.py", CODE)
    git.stage("test_shop.py", "from shop import sell\n\n\ndef test_selling():\n    assert sell(1, 2) == 1\n")
    found = json.loads(fimble(git, "commit", "--json"))
    subject, _, body = found["message"].partition("\n\n")
    assert found["from_model"] is True
    assert subject[0].isupper()
    assert 8 < len(subject) <= 72
    assert "```" not in found["message"]
    assert "test_shop.py" in body or "test_shop" in subject
