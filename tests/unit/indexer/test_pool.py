import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fimble_indexer.building.build import update
from fimble_indexer.building.pool import Pool, WorkerError, default_workers
from fimble_indexer.building.understand import Task, Understood, understand
from fimble_indexer.storage.store import Store

FAULTY_WORKER = Path(__file__).with_name("faulty_worker.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number}.py").write_text(f"def f{number}(): return g()\n")
    return folder


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Pool]:
    with Pool(2) as pool:
        for worker in pool._workers:
            worker.stop()
            worker._command = [sys.executable, "-P", str(FAULTY_WORKER), str(tmp_path), "1"]
        yield pool


def processes(pool: Pool) -> list[psutil.Process]:
    return [psutil.Process(worker._process.pid) for worker in pool._workers if worker._process is not None]


def tasks_of(root: Path) -> list[Task]:
    return [Task(file.name) for file in root.iterdir()]


def by_path(answers: list[Understood]) -> dict[str, Understood]:
    return {answer.path: answer for answer in answers}


@pytest.mark.parametrize("workers", [1, 3])
def test_processes_understand_what_this_one_does(root: Path, workers: int) -> None:
    (root / "bad.py").write_bytes(b"x = '\xff\xed\xa0\x80'\n")
    (root / "data.py").write_bytes(b"\0")
    tasks = [*tasks_of(root), Task("gone.py")]

    with Pool(workers) as pool:
        answers = list(pool.understand(root, tasks))

    assert by_path(answers) == {task.path: understand(root, task) for task in tasks}
    assert len(answers) == len(tasks)


def test_pool_can_be_used_again_and_rests_with_one_process(root: Path) -> None:
    tasks = [Task(f"{number}.py") for number in range(100)]
    with Pool(2) as pool:
        for _ in range(3):
            assert len(list(pool.understand(root, tasks))) == 100
            (process,) = processes(pool)
        assert list(pool.understand(root, [])) == []
    assert not process.is_running()


def test_processes_are_replaced_after_many_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fimble_indexer.building.pool._MAX_FILES", 40)
    tasks = [Task(f"{number}.py") for number in range(100)]
    with Pool(1) as pool:
        (first,) = processes(pool)
        assert len(list(pool.understand(root, tasks))) == 100
        (last,) = processes(pool)

    assert first.pid != last.pid


def test_content_of_a_buffer_and_a_known_hash(root: Path) -> None:
    with Pool(1) as pool:
        (new,) = pool.understand(root, [Task("new.py", b"def new(): pass\n")])
        (same,) = pool.understand(root, [Task("new.py", b"def new(): pass\n", new.hash)])

    assert new.rows is not None
    assert new.rows.definitions[0][1] == "new"
    assert (same.hash, same.rows) == (new.hash, None)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize(
    "fault",
    ["crash", "hang", pytest.param("memory", marks=pytest.mark.skipif(sys.platform != "linux", reason="no limit"))],
)
def test_fault_costs_only_the_symbols_of_its_file(root: Path, faulty: Pool, fault: str) -> None:
    (root / "fault.py").write_text(f"def f(): pass  # {fault}\n")

    with faulty:
        answers = by_path(list(faulty.understand(root, tasks_of(root))))

    rows = answers["fault.py"].rows
    assert answers["fault.py"].failed
    assert rows is not None
    assert (rows.definitions, len(rows.chunks)) == ([], 1)
    assert [name for name, answer in answers.items() if answer.failed] == ["fault.py"]
    assert len(answers) == 101


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_file_that_cannot_even_be_text_is_kept_empty(root: Path, faulty: Pool) -> None:
    (root / "fault.py").write_text("hopeless\n")

    with faulty:
        answers = by_path(list(faulty.understand(root, tasks_of(root))))

    rows = answers["fault.py"].rows
    assert rows is not None
    assert (rows.definitions, rows.chunks) == ([], [])
    assert answers["fault.py"].hash == understand(root, Task("fault.py")).hash
    assert sum(answer.failed for answer in answers.values()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_worker_that_is_killed_once_costs_nothing(root: Path, faulty: Pool) -> None:
    (root / "0.py").write_text("def f(): pass  # killed once\n")

    with faulty:
        answers = list(faulty.understand(root, tasks_of(root)))

    assert len(answers) == 100
    assert not any(answer.failed for answer in answers)


def test_resting_worker_that_is_killed_is_replaced(root: Path) -> None:
    with Pool(1) as pool:
        assert len(list(pool.understand(root, [Task("0.py")]))) == 1
        processes(pool)[0].kill()
        (answer,) = pool.understand(root, [Task("1.py")])

    assert not answer.failed


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_failed_file_is_left_alone_until_it_changes(root: Path, faulty: Pool, tmp_path: Path) -> None:
    (root / "fault.py").write_text("def f(): pass  # crash\n")
    with Store.open(tmp_path / "index.db") as store, faulty:
        assert update(root, store, pool=faulty).failed == 1
        os.utime(root / "fault.py", ns=(1, 1))
        again = update(root, store, pool=faulty)
        (root / "fault.py").write_text("def f(): pass\n")
        mended = update(root, store, pool=faulty)

        assert (again.parsed, again.failed) == (0, 0)
        assert (mended.parsed, mended.failed) == (1, 0)
        assert [definition.name for definition in store.definitions_of("fault.py")] == ["f"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_cancelling_does_not_wait_for_a_file_that_hangs(root: Path, faulty: Pool) -> None:
    (root / "0.py").write_text("hang\n")
    for worker in faulty._workers:
        worker._command[-1] = "60"
    answered: list[str] = []

    with faulty:
        for answer in faulty.understand(root, [Task("1.py"), Task("0.py")], lambda: bool(answered)):
            answered.append(answer.path)
            asked = time.monotonic()
        assert answered == ["1.py"]
        assert time.monotonic() - asked < 10
        assert len(list(faulty.understand(root, [Task("2.py")]))) == 1


def test_leaving_the_answers_early_is_no_harm(root: Path) -> None:
    tasks = [Task(f"{number}.py") for number in range(100)]
    with Pool(2) as pool:
        answers = pool.understand(root, tasks)
        next(answers)
        answers.close()

        assert len(list(pool.understand(root, tasks))) == 100


def test_processes_that_cannot_start_are_an_error(root: Path) -> None:
    with Pool(1) as pool:
        pool.close()
        pool._workers[0]._command = [sys.executable, "-c", "raise SystemExit(1)"]

        with pytest.raises(WorkerError, match="does not start"):
            list(pool.understand(root, [Task("0.py")]))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("text", ["x = 1\n", "hang\n"])
def test_workers_end_with_a_process_that_is_killed(root: Path, tmp_path: Path, text: str) -> None:
    (root / "0.py").write_text(text)
    code = f"""
import sys, time
from pathlib import Path
from fimble_indexer.building.pool import Pool
from fimble_indexer.building.understand import Task
pool = Pool(2)
pool.close()
for worker in pool._workers:
    worker._command = [sys.executable, "-P", {str(FAULTY_WORKER)!r}, {str(tmp_path)!r}, "2"]
print(flush=True)
list(pool.understand(Path({str(root)!r}), [Task("0.py")] * 40))
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    parent.stdout.readline()
    deadline = time.monotonic() + 10
    while not (workers := psutil.Process(parent.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert workers
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_half_of_the_processors_at_least_one() -> None:
    assert 1 <= default_workers() <= max(1, (os.cpu_count() or 1) // 2)


def test_answers_nobody_waits_for_start_no_process_in_a_closed_pool(root: Path) -> None:
    with Pool(2) as pool:
        answers = pool.understand(root, tasks_of(root))
        next(answers)

    answers.close()

    assert processes(pool) == []
