"""What is learnt of a repository's messages, from real histories and real files."""

import pytest

from fimble_server.commits.style import Style, follows, learn_style
from repositories import Git

CONVENTIONAL = (
    "feat(parser): read tables",
    "fix(parser): keep empty cells",
    "docs: tell of tables",
    "chore: bump version",
)
PLAIN = ("Add tables", "Keep empty cells", "Remove the old parser", "Use fewer copies")


def learn(git: Git, *subjects: str, body: str = "") -> Style:
    for number, subject in enumerate(subjects):
        git.stage(f"file{number}", subject)
        git("commit", "--quiet", "-m", subject, *(["-m", body] if body else []))
    return learn_style(git.repository)


def test_without_history_git_s_own_recommendation_holds(git: Git) -> None:
    style = learn_style(git.repository)
    assert (style.form, style.capital, style.mood, style.subject_limit) == ("plain", True, "imperative", 72)


def test_types_and_scopes_in_use(git: Git) -> None:
    style = learn(git, *CONVENTIONAL)
    assert style.form == "conventional"
    assert style.scopes == ("parser",)
    assert style.scope_share == 0.5
    assert not style.capital


def test_subjects_without_types(git: Git) -> None:
    style = learn(git, *PLAIN)
    assert (style.form, style.capital, style.full_stop) == ("plain", True, False)


@pytest.mark.parametrize(
    ("subjects", "mood"),
    [
        (("Added tables", "Fixed cells", "Removed the parser", "Updated docs"), "past"),
        (("Adds tables", "Fixes cells", "Removes the parser", "Updates docs"), "third person"),
        (("Adding tables", "Fixing cells", "Removing the parser", "Updating docs"), "participle"),
        (PLAIN, "imperative"),
    ],
)
def test_the_form_of_the_verb(git: Git, subjects: tuple[str, ...], mood: str) -> None:
    assert learn(git, *subjects).mood == mood


def test_small_letters_and_full_stops(git: Git) -> None:
    style = learn(git, "add tables.", "keep empty cells.", "remove the old parser.")
    assert (style.capital, style.full_stop) == (False, True)


@pytest.mark.parametrize(
    ("subjects", "language"),
    [
        (
            ("Tabelle für die Rechnung hinzugefügt", "Fehler bei der Eingabe behoben", "Der Parser ist nicht mehr da"),
            "de",
        ),
        (("添加表格支持", "修复空单元格", "删除旧解析器"), "zh"),
        (("Добавлена таблица", "Исправлена ошибка", "Удалён старый код"), "ru"),
        (("Ajoute les tables dans le menu", "Corrige la saisie des dates", "Suppression du menu pour une page"), "fr"),
        (PLAIN, "en"),
    ],
)
def test_the_language(git: Git, subjects: tuple[str, ...], language: str) -> None:
    assert learn(git, *subjects).language == language


def test_areas_before_the_subject(git: Git) -> None:
    style = learn(git, "net/http: add retries", "os: keep the mode", "net/http: fix a leak")
    assert (style.form, style.scopes[0]) == ("area", "net/http")


@pytest.mark.parametrize(
    ("subject", "branch", "prefix"),
    [
        ("ABC-{}: Add tables", "feature/abc-12-tables", "ABC-12: "),
        ("[ABC-{}] Add tables", "ABC-12-tables", "[ABC-12] "),
        ("#{} Add tables", "issue-34-tables", "#34 "),
        ("ABC-{}: Add tables", "tables", ""),
        ("Add {} tables", "ABC-12-tables", ""),
    ],
)
def test_the_ticket_of_the_branch(git: Git, subject: str, branch: str, prefix: str) -> None:
    git("checkout", "--quiet", "-b", branch)
    assert learn(git, *(subject.format(number) for number in range(4))).ticket == prefix


def test_numbers_of_pull_requests_merges_and_robots_are_no_style(git: Git) -> None:
    learn(git, "Add tables (#12)", "Keep cells (#13)", "Use fewer copies (#14)")
    for number in range(5):
        git(
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            f"chore(deps): bump a to {number}",
            "--author",
            "robot[bot] <r@x>",
        )
        git("commit", "--quiet", "--allow-empty", "-m", f"Merge pull request #{number} from a/b")
    style = learn_style(git.repository)
    assert style.form == "plain"
    assert style.subjects == ("Use fewer copies", "Keep cells", "Add tables")


def test_who_signs_off_is_asked_to(git: Git) -> None:
    style = learn(git, *PLAIN, body="Signed-off-by: Somebody <somebody@example.invalid>")
    assert style.trailers == ("Signed-off-by: Test <test@example.invalid>",)


def test_a_history_without_bodies(git: Git) -> None:
    for number in range(10):
        git.stage("a", str(number))
        git.stage("b", str(number))
        git("commit", "--quiet", "-m", f"Change {number}")
    assert not learn_style(git.repository).has_body


def test_bullets_in_use(git: Git) -> None:
    assert learn(git, *PLAIN, body="* one\n* two").bullet == "*"


RULES = '{"type-enum": [2, "always", ["feat", "bug"]], "header-max-length": [2, "always", 60]}'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".commitlintrc.json", f'{{"rules": {RULES}}}'),
        ("package.json", f'{{"name": "a", "commitlint": {{"rules": {RULES}}}}}'),
        ("commitlint.config.js", f"module.exports = {{rules: {RULES.replace(chr(34), chr(39))}}}"),
        (
            ".commitlintrc.yml",
            (
                "rules:\n  type-enum:\n    - 2\n    - always\n    - - feat\n      - bug\n"
                "  header-max-length: [2, always, 60]"
            ),
        ),
    ],
)
def test_the_rules_of_commitlint(git: Git, name: str, text: str) -> None:
    git.write(name, text)
    style = learn_style(git.repository)
    assert (style.form, sorted(style.types), style.subject_limit) == ("conventional", ["bug", "feat"], 60)


def test_the_contributing_guide(git: Git) -> None:
    git.write("CONTRIBUTING.md", "We follow [Conventional Commits](https://www.conventionalcommits.org).")
    assert learn_style(git.repository).form == "conventional"


def test_the_fields_of_a_template(git: Git) -> None:
    git("config", "commit.template", ".template")
    git.write(".template", "# Say why\n\nIssue:\nReviewed-by:\n")
    assert learn_style(git.repository).fields == ("Issue:", "Reviewed-by:")


def test_a_link_to_a_device_is_no_configuration(git: Git) -> None:
    (git.root / "CONTRIBUTING.md").symlink_to("/dev/zero")
    assert learn_style(git.repository).form == "plain"


@pytest.mark.parametrize(
    ("subject", "is_right"),
    [
        ("feat: add tables", True),
        ("feat(x)!: add tables", True),
        ("wip: add tables", False),
        ("Add tables", False),
        ("feat: Add tables", False),
        ("feat: add tables.", False),
        ("feat: add " + "x" * 80, False),
    ],
)
def test_agreeing_with_a_style(subject: str, *, is_right: bool) -> None:
    assert follows(subject, Style(form="conventional", capital=False)) is is_right


def test_a_custom_that_is_new_counts_more_than_an_old_one(git: Git) -> None:
    assert learn(git, *PLAIN, *PLAIN, *CONVENTIONAL).form == "conventional"


def test_a_custom_that_is_given_up_counts_less(git: Git) -> None:
    assert learn(git, *CONVENTIONAL, *CONVENTIONAL, *PLAIN, *PLAIN, *PLAIN).form == "plain"
