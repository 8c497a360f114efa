import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.files.gitignore import Patterns
from fimble_indexer.files.listing import list_files
from fimble_indexer.files.rules import foreign_rules, ignore_rules

GIT = {**os.environ, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}


def write(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")


def listed(root: Path) -> set[str]:
    return {file.path for file in list_files(root)}


def listed_by_git(root: Path) -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, cwd=root, check=True, capture_output=True, env=GIT).stdout
    return set(filter(None, os.fsdecode(output).split("\0")))


NAMES = ["a", "b", "ab", "a b", "b ", "!a", "#a", "[a]", "*", "a.b", ".a"]
FOLDERS = ["", "a/", "b/", "a/b/", "b/a/", "a/a/b/", ".a/", "a b/"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        for name in NAMES:
            if not (root / folder / name).exists():
                (root / folder / name).write_text("x\n", encoding="utf-8")
    return root


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "*",
        "?",
        "**",
        "/",
        "/",
        ".",
        "[ab]",
        "[!a]",
        "[^b]",
        "[a-",
        "[]a]",
        "[b-a]",
        "[[:alpha:]!]",
        "[\\]]",
        "]",
        "\\",
        "\\ ",
        "\\*",
        " ",
        "!",
        "#",
        ".a",
    ]
)
PATTERNS = st.builds(
    lambda start, pieces, end: start + "".join(pieces) + end,
    st.sampled_from(["", "", "", "!", "/", "\\!", "\\#", "**/"]),
    st.lists(PIECES, min_size=1, max_size=4),
    st.sampled_from(["", "", "/", "/**", " ", "\\ ", "\r"]),
).filter(lambda pattern: not re.search(r"[^/!]\*\*", pattern))  # git takes "ab**/**" for more than it says
RULE_FILES = st.dictionaries(
    st.sampled_from([".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude"]),
    st.lists(PATTERNS, min_size=1, max_size=4).map("\n".join),
    max_size=3,
)


@pytest.mark.skipif(sys.platform == "win32", reason="such names do not exist there")
@settings(max_examples=150, deadline=None)
@given(rule_files=RULE_FILES)
def test_ignored_is_what_git_ignores(repository: Path, rule_files: dict[str, str]) -> None:
    for path in [".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude"]:
        (repository / path).unlink(missing_ok=True)
    for path, text in rule_files.items():
        (repository / path).write_text(text, encoding="utf-8", newline="")

    assert listed(repository) == listed_by_git(repository)


@given(st.lists(st.text()), st.text())
def test_no_line_is_too_bad(lines: list[str], path: str) -> None:
    Patterns(lines).decide(path)


@pytest.mark.parametrize(
    ("pattern", "path", "decision"),
    [
        ("é?", "éa", True),
        ("a?b", "a/b", None),
        ("build/", "build", None),
        ("build/", "build/", True),
        ("!src", "src/", False),
        ("src", "src/build", None),
        ("[[:digit:]_]x", "1x", True),
        ("[[:bogus:]]", "b", None),
        ("# a", "# a", None),
        ("\\# a", "# a", True),
    ],
)
def test_pattern(pattern: str, path: str, decision: bool | None) -> None:  # noqa: FBT001
    assert Patterns([pattern]).decide(path) is decision


def test_except_after_ignored_means_no_folder_below(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build\n!src\n", "src/a.py": "", "src/build/b.py": "", "build/src/c.py": ""})

    assert listed(tmp_path) == {".gitignore", "src/a.py"}


@pytest.mark.parametrize("setting", ["core.excludesFile", None])
def test_excludes_file_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str | None) -> None:
    write(tmp_path, {"config/git/ignore": "b.py\n", "mine": "c.py\n", "root/.git/info/exclude": "!d.py\n"})
    write(tmp_path / "root", {"a.py": "", "b.py": "", "c.py": "", "d.py": "", ".gitignore": "!e.py\n", "e.py": ""})
    config = tmp_path / "gitconfig"
    config.write_text(f"[core]\n\texcludesFile = {tmp_path}/mine\n" if setting else "")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    assert listed(tmp_path / "root") == {".gitignore", "a.py", "d.py", "e.py", "b.py" if setting else "c.py"}


def test_without_git_its_usual_excludes_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"config/git/ignore": "*.py\n", "root/.git/HEAD": "", "root/a.py": "", "root/b.js": ""})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    assert listed(tmp_path / "root") == {"b.js"}


def test_byte_order_mark_and_line_ends_are_no_part_of_a_pattern(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b\x0c.py": "", "c.py": ""})
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfa.py\r\nb\x0c.py\r\n")

    assert listed(tmp_path) == {".gitignore", "c.py"}


def test_attributes_tell_what_others_wrote(tmp_path: Path) -> None:
    attributes = {
        ".gitattributes": "# gen\n*.js linguist-generated\n"
        "lib/** -diff linguist-vendored=true\nlib/own.py -linguist-vendored\n",
        "src/.gitattributes": "*.js linguist-generated=false\nz.py linguist-generated\r\n",
    }
    write(tmp_path, attributes)
    rules = foreign_rules(tmp_path)

    paths = ["a.py", "a.js", "d/a.js", "lib/x/a.py", "lib/own.py", "src/a.js", "src/z.py", "src/d/z.py", "z.py"]
    assert [path for path in paths if rules.match(path)] == [
        "a.js",
        "d/a.js",
        "lib/x/a.py",
        "src/z.py",
        "src/d/z.py",
    ]


def test_rules_above_the_workspace_count_in_a_repository_only(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "work/a.py\n", ".gitattributes": "*.js linguist-generated\n", "work/a.py": ""})
    assert not ignore_rules(tmp_path / "work").match("a.py")

    (tmp_path / ".git").mkdir()
    assert ignore_rules(tmp_path / "work").match("a.py")
    assert foreign_rules(tmp_path / "work").match("d/b.js")
