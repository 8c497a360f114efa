"""What an index costs: time, processor time, memory and size, and how fast it answers.

    python benchmarks/index.py [--repository NAME ...] [--sizes LINES ...] [--files N] [--runs N] [--json OUT]

For each repository of `corpora.toml`: a full index with two worker processes and with the default number of them, an
update that finds nothing changed, one changed file, opening, and `ctags -R` on the same tree. Then the same for trees
that are made of real files, copied with other names until there are so many lines, or so many files: a table of size
against time, and how fast the largest index answers. Medians over the runs; memory is the sum of the peaks (VmHWM) of
all processes that run at one time, so it is never too low.
"""

import argparse
import builtins
import json
import keyword
import os
import platform
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import psutil

from corpora import CorpusError, fetch
from fimble_indexer.build import update
from fimble_indexer.files import list_files, read_source
from fimble_indexer.languages import language_for_path
from fimble_indexer.parse import parse
from fimble_indexer.pool import Pool, default_workers
from fimble_indexer.search import find_symbols, imported_definitions, search, similar_chunks
from fimble_indexer.store import Store

_SAMPLE_SECONDS = 0.02
_LOOK_UPS = 200
_EDITS = 20
_SMALL_FILE_LINES = range(5, 61)
_NAME = re.compile(r"\b[^\W\d]\w{3,}\b")
_Asked = TypeVar("_Asked")
_KEPT_NAMES = frozenset({*keyword.kwlist, *dir(builtins), "self", "args", "kwargs", "super"})


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


def build(root: Path, database: Path, workers: int) -> None:
    """Index a tree; run in a process of its own by `full_index`."""
    with Pool(workers) as pool, Store.open(database) as store:
        update(root, store, pool=pool)


def full_index(root: Path, database: Path, workers: int, runs: int) -> dict[str, float]:
    """Index a tree from nothing, each time in a new process."""
    results = []
    for _ in range(runs):
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        results.append(
            measure([sys.executable, __file__, "--build", str(root), str(database), "--workers", str(workers)])
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
        "import sys, time\nfrom pathlib import Path\nfrom fimble_indexer.search import find_symbols\n"
        "from fimble_indexer.store import Store\nstarted = time.perf_counter()\n"
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


def look_ups(root: Path, database: Path) -> dict[str, Any]:
    """Measure look-ups as completions and commands make them, with what stands in the index itself."""
    random_numbers = random.Random(2)
    with Store.open(database, read_only=True) as store:
        paths = [path for path in store.paths() if (language_for_path(path) is not None)]
        chosen = random_numbers.sample(paths, min(_LOOK_UPS, len(paths)))
        names = [random_numbers.choice(found).name for path in chosen if (found := store.definitions_of(path))]
        chunks = [(path, random_numbers.choice(cut).text) for path in chosen if (cut := store.chunks_of(path))]
        symbols = []
        for path in chosen:
            language = language_for_path(path)
            assert language is not None
            symbols.append((path, parse(read_source(root, path) or b"", language)))
        return {
            "find_symbols": _timed(lambda name: find_symbols(store, name), names),
            "search": _timed(lambda found: search(store, " ".join(_NAME.findall(found[1])[:6])), chunks),
            "similar_chunks": _timed(
                lambda found: similar_chunks(store, found[1][:600], exclude_path=found[0]), chunks
            ),
            "imported_definitions": _timed(lambda found: imported_definitions(store, *found), symbols),
        }


def _timed(look_up: Callable[[_Asked], object], asked: Sequence[_Asked]) -> dict[str, float]:
    milliseconds = []
    for each in asked:
        started = time.perf_counter()
        look_up(each)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return percentiles(milliseconds)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 2),
        "n": len(ordered),
    }


def ctags(root: Path, runs: int) -> dict[str, float] | None:
    """Run `ctags -R` on a tree; None where it is not installed."""
    if shutil.which("ctags") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return medians([measure(["ctags", "-R", "-f", f"{folder}/tags", str(root)]) for _ in range(runs)])


class Source:
    """Real files, and as many copies of them with other names as are asked for."""

    def __init__(self, root: Path) -> None:
        """Read the Python files of a tree."""
        contents = {
            file.path: content.decode("utf-8", "replace")
            for file in sorted(list_files(root), key=lambda file: file.path)
            if file.path.endswith(".py") and (content := read_source(root, file.path)) is not None
        }
        self.files = list(contents.items())
        random.Random(3).shuffle(self.files)  # so that the first of them are like all of them
        counts = Counter(name for text in contents.values() for name in _NAME.findall(text))
        self.words = [name.strip("_").lower() for name, _ in counts.most_common(3000) if name.isalpha()]

    def renamed(self, text: str, copy: int) -> str:
        """Give every second name of a text another one: the others stay common to all copies, as in real code."""

        def rename(match: re.Match[str]) -> str:
            name = match[0]
            number = hash_of(f"{name} {copy}")
            if not copy or name in _KEPT_NAMES or name.startswith("__") or number % 2:
                return name
            word = self.words[number // 2 % len(self.words)]
            return name + word.capitalize() if name[0].isupper() else f"{name}_{word}"

        return _NAME.sub(rename, text)

    def copies(self, lengths: range | None = None) -> Iterator[tuple[str, str]]:
        """Yield path and text of one file after the other, without end."""
        copy = 0
        while True:
            for path, text in self.files:
                if lengths is None or text.count("\n") in lengths:
                    yield f"project{copy}/{path}", self.renamed(text, copy)
            copy += 1

    def write(self, root: Path, *, lines: int = 0, files: int = 0) -> tuple[int, int]:
        """Write so many lines, or so many small files; returns how many lines and files there are."""
        written_lines = written_files = 0
        for path, text in self.copies(_SMALL_FILE_LINES if files else None):
            if (files and written_files >= files) or (lines and written_lines >= lines):
                break
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            written_lines += text.count("\n")
            written_files += 1
        return written_lines, written_files


def hash_of(text: str) -> int:
    """Hash alike in every process, unlike `hash`."""
    number = 0
    for character in text:
        number = (number * 131 + ord(character)) & 0xFFFFFFFF
    return number >> 3


def measure_repository(name: str, folder: Path, runs: int) -> dict[str, Any]:
    root = folder / name
    shutil.copytree(fetch(name), root, symlinks=True)  # files of it are changed
    database = folder / f"{name}.sqlite"
    result: dict[str, Any] = {"ctags": ctags(root, runs)}
    for workers in sorted({2, default_workers()}, reverse=True):
        result[f"full_{workers}_workers"] = full_index(root, database, workers, runs)
    with Store.open(database, read_only=True) as store:
        result["files"] = len(store.paths())
    return result | upkeep(root, database) | opening(database) | {"look_ups": look_ups(root, database)}


def measure_generated(source: Source, folder: Path, runs: int, *, lines: int = 0, files: int = 0) -> dict[str, Any]:
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
        "look_ups": look_ups(root, database),
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
    parser.add_argument("--build", nargs=2, type=Path, metavar=("ROOT", "DATABASE"), help="only index a tree")
    parser.add_argument("--workers", type=int, default=default_workers())
    options = parser.parse_args()
    if options.build:
        root, database = options.build
        build(root, database, options.workers)
        return 0
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
                source = Source(fetch("django"))
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
