"""The form of messages, and that every changed file is in them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_server.commits.changes import staged_changes
from fimble_server.commits.coverage import covers
from fimble_server.commits.facts import facts_of
from fimble_server.commits.message import from_facts, shaped, shortened, with_body
from fimble_server.commits.prefixes import prefix_of
from fimble_server.commits.style import Style, follows, learn_style
from fimble_server.commits.verbs import with_mood
from repositories import Git

MANY = 300


@given(st.text(), st.sampled_from(["", "feat: ", "ABC-1: "]), st.booleans(), st.booleans())
def test_a_subject_always_fits(sentence: str, prefix: str, capital: bool, full_stop: bool) -> None:  # noqa: FBT001
    style = Style(capital=capital, full_stop=full_stop)
    subject = shaped(sentence, prefix, style)
    assert len(subject) <= style.subject_limit
    assert "\n" not in subject
    assert subject.startswith(prefix)


@pytest.mark.parametrize(
    ("sentence", "limit", "short"),
    [
        ("add tables and cells to the parser", 40, "add tables and cells to the parser"),
        ("add tables and cells to the parser", 20, "add tables and cells"),
        ("add tables and cells to the parser", 14, "add tables"),
        ("add tables and cells to the parser", 27, "add tables and cells"),
        ("antidisestablishmentarianism", 10, "antidisest"),
    ],
)
def test_a_sentence_is_cut_where_it_can_end(sentence: str, limit: int, short: str) -> None:
    assert shortened(sentence, limit) == short


@pytest.mark.parametrize(
    ("sentence", "style", "subject"),
    [
        ("Added tables.", Style(), "Add tables"),
        ("adds tables", Style(mood="past"), "Added tables"),
        ("`Add` tables", Style(capital=False), "`Add` tables"),
        ("Add tables", Style(capital=False), "add tables"),
        ("README is new", Style(capital=False), "README is new"),
        ("add tables", Style(full_stop=True), "Add tables."),
        ('"Add tables"', Style(), "Add tables"),
    ],
)
def test_a_subject_takes_the_form_of_the_style(sentence: str, style: Style, subject: str) -> None:
    assert shaped(sentence, "", style) == subject


def test_verbs_keep_their_case() -> None:
    assert with_mood("Rewrote it", "imperative") == "Rewrite it"
    assert with_mood("set it", "past") == "set it"
    assert with_mood("Something else", "past") == "Something else"


def test_every_file_of_many_is_covered(git: Git) -> None:
    for number in range(MANY):
        git.write(f"src/part{number % 7}/deep{number % 3}/file{number}.py", f"def function{number}():\n    pass\n")
    git.write("README.md", "# Title\n")
    git("add", "--all")
    facts = facts_of(staged_changes(git.repository), git.repository)
    message = from_facts(facts, Style())
    text = str(message)
    assert all(covers(text, file) for file in facts)
    assert len(message.body) < 40
    assert max(map(len, text.split("\n"))) <= 72


def test_the_body_names_what_the_subject_does_not(git: Git) -> None:
    git.stage("shop.py", "def sell():\n    return 1\n")
    git.stage("till.py", "def count():\n    return 1\n")
    facts = facts_of(staged_changes(git.repository), git.repository)
    assert str(with_body("Let the shop sell", facts, Style())) == "Let the shop sell\n\n- till.py: add count"
    assert str(with_body("Let shop and till work", facts, Style())) == "Let shop and till work"
    assert str(with_body("Let the shop sell", facts, Style(bullet="*"))).endswith("* till.py: add count")
    assert str(with_body("Let the shop sell", facts, replace(Style(), has_body=False))) == "Let the shop sell"


def test_trailers_come_last(git: Git) -> None:
    git.stage("shop.py", "def sell():\n    return 1\n")
    facts = facts_of(staged_changes(git.repository), git.repository)
    style = Style(trailers=("Signed-off-by: Test <t@x>",), fields=("Issue:",))
    assert str(from_facts(facts, style)) == "Add sell to shop.py\n\nIssue:\nSigned-off-by: Test <t@x>"


def test_facts_alone_follow_any_style(git: Git) -> None:
    git.stage(
        "src/net/shop.py",
        "def sell_a_thing_with_a_long_name_that_goes_on_and_on_until_it_is_too_long():\n    return 1\n",
    )
    git.stage("tests/test_shop.py", "def test_selling():\n    return 1\n")
    facts = facts_of(staged_changes(git.repository), git.repository)
    for style in (
        Style(),
        Style(subject_limit=50),
        Style(form="conventional", capital=False, scopes=("net",), scope_share=1.0),
        Style(form="area", capital=False, scopes=("net",)),
        Style(mood="past", full_stop=True, ticket="ABC-1: "),
    ):
        assert follows(from_facts(facts, style).subject, style)


@pytest.mark.parametrize(
    ("path", "scope", "prefix"),
    [
        ("src/net/shop.py", "net", "feat(net): "),
        ("src/text_range.py", "TextRange", "feat(TextRange): "),
        ("src/text-range.py", "text_range", "feat(text_range): "),
        ("src/shop.py", "Shop", "feat(Shop): "),
        ("src/shop.py", "net", "feat: "),
    ],
)
def test_a_scope_in_use_that_the_file_lies_in(git: Git, path: str, scope: str, prefix: str) -> None:
    git.stage(path, "class Shop:\n    pass\n")
    facts = facts_of(staged_changes(git.repository), git.repository)
    style = Style(form="conventional", capital=False, scopes=("other", scope), scope_share=1.0)
    assert prefix_of(facts, style) == prefix


@pytest.mark.parametrize(
    ("path", "history", "prefix"),
    [
        (".github/workflows/test.yml", ("fix(ci): a", "fix(ci): b", "chore: c"), "fix(ci): "),
        (".github/workflows/test.yml", ("ci: a", "chore: b", "chore: c"), "ci: "),
        ("pyproject.toml", ("chore: a",) * 3, "chore: "),
        ("pyproject.toml", ("build: a", "chore: b", "test: c"), "build: "),
        ("docs/requirements.txt", ("build: a", "docs: b", "docs: c"), "build: "),
        ("app.py", ("fix: a",) * 9 + ("feat: b",), "fix: "),
        ("app.py", ("fix: a", "feat: b", "docs: c"), "feat: "),
        ("parser/app.py", ("feat(parser): a", *("fix: b",) * 7), "fix(parser): "),
    ],
)
def test_what_is_usual_here_decides_between_the_types_that_are_possible(
    git: Git, path: str, history: tuple[str, ...], prefix: str
) -> None:
    for subject in history:
        git.commit(subject)
    git.stage(path, "def sell(item):\n    return item\n" if path.endswith(".py") else "name: value\n")
    assert prefix_of(facts_of(staged_changes(git.repository), git.repository), learn_style(git.repository)) == prefix
