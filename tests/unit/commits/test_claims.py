"""What the names of new tests say, as subjects and in prompts."""

import pytest

from fimble_server.commits.changes import staged_changes
from fimble_server.commits.claims import claims
from fimble_server.commits.facts import facts_of
from repositories import Git

OLD = "def compare(left, right):\n    return left - right\n"
NEW = "def compare(left, right):\n    return right - left\n"


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("test_diff_ignores_mnemonic_prefix", "Ignore mnemonic prefix in diff"),
        ("test_it_redacts_headers_of_proxies", "Redact headers of proxies"),
        ("test_clone_from_does_not_expand_variables", "Avoid expanding variables in clone"),
        ("test_diff_should_ignore_case_of_names", "Ignore case of names in diff"),
        ("test_it_should_not_open_doors", "Avoid opening doors"),
        ("test_diff_never_shows_binary_files", "Change compare in shop.py"),
        ("test_names", "Change compare in shop.py"),
        ("test_order_of_long_names", "Change compare in shop.py"),
        ("test_compare_does_not", "Change compare in shop.py"),
    ],
)
async def test_what_a_new_test_says_is_the_subject(git: Git, name: str, subject: str) -> None:
    git.commit("Start", **{"shop.py": OLD})
    git.stage("shop.py", NEW)
    git.stage("tests/test_shop.py", f"def {name}():\n    assert True\n")
    assert (await git.suggest()).message.split("\n")[0] == subject


@pytest.mark.parametrize(
    ("added", "subject"),
    [
        ("def sell(item):\n    return item\n", "Add sell to shop.py"),
        ("def open_door():\n    return 1\n", "Return item in sell"),
    ],
)
async def test_a_new_function_that_the_test_is_about_is_called_new(git: Git, added: str, subject: str) -> None:
    git.commit("Start", **{"shop.py": OLD})
    git.stage("shop.py", f"{OLD}\n\n{added}")
    git.stage("tests/test_shop.py", "def test_sell_returns_item():\n    assert True\n")
    assert (await git.suggest()).message.split("\n")[0] == subject


async def test_a_file_is_new_whatever_its_tests_say(git: Git) -> None:
    git.stage("shop.py", NEW)
    git.stage("tests/test_shop.py", "def test_diff_ignores_case_of_names():\n    assert True\n")
    assert (await git.suggest()).message.startswith("Add compare to shop.py")


@pytest.mark.parametrize(
    ("path", "test", "claim"),
    [
        ("shop.test.ts", 'it("rejects unsafe options of `clone`", () => {\n})\n', ""),
        ("shop.test.ts", 'it("rejects unsafe options", () => {\n})\n', "rejects unsafe options"),
        ("shop.test.ts", "test.only('should keep the tills open', async () => {\n})\n", "keeps the tills open"),
        ("shop_spec.rb", "it 'does not sell fish twice' do\nend\n", "does not sell fish twice"),
    ],
)
def test_titles(git: Git, path: str, test: str, claim: str) -> None:
    git.stage(path, test)
    (facts,) = facts_of(staged_changes(git.repository), git.repository)
    assert claims(facts) == [claim] * bool(claim)


def test_names_in_other_forms(git: Git) -> None:
    git.stage("shop_test.go", "package shop\n\nfunc TestSellKeepsHTTPHeaders(t *testing.T) {\n}\n")
    (facts,) = facts_of(staged_changes(git.repository), git.repository)
    assert claims(facts) == ["sell keeps http headers"]
