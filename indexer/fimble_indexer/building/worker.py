"""A process that understands files for another: ``python -m fimble_indexer.building.worker SECONDS``.

Orders come in on stdin and answers go out on stdout, each a message of ``send``. The process ends with the one that
started it, however that one ends: its stdin closes then. A file that takes longer than SECONDS, or more memory than
any file should, ends it too.
"""

import faulthandler
import gc
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from fimble_indexer.building.understand import Task, Understood, understand

_LENGTH_BYTES = 4
_MAX_MEMORY_BYTES = 1 << 30
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Order:
    """Files below ``root`` to be understood; each is answered on its own, in this order."""

    root: str
    tasks: list[Task]


def send(stream: IO[bytes], message: Order | Understood | None) -> None:
    """Write one message. Raises OSError."""
    payload = msgspec.msgpack.encode(message)
    stream.write(len(payload).to_bytes(_LENGTH_BYTES, "big") + payload)
    stream.flush()


def receive(stream: IO[bytes], decoder: "msgspec.msgpack.Decoder[_T]") -> _T:
    """Read one message. Raises EOFError where the other process is gone, and OSError."""
    length = int.from_bytes(_read(stream, _LENGTH_BYTES), "big")
    return decoder.decode(_read(stream, length))


def main() -> None:
    """Answer orders until stdin closes."""
    seconds = float(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives the orders
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - does not exist everywhere

        resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    # Nothing that a library prints may get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    decoder = msgspec.msgpack.Decoder(Order)
    # Symbols and rows refer to nothing in circles; looking for such circles took a sixth of the time.
    gc.disable()
    try:
        send(answers, None)  # ready
        while True:
            order = receive(sys.stdin.buffer, decoder)
            for task in order.tasks:
                # Its thread needs no interpreter: it ends the process even in the midst of a grammar.
                faulthandler.dump_traceback_later(seconds, exit=True, file=null)
                answer = understand(Path(order.root), task)
                faulthandler.cancel_dump_traceback_later()
                send(answers, answer)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # without another try to write what nobody reads


def _read(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


if __name__ == "__main__":
    main()
