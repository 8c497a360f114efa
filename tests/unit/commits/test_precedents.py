"""Subjects that the history or the changelog hands over."""

import pytest

from repositories import Git

REQUIREMENTS = "requirements.txt"


@pytest.mark.parametrize(
    ("path", "old", "new", "history", "message"),
    [
        (REQUIREMENTS, "parser==1.2\n", "parser==1.3\n", ("Update parser to 1.2",), "Update parser to 1.3"),
        (REQUIREMENTS, "parser==1.2\n", "parser==1.3\n", ("fix: bump parser to v1.2",) * 3, "fix: bump parser to v1.3"),
        ("pyproject.toml", 'version = "1.2.0"\n', 'version = "1.3.0"\n', ("Release 1.2.0",), "Release 1.3.0"),
        (REQUIREMENTS, "parser==1.2\n", "parser==1.3\n", ("Fix a leak in 1.2",), "Bump parser from 1.2 to 1.3"),
        ("AUTHORS.md", "a\n", "b\n", ("Thank people in AUTHORS.md",) * 2, "Thank people in AUTHORS.md"),
    ],
)  # fmt: skip
async def test_what_was_said_before_is_said_again(
    git: Git, path: str, old: str, new: str, history: tuple[str, ...], message: str
) -> None:
    git.commit("Start", **{path: old})
    for subject in history:
        git.commit(subject)
    git.stage(path, new)
    assert (await git.suggest()).message == message


@pytest.mark.parametrize(
    ("entry", "subject"),
    [
        ("- Sell apples at the price of the day\n", "Sell apples at the price of the day"),
        ("* [Sell apples](https://example.com) at a price by @somebody in #12.\n", "Sell apples at a price"),
        ("- Added apples to the shop (#12)\n", "Add apples to the shop"),
        ("- https://example.com/advisories/1\n", "Change sell in shop.py"),
        ("- one thing that is new\n- another thing that is new\n", "Change sell in shop.py"),
    ],
)
async def test_the_new_entry_of_the_changelog(git: Git, entry: str, subject: str) -> None:
    git.commit("Start", **{"CHANGELOG.md": "# Changelog\n\n", "shop.py": "def sell():\n    return 1\n"})
    git.stage("CHANGELOG.md", f"# Changelog\n\n{entry}")
    git.stage("shop.py", "def sell():\n    return 2\n")
    assert (await git.suggest()).message.partition("\n")[0] == subject


async def test_a_changelog_alone_is_what_changes(git: Git) -> None:
    git.commit("Start", **{"CHANGELOG.md": "# Changelog\n\n"})
    git.stage("CHANGELOG.md", "# Changelog\n\n- Sell apples at the price of the day\n")
    assert (await git.suggest()).message == "Update CHANGELOG.md"
