"""An index kept true by a process of its own, whatever happens to the workspace."""

import math
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from fimble_indexer.storage.locks import is_kept, watch_lock
from fimble_indexer.storage.store import Store
from fimble_indexer.storage.versions import database_name
from fimble_indexer.watching.changes import Changes
from fimble_indexer.watching.watch import FolderWatches, TreeWatch, Watch
from forbidding import FORBIDDING, can_forbid
from indexing import Keeper, defined, wait_until

SOON = 15.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "first.py").write_text("def first(): pass\n")
    (folder / "README.md").write_text("# Workspace\n")
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.db"


@pytest.fixture
def keeper(root: Path, database: Path) -> Iterator[Keeper]:
    with Keeper(root, database) as running:
        yield running.ready()


def test_what_others_write_is_seen(keeper: Keeper, root: Path, database: Path) -> None:
    (root / "package" / "new.py").write_text("def created(): pass\n")
    wait_until(lambda: defined(database, "created") == ["package/new.py"], SOON)

    (root / "package" / "new.py").write_text("def edited(): pass\n")
    wait_until(lambda: defined(database, "edited") and not defined(database, "created"), SOON)

    (root / "package" / "new.py").rename(root / "moved.py")
    wait_until(lambda: defined(database, "edited") == ["moved.py"], SOON)

    (root / "moved.py").unlink()
    wait_until(lambda: not defined(database, "edited"), SOON)


def test_a_file_replaced_by_a_rename_is_seen(keeper: Keeper, root: Path, database: Path) -> None:
    (root / "package" / "first.py~").write_text("def saved_by_rename(): pass\n")
    (root / "package" / "first.py~").replace(root / "package" / "first.py")

    wait_until(lambda: defined(database, "saved_by_rename") and not defined(database, "first"), SOON)


def test_folders_come_move_and_go(keeper: Keeper, root: Path, database: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "deep.py").write_text("def deep(): pass\n")
    wait_until(lambda: defined(database, "deep") == ["a/b/deep.py"], SOON)

    (root / "a").rename(root / "c")
    wait_until(lambda: defined(database, "deep") == ["c/b/deep.py"], SOON)

    (root / "c" / "b" / "later.py").write_text("def later(): pass\n")
    wait_until(lambda: defined(database, "later") == ["c/b/later.py"], SOON)

    shutil.rmtree(root / "c")
    wait_until(lambda: not defined(database, "deep") and not defined(database, "later"), SOON)


def test_a_folder_moved_out_and_its_like_moved_in(keeper: Keeper, root: Path, database: Path, tmp_path: Path) -> None:
    (root / "package").rename(tmp_path / "outside")
    wait_until(lambda: not defined(database, "first"), SOON)

    (tmp_path / "outside" / "first.py").write_text("def changed_outside(): pass\n")
    (tmp_path / "outside").rename(root / "inside")
    wait_until(lambda: defined(database, "changed_outside") == ["inside/first.py"], SOON)


def test_changed_rules_count_at_once(keeper: Keeper, root: Path, database: Path) -> None:
    (root / ".gitignore").write_text("package/\n")
    wait_until(lambda: not defined(database, "first"), SOON)

    (root / ".gitignore").unlink()
    wait_until(lambda: defined(database, "first"), SOON)
    (root / "package" / "second.py").write_text("def second(): pass\n")
    wait_until(lambda: defined(database, "second"), SOON)


def test_changed_excludes_of_the_repository_count(root: Path, database: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    with Keeper(root, database).ready():
        (root / ".git" / "info" / "exclude").write_text("package/\n")
        wait_until(lambda: not defined(database, "first"), SOON)


def test_a_branch_with_3000_other_files(root: Path, database: Path) -> None:
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-C", str(root)]

    def commit(version: int) -> None:
        for number in range(3000):
            folder = root / f"folder{number % 30}"
            folder.mkdir(exist_ok=True)
            (folder / f"module{number}.py").write_text(f"def version{version}_{number}(): pass\n")
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "Change"], check=True)

    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    commit(1)
    subprocess.run([*git, "switch", "--quiet", "--create", "other"], check=True)
    commit(2)
    with Keeper(root, database).ready() as keeper:
        before = len(keeper.messages)
        subprocess.run([*git, "switch", "--quiet", "main"], check=True)

        def is_seen() -> bool:
            with Store.open(database, read_only=True) as store:
                return not store.definitions_with_prefix("version2_", 1) and all(
                    store.definitions_named(f"version1_{number}", 1) for number in (0, 1500, 2999)
                )

        wait_until(is_seen)
        updates = [message for message in keeper.messages[before:] if "updated" in message]
        assert len(updates) < 20, "a storm is a few updates, not thousands"


def test_a_save_is_visible_at_once(keeper: Keeper, root: Path, database: Path) -> None:
    (root / "package" / "first.py").write_text("def saved(): pass\n")
    keeper.send(saved=["package/first.py"])

    assert wait_until(lambda: defined(database, "saved")) < 3


def test_an_open_buffer_stands_for_the_disk(keeper: Keeper, root: Path, database: Path) -> None:
    keeper.send(open="package/first.py", text="def only_in_the_buffer(): pass\n")
    wait_until(lambda: defined(database, "only_in_the_buffer") and not defined(database, "first"), SOON)

    (root / "package" / "first.py").write_text("def on_disk(): pass\n")
    keeper.send(update=True)
    (root / "second.py").write_text("def second(): pass\n")
    wait_until(lambda: defined(database, "second"), SOON)
    assert defined(database, "only_in_the_buffer")
    assert not defined(database, "on_disk")

    keeper.send(close="package/first.py")
    wait_until(lambda: defined(database, "on_disk") and not defined(database, "only_in_the_buffer"), SOON)


def test_a_buffer_without_a_file_goes_when_it_is_closed(keeper: Keeper, database: Path) -> None:
    keeper.send(open="new.py", text="def unsaved(): pass\n")
    wait_until(lambda: defined(database, "unsaved") == ["new.py"], SOON)
    keeper.send(close="new.py")
    wait_until(lambda: not defined(database, "unsaved"), SOON)


def test_two_windows_with_the_same_file_open(keeper: Keeper, root: Path, database: Path) -> None:
    with Keeper(root, database) as other:
        keeper.send(open="package/first.py", text="def in_one_window(): pass\n")
        wait_until(lambda: defined(database, "in_one_window"), SOON)
        other.send(open="package/first.py", text="def in_the_other(): pass\n")
        wait_until(lambda: defined(database, "in_the_other"), SOON)

        other.send(close="package/first.py")
        wait_until(lambda: defined(database, "in_one_window"), 2 * SOON)
        keeper.send(close="package/first.py")
        wait_until(lambda: defined(database, "first"), SOON)


def test_links_in_circles(root: Path, database: Path) -> None:
    (root / "package" / "circle").symlink_to(root, target_is_directory=True)
    with Keeper(root, database).ready():
        (root / "circle").symlink_to(root / "package", target_is_directory=True)
        (root / "package" / "seen.py").write_text("def seen(): pass\n")
        wait_until(lambda: defined(database, "seen") == ["package/seen.py"], SOON)


@pytest.mark.skipif(not can_forbid(), reason="nothing can be forbidden here")
def test_a_forbidden_folder_costs_only_itself(root: Path, database: Path) -> None:
    with Keeper(root, database, inside=FORBIDDING).ready():
        (root / "secret").mkdir(mode=0)
        (root / "package" / "seen.py").write_text("def seen(): pass\n")
        wait_until(lambda: defined(database, "seen"), SOON)
        (root / "secret").chmod(0o700)


def test_a_workspace_that_vanishes_keeps_its_index(keeper: Keeper, root: Path, database: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    keeper.send(update=True)
    wait_until(lambda: keeper.has_said("state", "missing"))
    assert defined(database, "first")

    root.mkdir()  # as a mount point without its file system
    keeper.send(saved=["package/first.py"])
    assert defined(database, "first")

    root.rmdir()
    root.with_name("elsewhere").rename(root)
    (root / "package" / "new.py").write_text("def is_back(): pass\n")
    wait_until(lambda: defined(database, "is_back"))
    wait_until(lambda: is_kept(database))


def test_a_workspace_deleted_and_made_again_is_watched(keeper: Keeper, root: Path, database: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()
    (root / "again.py").write_text("def again(): pass\n")
    wait_until(lambda: defined(database, "again") and not defined(database, "first"))

    (root / "more.py").write_text("def more(): pass\n")
    wait_until(lambda: defined(database, "more"))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_one_of_two_leads_and_the_other_takes_over(keeper: Keeper, root: Path, database: Path) -> None:
    with Keeper(root, database) as other:
        wait_until(lambda: other.has_said("state", "following"))
        (root / "package" / "first.py").write_text("def told_by_the_other(): pass\n")
        other.send(saved=["package/first.py"])
        wait_until(lambda: defined(database, "told_by_the_other"), SOON)
        assert not other.has_said("state", "watching")

        keeper.process.send_signal(signal.SIGKILL)
        keeper.process.wait()
        assert not is_kept(database)
        (root / "package" / "new.py").write_text("def after_the_kill(): pass\n")
        wait_until(lambda: defined(database, "after_the_kill"))
        assert other.has_said("state", "watching")


def test_a_command_does_nothing_where_the_index_is_kept(keeper: Keeper, root: Path, database: Path) -> None:
    wait_until(lambda: is_kept(database))
    (root / "package" / "new.py").write_text("def just_now(): pass\n")
    result = subprocess.run(
        [sys.executable, "-m", "fimble_indexer", str(root), str(database)], capture_output=True, check=True
    )

    assert defined(database, "just_now") == ["package/new.py"]
    assert b'"parsed": 0' in result.stdout


@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")  # of watchdog, for a folder made just now
@pytest.mark.parametrize("kind", [TreeWatch, FolderWatches] if sys.platform == "linux" else [TreeWatch])
def test_both_kinds_of_watches_report_what_belongs(kind: type[Watch], root: Path) -> None:
    (root / "node_modules" / "tool").mkdir(parents=True)
    inbox: SimpleQueue[Callable[[], object]] = SimpleQueue()
    changed: list[str] = []
    watching = kind(root, inbox.put, changed.append)
    try:
        (root / "node_modules" / "tool" / "index.js").write_text("")
        (root / "package" / "first.py").read_text()
        (root / "new" / "deep").mkdir(parents=True)
        (root / "package" / "first.py").rename(root / "moved.py")
        while not {"new", "package/first.py", "moved.py"} <= set(changed):
            inbox.get(timeout=SOON)()
        assert not any("node_modules" in path for path in changed)
    finally:
        watching.close()


def test_changes_are_gathered_but_not_for_ever() -> None:
    changes = Changes()
    assert changes.due() == math.inf
    changes.add("a.py")
    first = changes.due()
    assert 0 < first - time.monotonic() < 0.2
    time.sleep(0.05)
    changes.add("b.py")
    assert first < changes.due() < first + 1
    assert changes.take() == {"a.py", "b.py"}
    assert changes.due() == math.inf


def test_a_storm_of_changes_is_everything() -> None:
    changes = Changes()
    for number in range(10_000):
        changes.add(f"{number}.py")
    assert changes.take() == {""}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM cannot be caught there")
def test_it_ends_when_it_is_told_to(keeper: Keeper, database: Path) -> None:
    keeper.process.terminate()
    assert keeper.process.wait(SOON) == 0
    assert not is_kept(database)


def test_it_ends_with_its_editor(root: Path, database: Path) -> None:
    keeper = Keeper(root, database).ready()
    assert keeper.close() == 0
    assert not is_kept(database)


def test_an_older_version_goes_unless_it_is_in_use(root: Path, tmp_path: Path) -> None:
    older, used, own = (tmp_path / name for name in ("shop.v1.sqlite", "shop.v2.sqlite", database_name("shop")))
    for path in (older, used):
        Store.open(path).close()

    with watch_lock(used), Keeper(root, own) as keeper:
        keeper.ready()
        wait_until(lambda: not older.exists())
    assert used.exists()


def test_a_damaged_index_is_built_anew_and_that_is_said(root: Path, database: Path) -> None:
    database.parent.mkdir()
    database.write_text("no database at all\n" * 500)
    with Keeper(root, database).ready() as keeper:
        assert defined(database, "first")
        assert len([message for message in keeper.messages if "warning" in message]) == 1
