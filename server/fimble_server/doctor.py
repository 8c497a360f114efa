"""`fimble doctor`: whether everything is there, and how fast it is."""

import platform
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from fimble_indexer.storage.store import Store, StoreUnavailableError
from fimble_server.config import Settings, load_settings, user_file
from fimble_server.directories import cache_directory, data_directory, runtime_directory
from fimble_server.engine.process import log_path, running_status
from fimble_server.engine.transport import socket_path
from fimble_server.errors import FimbleError
from fimble_server.explain import as_data
from fimble_server.index import database_path
from fimble_server.models.chosen import choose_model
from fimble_server.workspace import Workspace

_PACKAGES = ("fimble", "pygls", "lsprotocol", "llama-cpp-python", "tree-sitter", "numpy")
_FEATURES = ("avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp")
_EXAMPLE = '''def celsius_to_fahrenheit(celsius: float) -> float:
    """Convert a temperature."""
    return celsius * 9 / 5 + 32


def fahrenheit_to_celsius(fahrenheit: float) -> float:
    """Convert a temperature."""
    return '''


async def examine(root: Path) -> dict[str, Any]:
    """Return what was found, with one sentence for each thing that keeps Fimble from working in `problems`."""
    settings, problems = load_settings(root)
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "machine": _machine(),
        "folders": {
            "settings": str(user_file()),
            "models": str(data_directory()),
            "indexes": str(cache_directory()),
            "socket": str(socket_path(runtime_directory())),
            "log": str(log_path()),
        },
        "model": _model(settings, problems),
        "index": _index(root),
        "completion": await _completion(settings, problems),
        "engine": await _engine(),
        "problems": problems,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "physical_cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "cpu_features": _cpu_features(),
    }


def _cpu_features() -> list[str]:
    """Return the instruction sets that matter for speed; empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return []
    lines = (line for line in text.splitlines() if line.startswith(("flags", "Features")))
    present = set(next(lines, "").split())
    return [name for name in _FEATURES if name in present]


def _model(settings: Settings, problems: list[str]) -> dict[str, Any] | None:
    try:
        model = choose_model(settings.model)
    except FimbleError as error:
        problems.append(str(error))
        return None
    return {"name": model.name, "file": str(model.path), "bytes": model.path.stat().st_size, "format": model.fim.name}


def _index(root: Path) -> dict[str, Any]:
    path = database_path(root)
    try:
        with Store.open(path, read_only=True) as store:
            return {"database": str(path), "bytes": path.stat().st_size, "files": store.file_count()}
    except (StoreUnavailableError, sqlite3.Error):
        return {"database": str(path), "bytes": 0, "files": 0}


async def _completion(settings: Settings, problems: list[str]) -> dict[str, Any] | None:
    """Time one real completion, the engine's start included if it did not run."""
    if problems:
        return None
    workspace = Workspace([], settings)
    started = perf_counter()
    try:
        await workspace.engine.status()
        connected = perf_counter()
        answer = await workspace.suggest(
            document="doctor", path=Path("doctor.py"), text=_EXAMPLE, offset=len(_EXAMPLE), explicit=True
        )
    except FimbleError as error:
        problems.append(str(error))
        return None
    finally:
        await workspace.close()
    return {
        "text": answer.suggestions[0].text if answer.suggestions else "",
        "start_ms": round(1000 * (connected - started), 1),
        "answer_ms": round(1000 * (perf_counter() - connected), 1),
        "explanation": as_data(answer.explanation),
    }


async def _engine() -> dict[str, Any] | None:
    status = await running_status()
    if status is None:
        return None
    return {
        "process": status.process,
        "resident_bytes": status.resident_bytes,
        "prefill_tokens_per_second": round(status.prefill_tokens_per_second, 1),
        "token_ms": round(status.token_ms, 1),
    }


def write_report(findings: dict[str, Any]) -> None:
    """Print the findings for people."""
    console = Console()
    for title, facts in findings.items():
        if not isinstance(facts, dict):
            continue
        table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, value in facts.items():
            if not isinstance(value, dict):
                table.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        console.print(table)
    for problem in findings["problems"]:
        sys.stderr.write(f"fimble: {problem}\n")
