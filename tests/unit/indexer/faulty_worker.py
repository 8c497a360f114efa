"""A worker process whose grammars crash, hang or are killed on certain content. Its first argument is a folder to keep
notes in, its second the seconds for a file."""

import os
import re
import signal
import sys
from pathlib import Path

from fimble_indexer.building import understand, worker
from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.parse import FileSymbols, parse


def parse_or_fail(source: bytes, language: Language) -> FileSymbols:
    if b"crash" in source:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"hang" in source:
        re.match(r"(a+)+b", "a" * 50)  # holds the interpreter's lock, as a grammar does
    if b"memory" in source:
        bytearray(2 << 30)
    if b"killed once" in source and not NOTE.exists():
        NOTE.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(source, language)


def redact_or_fail(text: str) -> str:
    if "hopeless" in text:
        os.abort()
    return text


NOTE = Path(sys.argv.pop(1), "killed")
understand.parse = parse_or_fail  # type: ignore[assignment, attr-defined]
understand.redact = redact_or_fail  # type: ignore[attr-defined]
worker.main()
