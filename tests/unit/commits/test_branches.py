"""Names for branches, and texts of pull requests."""

import pytest

from fimble_server.commits.branches import branch_name, commits_in, pull_request
from fimble_server.commits.changes import changes_between
from fimble_server.commits.compose import Suggestion, suggest_for
from fimble_server.commits.repository import RepositoryError
from fimble_server.config import CommitSettings
from repositories import Git

CODE = "def sell(item, price):\n    return item\n"


async def suggest_range(git: Git) -> tuple[str, str]:
    commits = commits_in(git.repository, "")
    changes = changes_between(git.repository, commits.base, commits.end)
    suggestion: Suggestion = await suggest_for(changes, git.repository, None, CommitSettings())
    text = pull_request(suggestion.message.partition("\n")[0], commits, suggestion.facts, suggestion.style)
    return text.subject, "\n".join(text.body)


async def test_a_branch_is_named_after_the_subject(git: Git) -> None:
    git.commit("Start", a="a\n")
    git.stage("shop.py", CODE)
    assert branch_name(await git.suggest(), git.repository) == "add-sell-to-shop-py"


async def test_a_name_has_the_form_of_the_others_and_is_new(git: Git) -> None:
    git.commit("Start", a="a\n")
    for name in ("feature/one", "feature/two", "bugfix/three", "feature/add-sell-to-shop-py"):
        git("branch", name)
    git.stage("shop.py", CODE)
    name = branch_name(await git.suggest(), git.repository)
    assert name == "feature/add-sell-to-shop-py-2"
    git("check-ref-format", "--branch", name)


async def test_a_name_before_the_first_commit_and_of_other_letters(git: Git) -> None:
    git.stage("größe.py", "größe = 1\n")
    name = branch_name(await git.suggest(), git.repository)
    git("check-ref-format", "--branch", name)


async def test_a_pull_request_of_several_commits(git: Git) -> None:
    git.commit("Start", a="a\n")
    git("checkout", "--quiet", "-b", "shop")
    git.commit("Sell things", **{"shop.py": CODE})
    git.commit("Prove it", **{"test_shop.py": "def test_selling():\n    pass\n"})
    title, body = await suggest_range(git)
    assert title == "Add sell to shop.py"
    assert body == "- Sell things\n- Prove it\n\nFiles:\n\n- test_shop.py: add test_selling"


async def test_a_pull_request_of_one_commit_says_what_that_says(git: Git) -> None:
    git.commit("Start", a="a\n")
    git("checkout", "--quiet", "-b", "shop")
    git.stage("shop.py", CODE)
    git(
        "commit", "--quiet", "-m", "Sell things (#3)", "-m", "Because people want them.", "-m", "Signed-off-by: T <t@x>"
    )
    assert await suggest_range(git) == ("Sell things", "Because people want them.")


def test_a_range_that_is_none_is_refused(git: Git) -> None:
    git.commit("Start", a="a\n")
    with pytest.raises(RepositoryError, match="nowhere is no commit of this repository"):
        commits_in(git.repository, "nowhere..HEAD")
    with pytest.raises(RepositoryError, match=r"name a range such as main\.\.HEAD"):
        commits_in(git.repository, "")
    git("checkout", "--quiet", "-b", "other")
    with pytest.raises(RepositoryError, match=r"there are no commits in main\.\.HEAD"):
        commits_in(git.repository, "")
