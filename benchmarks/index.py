"""What an index costs: time, processor time, memory and size, and how fast it answers.

    python benchmarks/index.py [--repository NAME ...] [--sizes LINES ...] [--files N] [--runs N] [--json OUT]

For each repository of `corpora.toml`: a full index with two worker processes and with the default number of them, an
update that finds nothing changed, one changed file, opening, and `ctags -R` on the same tree. Then the same for trees
that are made of real files, copied with other names until there are so many lines, or so many files: a table of size
against time, and how fast the largest index answers. Medians over the runs; memory is the sum of the peaks (VmHWM) of
all processes that run at one time, so it is never too low.
"""

import argparse
import json
import os
import platform
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from copied_code import CopiedCode
from corpora import CorpusError, fetch
from fimble_indexer.building.build import update
from fimble_indexer.building.pool import Pool, default_workers
from fimble_indexer.retrieval.search import find_symbols
from fimble_indexer.storage.store import Store
from look_ups import context, look_ups, percentiles

_SAMPLE_SECONDS = 0.1  # peaks are the kernel's: often enough to meet every process
_EDITS = 20


def measure(command: Sequence[str]) -> dict[str, float]:
    """Run a command; returns wall and processor seconds, and the megabytes of all its processes at their peaks."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks = [0]
    watcher = threading.Thread(target=_watch_memory, args=(process.pid, peaks))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(max(peaks) / 1000, 1),
    }


def _watch_memory(pid: int, peaks: list[int]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peaks.append(sum(_peak_kb(each.pid) for each in [process, *process.children(recursive=True)]))
            time.sleep(_SAMPLE_SECONDS)
    except psutil.NoSuchProcess:
        return


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def full_index(root: Path, database: Path, workers: int, runs: int) -> dict[str, float]:
    """Index a tree from nothing, each time in a new process."""
    results = []
    for _ in range(runs):
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        results.append(
            measure([sys.executable, "-P", "-m", "fimble_indexer", f"--workers={workers}", str(root), str(database)])
        )
    return medians(results) | {"database_mb": round(database.stat().st_size / 1e6, 1), "workers": workers}


def medians(results: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(result[name] for result in results), 2) for name in results[0]}


def upkeep(root: Path, database: Path) -> dict[str, Any]:
    """Measure updates of an index that is ready: nothing changed, and one file changed."""
    with Pool(1) as pool, Store.open(database) as store, Store.open(database, read_only=True) as reader:
        update(root, store, pool=pool)  # the check of all pages comes once
        unchanged = [update(root, store, pool=pool).seconds for _ in range(5)]
        paths = [path for path, record in store.files().items() if record.language == "python" and record.size > 2000]
        edits = []
        for number, path in enumerate(random.Random(1).sample(paths, min(_EDITS, len(paths)))):
            name = f"changed_just_now_{number}"
            content = (root / path).read_bytes()
            started = time.perf_counter()
            (root / path).write_bytes(content + f"\n\ndef {name}(): pass\n".encode())
            update(root, store, paths=[path], pool=pool)
            assert find_symbols(reader, name)
            edits.append(1000 * (time.perf_counter() - started))
            (root / path).write_bytes(content)
            update(root, store, paths=[path], pool=pool)
    return {"unchanged_seconds": round(statistics.median(unchanged), 3), "changed_file_ms": percentiles(edits)}


def opening(database: Path) -> dict[str, float]:
    """Measure how long a process that has just started takes from opening the index to an answer."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom fimble_indexer.retrieval.search import find_symbols\n"
        "from fimble_indexer.storage.store import Store\nstarted = time.perf_counter()\n"
        "with Store.open(Path(sys.argv[1]), read_only=True) as store:\n    find_symbols(store, 'Field')\n"
        "print(1000 * (time.perf_counter() - started))"
    )
    opened, whole = [], []
    for _ in range(5):
        started = time.perf_counter()
        command = [sys.executable, "-c", code, str(database)]
        opened.append(float(subprocess.run(command, capture_output=True, check=True, text=True).stdout))
        whole.append(1000 * (time.perf_counter() - started))
    return {
        "first_answer_ms": round(statistics.median(opened), 1),
        "with_start_of_python_ms": round(statistics.median(whole), 1),
    }


def answers(root: Path, database: Path) -> dict[str, Any]:
    return {"look_ups": look_ups(root, database), "context_ms": context(root, database)}


def ctags(root: Path, runs: int) -> dict[str, float] | None:
    """Run `ctags -R` on a tree; None where it is not installed."""
    if shutil.which("ctags") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return medians([measure(["ctags", "-R", "-f", f"{folder}/tags", str(root)]) for _ in range(runs)])


def measure_repository(name: str, folder: Path, runs: int) -> dict[str, Any]:
    root = folder / name
    shutil.copytree(fetch(name), root, symlinks=True)  # files of it are changed
    database = folder / f"{name}.sqlite"
    result: dict[str, Any] = {"ctags": ctags(root, runs)}
    for workers in sorted({2, default_workers()}, reverse=True):
        result[f"full_{workers}_workers"] = full_index(root, database, workers, runs)
    with Store.open(database, read_only=True) as store:
        result["files"] = len(store.paths())
    return result | upkeep(root, database) | opening(database) | answers(root, database)


def measure_generated(source: CopiedCode, folder: Path, runs: int, *, lines: int = 0, files: int = 0) -> dict[str, Any]:
    root = folder / f"generated-{lines or files}"
    written_lines, written_files = source.write(root, lines=lines, files=files)
    database = folder / f"generated-{lines or files}.sqlite"
    full = full_index(root, database, default_workers(), runs)
    result = {
        "lines": written_lines,
        "files": written_files,
        **full,
        "cpu_seconds_per_100000_lines": round(full["cpu_seconds"] / written_lines * 100_000, 2),
        **upkeep(root, database),
        **opening(database),
        **answers(root, database),
    }
    shutil.rmtree(root)
    database.unlink()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repository", nargs="*", default=["django"], metavar="NAME")
    parser.add_argument("--sizes", nargs="*", type=int, default=[100_000, 250_000, 500_000, 1_000_000], metavar="LINES")
    parser.add_argument("--files", type=int, default=50_000, help="of the tree of many small files; 0 for none")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "tree_sitter": version("tree-sitter"),
        "processors": os.cpu_count(),
        "default_workers": default_workers(),
        "runs": options.runs,
        "repositories": {},
        "sizes": [],
    }
    try:
        with tempfile.TemporaryDirectory(prefix="fimble-benchmark-") as temporary:
            folder = Path(temporary)
            for name in options.repository:
                report["repositories"][name] = measure_repository(name, folder, options.runs)
                print(json.dumps({name: report["repositories"][name]}, indent=2), flush=True)
            if options.sizes or options.files:
                source = CopiedCode(fetch("django"))
                shapes = [{"lines": lines} for lines in options.sizes] + [{"files": options.files}] * bool(
                    options.files
                )
                for shape in shapes:
                    report["sizes"].append(measure_generated(source, folder, options.runs, **shape))
                    print(json.dumps(report["sizes"][-1]), flush=True)
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    for row in report["sizes"]:
        print(
            f"{row['lines']:>10,} lines {row['files']:>7,} files {row['seconds']:>7.1f} s {row['cpu_seconds']:>7.1f} s"
            f" of processor {row['peak_mb']:>6.0f} MB {row['database_mb']:>6.0f} MB on disk"
        )
    if options.json:
        options.json.write_text(json.dumps(report, indent=2, default=asdict) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
