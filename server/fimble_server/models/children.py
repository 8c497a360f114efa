"""The engine's conversions and measurements, each in a process of its own that llama.cpp may end without harm."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fimble_server.errors import FimbleError
from fimble_server.models.layouts import Layout
from fimble_server.models.measurements import Answer, Item, Speed


class ChildError(FimbleError):
    """The process failed; the message is the last thing it said."""


def convert(source: Path, target: Path, layout: Layout, threads: int) -> None:
    """Write `source` in another layout to `target`.

    Raises:
        ChildError: llama.cpp could not; whatever it left of the target is for the caller to delete.

    """
    arguments = (str(source), str(target), msgspec.json.encode(layout).decode(), str(threads))
    _run("fimble_server.engine.quantise", arguments, b"")


def measure(file: Path, threads: int, items: Sequence[Item] = ()) -> tuple[Speed, list[Answer]]:
    """Measure a file's speed and let it answer the items.

    Raises:
        ChildError: llama.cpp cannot run the file.

    """
    output = _run("fimble_server.engine.measure", (str(file), str(threads)), msgspec.json.encode(list(items)))
    speed, *answers = output.splitlines()
    decoder = msgspec.json.Decoder(Answer)
    return msgspec.json.decode(speed, type=Speed), [decoder.decode(line) for line in answers]


def _run(module: str, arguments: Sequence[str], standard_input: bytes) -> bytes:
    # -P: the folder that Fimble is started in must not lend it modules.
    command = [sys.executable, "-P", "-m", module, *arguments]
    process = subprocess.run(command, input=standard_input, capture_output=True, check=False)
    if process.returncode != 0:
        lines = process.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ChildError(lines[-1] if lines else f"{module} ended with {process.returncode}")
    return process.stdout
