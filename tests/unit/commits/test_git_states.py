"""What is seen of a commit in every state that a repository can be in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fimble_server.commits.repository import RepositoryError, open_repository
from repositories import Git

TEN_MEGABYTES = 10_000_000


async def test_the_first_commit(git: Git) -> None:
    git.stage("app.py", "def start():\n    return 1\n")
    suggestion = await git.suggest()
    assert git.changes()["app.py"].status == "added"
    assert suggestion.message == "Add start to app.py"


async def test_an_empty_stage_says_what_to_do(git: Git) -> None:
    git.commit("Start", a="a\n")
    git.write("a", "b\n")
    with pytest.raises(RepositoryError, match="nothing is staged; stage changes with git add, or use --all"):
        await git.suggest()


async def test_all_changes_are_seen_without_being_staged(git: Git) -> None:
    git.commit("Start", a="a\n")
    git.write("a", "b\n")
    git.write("untracked", "c\n")
    with git.repository.with_all_changes() as seen:
        assert seen.output("diff-index", "--cached", "--name-only", "HEAD") == b"a\n"
    assert git("diff", "--cached", "--name-only") == ""


async def test_a_detached_head(git: Git) -> None:
    git.commit("Start", a="a\n")
    git("checkout", "--quiet", "--detach")
    git.stage("a", "b\n")
    assert git.repository.branch() is None
    assert (await git.suggest()).message == "Update a"


async def test_amending_takes_the_last_commit_together_with_what_is_staged(git: Git) -> None:
    git.commit("Start", a="a\n")
    git.commit("Second", b="b\n")
    git.stage("c", "c\n")
    suggestion = await git.suggest(amend=True)
    assert {facts.path for facts in suggestion.facts} == {"b", "c"}


async def test_the_first_commit_can_be_amended(git: Git) -> None:
    git.commit("Start", a="a\n")
    assert (await git.suggest(amend=True)).message == "Add a"


async def test_conflicts_are_refused_by_name(git: Git) -> None:
    git.commit("Start", a="a\n")
    git("checkout", "--quiet", "-b", "other")
    git.commit("Other", a="b\n")
    git("checkout", "--quiet", "main")
    git.commit("Mine", a="c\n")
    git("merge", "other", ok=False)
    assert git.repository.operation() == "merge"
    with pytest.raises(RepositoryError, match="there are conflicts in a; resolve them and stage the files first"):
        await git.suggest()


async def test_a_rebase_in_progress(git: Git) -> None:
    git.commit("Start", a="a\n")
    git.commit("Second", b="b\n")
    git("rebase", "--interactive", "HEAD~1", GIT_SEQUENCE_EDITOR="sed -i.bak s/^pick/edit/")
    assert git.repository.operation() == "rebase"
    git.stage("c", "c\n")
    assert (await git.suggest()).message == "Add c"


def test_renames_keep_their_old_path(git: Git) -> None:
    git.commit("Start", a="line\n" * 20)
    git("mv", "a", "b")
    change = git.changes()["b"]
    assert (change.status, change.old_path, change.is_content_same) == ("renamed", "a", True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a.txt", "b.txt", "Rename a.txt to b.txt"),
        ("src/a.txt", "lib/a.txt", "Move a.txt to lib"),
        ("src/a.txt", "lib/b.txt", "Move src/a.txt to lib/b.txt"),
    ],
)
async def test_a_rename_alone(git: Git, old: str, new: str, message: str) -> None:
    git.write(old, "line\n" * 20)
    git("add", ".")
    git.commit("Start")
    (git.root / new).parent.mkdir(exist_ok=True)
    git("mv", old, new)
    assert (await git.suggest()).message == message


@pytest.mark.skipif(sys.platform == "win32", reason="has no such mode")
async def test_a_mode_alone(git: Git) -> None:
    git.commit("Start", **{"run.sh": "echo\n"})
    (git.root / "run.sh").chmod(0o755)
    git("add", "run.sh")
    assert (await git.suggest()).message == "Make run.sh executable"


async def test_a_binary_file_alone(git: Git) -> None:
    git.stage("logo.png", b"\x89PNG\0\1")
    git.commit("Start")
    git.stage("logo.png", b"\x89PNG\0\2")
    assert git.changes()["logo.png"].is_binary
    assert (await git.suggest()).message == "Replace binary file logo.png"


async def test_white_space_alone(git: Git) -> None:
    git.commit("Start", **{"app.py": "def f():\n  return 1\n"})
    git.stage("app.py", "def f():\n    return 1\n")
    assert (await git.suggest()).message == "Reformat app.py"


async def test_a_deletion(git: Git) -> None:
    git.commit("Start", **{"app.py": "def f():\n    return 1\n"})
    git("rm", "--quiet", "app.py")
    assert (await git.suggest()).message == "Remove app.py"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
async def test_a_file_that_becomes_a_link_and_one_behind_it(git: Git) -> None:
    git.commit("Start", a="a\n", b="b\n")
    (git.root / "a").unlink()
    (git.root / "a").symlink_to("b")
    git.write("b", "c\n")
    git("add", "--all")
    changes = git.changes()
    assert changes["a"].status == "retyped"
    assert list(changes["b"].lines("+")) == ["c"]


async def test_a_submodule_that_moves(git: Git, tmp_path: Path) -> None:
    other = Git(tmp_path / "other")
    other.commit("One", a="a\n")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "vendor/other")
    assert (await git.suggest()).message.startswith("Add submodule vendor/other")
    git.commit("Start")
    other.commit("Two", a="b\n")
    git("-C", "vendor/other", "-c", "protocol.file.allow=always", "pull", "--quiet")
    git("add", "vendor/other")
    commit = other("rev-parse", "HEAD")
    assert (await git.suggest()).message == f"Update submodule vendor/other to {commit[:9]}"


async def test_a_pointer_to_a_large_file(git: Git) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n"
    git.commit("Start", **{"model.bin": pointer.format("0" * 64)})
    git.stage("model.bin", pointer.format("1" * 64))
    assert (await git.suggest()).message == "Replace model.bin (Git LFS)"


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take no such names")
async def test_names_and_contents_that_are_no_utf_8(git: Git) -> None:
    name = b"caf\xe9 \n\x1b[31m.py"
    (git.root / os.fsdecode(name)).write_bytes("def größe():\n    pass\n".encode("latin-1"))
    git("add", "--all")
    suggestion = await git.suggest()
    assert suggestion.message.isprintable()
    assert [facts.change.status for facts in suggestion.facts] == ["added"]
    assert "def größe():" in suggestion.facts[0].change.lines("+")


@pytest.mark.parametrize("name", ["a b.txt", "größe.txt", '"quoted".txt', "tab\tname.txt"])
async def test_unusual_names(git: Git, name: str) -> None:
    git.stage(name, "a\n")
    git.stage("other.txt", "b\n")
    changes = git.changes()
    assert list(changes[name.replace("\t", "?")].lines("+")) == ["a"]
    assert list(changes["other.txt"].lines("+")) == ["b"]


async def test_a_line_of_ten_megabytes_is_not_kept(git: Git) -> None:
    git.stage("data.json", '{"a": "' + "x" * TEN_MEGABYTES + '"}\n')
    git.stage("b", "b\n")
    changes = git.changes()
    assert changes["data.json"].is_cut
    assert sum(map(len, changes["data.json"].lines("+"))) < 1000
    assert list(changes["b"].lines("+")) == ["b"]
    assert "data.json" in (await git.suggest()).message


def test_a_line_is_cut_between_words(git: Git) -> None:
    git.stage("a", "word " * 99 + "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX\n")
    (line,) = git.changes()["a"].lines("+")
    assert line.split() == ["word"] * 99


async def test_another_working_tree(git: Git, tmp_path: Path) -> None:
    git.commit("Start", a="a\n")
    git("worktree", "add", "--quiet", str(tmp_path / "second"), "-b", "second")
    (tmp_path / "second" / "a").write_text("b\n")
    subprocess.run(["git", "-C", str(tmp_path / "second"), "add", "a"], check=True)
    second = open_repository(tmp_path / "second")
    assert second.branch() == "second"
    assert second.output("diff-index", "--cached", "--name-only", "HEAD") == b"a\n"
    assert git("diff", "--cached", "--name-only") == ""


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "bare")], check=True)
    with pytest.raises(RepositoryError, match="bare repository; there is nothing to commit"):
        open_repository(tmp_path / "bare")


def test_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="is in no git repository"):
        open_repository(tmp_path)


def test_a_folder_inside_finds_the_repository(git: Git) -> None:
    git.stage("deep/inside/a", "a\n")
    assert open_repository(git.root / "deep" / "inside").root == git.root


@pytest.mark.parametrize(
    "setting",
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.renames", "false"),
        ("diff.external", "false"),
        ("diff.suppressBlankEmpty", "true"),
        ("diff.relative", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "false"),
    ],
)
def test_a_users_options_for_diffs_change_nothing(git: Git, setting: tuple[str, str]) -> None:
    git.stage("src/a.txt", "one\n\ntwo\n\nthree\n")
    git.commit("Start")
    git("mv", "src/a.txt", "b.txt")
    git.stage("b.txt", "one\n\ntwo\n\nfour\n")
    expected = git.changes()
    git("config", *setting)
    assert git.changes() == expected
    assert expected["b.txt"].status == "renamed"
    assert list(expected["b.txt"].lines("+")) == ["four"]


def test_a_program_that_the_repository_names_is_not_run(git: Git, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    git("config", "diff.own.textconv", f"touch {mark}; cat")
    git("config", "diff.own.command", f"touch {mark}")
    git.write(".gitattributes", "*.x diff=own\n")
    git.stage("a.x", "a\n")
    assert list(git.changes()["a.x"].lines("+")) == ["a"]
    assert not mark.exists()


async def test_conflicts_are_refused_for_all_changes_too(git: Git) -> None:
    git.commit("Start", a="a\n")
    git("checkout", "--quiet", "-b", "other")
    git.commit("Other", a="b\n")
    git("checkout", "--quiet", "main")
    git.commit("Mine", a="c\n")
    git("merge", "other", ok=False)
    with pytest.raises(RepositoryError, match="there are conflicts in a"), git.repository.with_all_changes():
        pass


def test_without_git_it_is_said(git: Git, tmp_path: Path) -> None:
    git.commit("Start", a="a\n")
    done = subprocess.run(
        [sys.executable, "-m", "fimble_server", "commit"],
        check=False,
        capture_output=True,
        text=True,
        cwd=git.root,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (2, "fimble: git is not installed, or not where the PATH says\n")


def test_the_variables_of_another_repository_are_not_followed(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Git(tmp_path / "other")
    other.stage("other.txt", "a\n")
    git.stage("mine.txt", "a\n")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    assert set(git.changes()) == {"mine.txt"}
    monkeypatch.delenv("GIT_DIR")
    assert set(git.changes()) == {"mine.txt"}
