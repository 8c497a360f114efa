"""Parts of a file that a step is about, and the command that runs a repository's tests."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.syntax.languages import languages
from fimble_server.plans.commands import find_test_command
from fimble_server.plans.excerpts import excerpt
from language_samples import LANGUAGES

PYTHON = languages()["python"]
STORE = "import os\n\n\nclass Store:\n    '''Keeps.'''\n\n" + "\n".join(
    f"    def method_{number}(self):\n        return {number}\n" for number in range(50)
)


def test_a_short_file_is_shown_whole() -> None:
    assert excerpt("x = 1\n", PYTHON, "anything", 100) == "x = 1\n"


def test_a_large_class_is_shown_by_its_head_and_the_members_that_are_asked_for() -> None:
    shown = excerpt(STORE, PYTHON, "change method_37 of Store", 200)

    assert shown.startswith("import os\n\n\nclass Store:\n")
    assert "    # ...\n" in shown
    assert "    def method_37(self):\n        return 37\n" in shown
    assert len(shown) < 300


def test_without_definitions_it_is_the_beginning_by_whole_lines() -> None:
    assert excerpt("one\ntwo\nthree\n", None, "three", 9) == "one\ntwo"


@settings(deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), st.integers(0, 600), st.text(max_size=20))
def test_an_excerpt_of_any_language_holds_lines_of_the_file_only(name: str, characters: int, about: str) -> None:
    text = LANGUAGES[name][0]
    language = languages()[name]

    lines = {line.strip() for line in excerpt(text, language, about, characters).split("\n")}

    assert lines <= {line.strip() for line in text.split("\n")} | {f"{language.line_comment or ''} ...".strip()}


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({}, None),
        ({"pyproject.toml": "[tool.pytest.ini_options]"}, "python -m pytest -q"),
        ({"pyproject.toml": "[project]"}, None),
        ({"tests/test_a.py": ""}, "python -m pytest -q"),
        ({"package.json": '{"scripts": {"test": "vitest"}}'}, "npm test"),
        ({"package.json": '{"scripts": {"test": "vitest"}}', "pnpm-lock.yaml": ""}, "pnpm test"),
        ({"package.json": "{}"}, None),
        ({"Cargo.toml": ""}, "cargo test"),
        ({"go.mod": ""}, "go test ./..."),
        ({"Makefile": "all:\n\ntest: all\n"}, "make test"),
        ({"Makefile": "all:\n"}, None),
        ({"notes.md": "run `rm -rf /` to test"}, None),
    ],
)
def test_the_command_of_a_repositorys_tests(tmp_path: Path, files: dict[str, str], command: str | None) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    assert find_test_command(tmp_path) == command
