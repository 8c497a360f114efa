import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from fimble_indexer.storage.store import Store
from fimble_indexer.storage.versions import database_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.py").write_text(f"def f{number}(): pass\n")
    return folder


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "fimble_indexer", *map(str, arguments)]


def start(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=30, check=False)


def test_progress_and_summary_are_json_lines(root: Path, tmp_path: Path) -> None:
    result = run(root, tmp_path / "index.db")

    *steps, summary = map(json.loads, result.stdout.splitlines())
    assert result.returncode == 0
    assert steps[-1] == {"done": 3, "total": 3}
    assert {**summary, "seconds": 0} == {"files": 3, "parsed": 3, "removed": 0, "failed": 0, "seconds": 0}


def test_only_named_paths(root: Path, tmp_path: Path) -> None:
    run(root, tmp_path / "index.db")
    for number in range(2):
        (root / f"{number}.py").write_text("x = 1\n")

    result = run(root, tmp_path / "index.db", "1.py")

    assert json.loads(result.stdout.splitlines()[-1])["parsed"] == 1


def test_older_versions_go_when_the_index_is_complete(root: Path, tmp_path: Path) -> None:
    older, own = tmp_path / "shop.v1.sqlite", tmp_path / database_name("shop")
    Store.open(older).close()

    run(root, own, "1.py")
    assert older.exists()
    run(root, own)
    assert not older.exists()
    assert own.exists()


def test_missing_workspace_is_an_error(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere", tmp_path / "index.db")

    assert result.returncode == 2
    assert "nowhere" in result.stderr


def test_damaged_database_is_built_anew(root: Path, tmp_path: Path) -> None:
    (tmp_path / "index.db").write_text("no database at all\n" * 500)

    assert run(root, tmp_path / "index.db").returncode == 0
    with Store.open(tmp_path / "index.db", read_only=True) as store:
        assert len(store.files()) == 3


def test_two_at_once_both_succeed(root: Path, tmp_path: Path) -> None:
    processes = [start(root, tmp_path / "index.db") for _ in range(2)]

    outputs = [process.communicate(timeout=30) for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(json.loads(out.splitlines()[-1])["parsed"] for out, _ in outputs) == [0, 3]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM cannot be caught there")
def test_a_waiting_process_can_be_stopped(root: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / "index.db.lock"):
        process = start(root, tmp_path / "index.db")
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert process.returncode == 130
    assert errors == ""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM cannot be caught there")
def test_a_working_process_can_be_stopped(root: Path, tmp_path: Path) -> None:
    for number in range(1500):
        (root / f"more{number}.py").write_text("def f(): return g()\n" * 50)
    process = start(root, tmp_path / "index.db")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)

    assert process.returncode == 130
    assert errors == ""
    with Store.open(tmp_path / "index.db", read_only=True) as store:
        assert 100 <= len(store.files()) < 1503


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_closed_pipe_is_no_traceback(root: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        command(root, tmp_path / "index.db"), stdout=writer, stderr=subprocess.PIPE, timeout=30, check=False
    )
    os.close(writer)

    assert process.stderr == b""
    assert process.returncode == 1


def test_damage_that_shows_late_is_repaired(root: Path, tmp_path: Path) -> None:
    run(root, tmp_path / "index.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db")) as connection, connection:
        connection.execute("UPDATE chunk_words_data SET block = x'aaaaaaaa'")
    (root / "0.py").write_text("x = 1\n")

    result = run(root, tmp_path / "index.db")

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["parsed"] == 3
