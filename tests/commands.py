"""`fimble` called as a user calls it, and what its answer has to look like."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def fimble(
    *arguments: str, folder: Path | None = None, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `fimble` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "fimble_server", *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, **environment},
    )


def json_of(done: subprocess.CompletedProcess[str]) -> Any:
    """Return the one JSON object on stdout."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_refused(done: subprocess.CompletedProcess[str], reason: str) -> None:
    """One clear sentence on stderr, nothing on stdout, exit code 2."""
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fimble: ")
    assert reason in done.stderr
