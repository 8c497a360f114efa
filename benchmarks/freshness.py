"""How soon a change is visible to look-ups, through the real language server.

    python benchmarks/freshness.py TREE [--changes N] [--files N] [--json OUT]

TREE is copied first. Printed as JSON: milliseconds from the end of a save in the editor, of a pause in typing, and of a
write by another program until a reader of the index finds what is new; and seconds from the end of a `git switch` that
changes N files until all of them are found. The index has been built before.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from editor import Editor, peak_bytes
from fimble_indexer.storage.locks import is_kept
from fimble_indexer.storage.store import Store
from fimble_server.index import database_path

_LOOK_SECONDS = 0.001
_PATIENCE_SECONDS = 300.0
_GIT = ("git", "-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.invalid")


async def visible(holds: Callable[[], object], look_seconds: float = _LOOK_SECONDS) -> float:
    """Return the milliseconds until something holds."""
    started = perf_counter()
    while not holds():
        if perf_counter() - started > _PATIENCE_SECONDS:
            raise TimeoutError("it never became visible")
        await asyncio.sleep(look_seconds)
    return 1000 * (perf_counter() - started)


async def saves(editor: Editor, store: Store, path: Path, count: int) -> list[float]:
    """Edit and save a file again and again."""
    uri, times = path.as_uri(), []
    editor.open(uri, path.read_text(encoding="utf-8"))
    for number in range(count):
        editor.edit(uri, 0, 0, f"def saved_{number}(): pass\n")
        editor.save(uri)
        times.append(await visible(partial(store.definitions_named, f"saved_{number}", 1)))
        await asyncio.sleep(0.3)  # until the watch has seen the same change
    editor.leave(uri)
    return times


async def buffers(editor: Editor, store: Store, path: Path, count: int) -> list[float]:
    """Edit a file without saving it; the 300 ms that the server waits for the next key are part of the time."""
    uri, times = path.as_uri(), []
    editor.open(uri, path.read_text(encoding="utf-8"))
    for number in range(count):
        editor.edit(uri, 0, 0, f"def typed_{number}(): pass\n")
        times.append(await visible(partial(store.definitions_named, f"typed_{number}", 1)))
    editor.leave(uri)
    return times


async def writes(store: Store, path: Path, count: int) -> list[float]:
    """Write a file behind the editor's back; 100 ms of waiting for more changes are part of the time."""
    times = []
    for number in range(count):
        path.write_text(f"def written_{number}(): pass\n", encoding="utf-8")
        times.append(await visible(partial(store.definitions_named, f"written_{number}", 1)))
    return times


async def switch(store: Store, root: Path, files: int) -> dict[str, float]:
    """Switch to a branch on which so many files are others."""

    def are_visible() -> bool:
        found = store.definitions_with_prefix("switched_", files + 1)
        return len(found) == files

    started = perf_counter()
    await asyncio.to_thread(subprocess.run, [*_GIT, "-C", str(root), "switch", "--quiet", "changed"], check=True)
    switched = perf_counter() - started
    seconds = await visible(are_visible, 0.02) / 1000
    return {"files": files, "git_seconds": round(switched, 2), "visible_seconds": round(seconds, 2)}


def prepare(tree: Path, root: Path, folder: str, files: int) -> None:
    """Copy a tree and make a repository with two branches of it."""

    def run(*arguments: str) -> None:
        subprocess.run([*_GIT, "-C", str(root), *arguments], check=True, stdout=subprocess.DEVNULL)

    shutil.copytree(tree, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    run("init", "--quiet", "--initial-branch=main")
    for name in ("before", "switched"):
        for number in range(files):
            path = root / folder / f"part{number % 50}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            body = f'    """Return what {name} needs."""\n    return helper({number})\n'
            path.write_text(f"def {name}_{number}(value):\n{body}", encoding="utf-8")
        run("add", "--force", ".")
        run("commit", "--quiet", "-m", name)
        if name == "before":
            run("switch", "--quiet", "--create", "changed")
    run("switch", "--quiet", "main")


def summary(times: Sequence[float]) -> dict[str, float | int]:
    return {"n": len(times), "median_ms": round(statistics.median(times), 1), "max_ms": round(max(times), 1)}


async def measure(tree: Path, changes: int, files: int) -> dict[str, Any]:
    """Do everything in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        prepare(tree, root, "changing", files)
        started = perf_counter()
        async with await Editor.start(root) as editor:
            await visible(lambda: is_kept(database_path(root)), 0.05)
            ready = perf_counter() - started
            with Store.open(database_path(root), read_only=True) as store:
                path = root / "fresh.py"
                path.write_text("", encoding="utf-8")
                return {
                    "tree": tree.name,
                    "indexed_files": store.file_count(),
                    "load": os.getloadavg(),
                    "machine": f"{platform.machine()}, {os.cpu_count()} processors",
                    "first_index_seconds": round(ready, 1),
                    "save": summary(await saves(editor, store, path, changes)),
                    "buffer": summary(await buffers(editor, store, path, changes)),
                    "external_write": summary(await writes(store, path, changes)),
                    "switch": await switch(store, root, files),
                    "server_peak_mb": round(peak_bytes(editor.process) / 1e6),
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = json.dumps(asyncio.run(measure(options.tree.resolve(), options.changes, options.files)), indent=2)
    print(result)
    if options.json:
        options.json.write_text(result + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
