"""The circumstances of a replay: without them its numbers mean nothing."""

import hashlib
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from fimble_server.models.chosen import choose_model

_PACKAGES = ("fimble", "llama-cpp-python", "pygls", "tree-sitter")


def circumstances(model: str, peer: dict[str, Any] | None) -> dict[str, Any]:
    """Return date, machine class, versions, and the weights; `peer` is what the other server says of itself."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "model": _weights(choose_model(model).path),
        "peer": peer and {**peer, "model_path": None, "model": _weights(Path(peer["model_path"]))},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _weights(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {"file": path.name}  # the server runs elsewhere
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": digest}
