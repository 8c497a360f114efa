"""The index kept true through a real server: buffers, saves, files renamed in the editor, cancelling, kills."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from lsprotocol import types

from editor import Editor, peak_bytes
from fimble_indexer.storage.store import Store
from fimble_server.index import database_path
from indexing import defined

SECONDS = 120.0  # the indexer stands back behind whatever else the machine does
UPDATE = "fimble.updateIndex"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "first.py").write_text("def first(): pass\n")
    (folder / "README.md").write_text("# Workspace\n")
    return folder


@pytest.fixture
def database(root: Path) -> Path:
    return database_path(root)


@pytest.fixture
async def window(root: Path, database: Path) -> AsyncIterator[Editor]:
    async with await Editor.start(root) as editor:
        await until(lambda: defined(database, "first"))
        yield editor


async def until(holds: Callable[[], object]) -> None:
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < SECONDS, "it did not come true in time"
        await asyncio.sleep(0.01)


def indexers(editor: Editor) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(editor.process).children():
        with contextlib.suppress(psutil.Error):
            if "watch" in process.cmdline():
                found.append(process)
    return found


async def test_what_is_typed_is_found_and_gone_without_a_save(window: Editor, root: Path, database: Path) -> None:
    uri = (root / "first.py").as_uri()
    window.open(uri, "def first(): pass\n")
    window.edit(uri, 0, 0, "def unsaved(): pass\n")
    await until(lambda: defined(database, "unsaved") == ["first.py"])
    window.leave(uri)
    await until(lambda: not defined(database, "unsaved"))
    assert defined(database, "first")


async def test_a_save_counts_at_once(window: Editor, root: Path, database: Path) -> None:
    uri = (root / "new.py").as_uri()
    window.open(uri, "")
    window.edit(uri, 0, 0, "def saved(): pass\n")
    window.save(uri)
    await until(lambda: defined(database, "saved") == ["new.py"])
    window.leave(uri)
    await asyncio.sleep(0.5)
    assert defined(database, "saved") == ["new.py"]


async def test_what_others_write_is_found(window: Editor, root: Path, database: Path) -> None:
    (root / "other.py").write_text("def from_outside(): pass\n")
    await until(lambda: defined(database, "from_outside"))


async def test_secrets_and_large_buffers_stay_where_they_are(window: Editor, root: Path, database: Path) -> None:
    for name, text in ((".env", "def in_a_secret_file(): pass\n"), ("large.py", "def in_large(): pass\n" * 60_000)):
        window.open((root / name).as_uri(), text)
    window.open((root / "last.py").as_uri(), "def last(): pass\n")
    await until(lambda: defined(database, "last"))
    with Store.open(database, read_only=True) as store:
        assert sorted(store.files()) == ["README.md", "first.py", "last.py"]


async def test_files_renamed_and_deleted_in_the_editor(window: Editor, root: Path, database: Path) -> None:
    (root / "first.py").rename(root / "second.py")
    window.client.workspace_did_rename_files(
        types.RenameFilesParams([types.FileRename((root / "first.py").as_uri(), (root / "second.py").as_uri())])
    )
    await until(lambda: defined(database, "first") == ["second.py"])
    (root / "second.py").unlink()
    window.client.workspace_did_delete_files(types.DeleteFilesParams([types.FileDelete((root / "second.py").as_uri())]))
    await until(lambda: not defined(database, "first"))


async def test_a_folder_added_to_the_window_is_indexed(window: Editor, tmp_path: Path) -> None:
    added = tmp_path / "added"
    added.mkdir()
    (added / "here.py").write_text("def here(): pass\n")
    folder = types.WorkspaceFolder(added.as_uri(), added.name)
    window.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent(added=[folder], removed=[]))
    )
    await until(lambda: defined(database_path(added), "here"))
    assert len(indexers(window)) == 2
    window.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent(added=[], removed=[folder]))
    )
    await until(lambda: len(indexers(window)) == 1)


async def test_cancelled_and_gone_on_with(tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(1500):
        (root / f"module{number}.py").write_text(f"def function{number}(): return call()\n" * 15)
    database = database_path(root)
    async with await Editor.start(root) as editor:
        await until(lambda: editor.client.progress_reports)
        token = next(iter(editor.client.progress_reports))
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        await until(lambda: any(UPDATE in message.message for message in editor.client.messages))
        await editor.command("fimble.status")
        assert not defined(database, "function1499") or not defined(database, "function0"), "it was not cancelled"
        await editor.command(UPDATE)
        await until(lambda: all(defined(database, f"function{number}") for number in (0, 700, 1499)))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_an_indexer_killed_is_started_again_and_told_of_the_buffers(
    window: Editor, root: Path, database: Path
) -> None:
    uri = (root / "first.py").as_uri()
    window.open(uri, "def unsaved(): pass\n")
    await until(lambda: defined(database, "unsaved"))
    (killed,) = indexers(window)
    os.kill(killed.pid, signal.SIGKILL)
    (root / "later.py").write_text("def later(): pass\n")
    await until(lambda: defined(database, "later"))
    await until(lambda: defined(database, "unsaved"))
    assert [process.pid for process in indexers(window)] != [killed.pid]
    await window.command("fimble.status")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_an_indexer_that_hangs_holds_nobody_up(window: Editor, root: Path, database: Path) -> None:
    (hanging,) = indexers(window)
    hanging.suspend()
    uri = (root / "first.py").as_uri()
    window.open(uri, "")
    text = "def typed(): pass\n" * 1000
    for _ in range(50):
        window.edit(uri, 0, len(window.texts[uri]), text)
        window.save(uri)
        async with asyncio.timeout(10):
            await window.command("fimble.status")
    assert peak_bytes(window.process) < 200_000_000
    hanging.resume()
    await until(lambda: defined(database, "typed"))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_the_indexer_ends_with_a_server_that_is_killed(root: Path, database: Path) -> None:
    editor = await Editor.start(root)
    await until(lambda: defined(database, "first"))
    (indexer,) = indexers(editor)
    os.kill(editor.process, signal.SIGKILL)
    await until(lambda: not indexer.is_running() or indexer.status() == psutil.STATUS_ZOMBIE)
    await editor.client.stop()  # type: ignore[no-untyped-call]
