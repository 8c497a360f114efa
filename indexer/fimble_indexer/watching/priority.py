"""Stand back behind what the user waits for."""

import contextlib
import os
import sys
from pathlib import Path

import psutil

_NICENESS = 10
_LAST_NICENESS = 19


def lower_priority() -> None:
    """Take processor and disk behind others; the children of this process inherit it."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        process.ionice(psutil.IOPRIO_LOW)
        return
    os.nice(max(0, _NICENESS - os.nice(0)))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, psutil.Error):
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
    stand_back(furthest=False)


def stand_back(*, furthest: bool) -> None:
    """Let the whole session of this process stand back, the furthest while the user types.

    Linux shares the processor between sessions first, and only within one by the niceness of processes (sched(7),
    "The autogroup feature"). The engine has a session of its own; a niceness among processes does not reach it. Does
    nothing where this process does not lead a session, or the system has no such feature.
    """
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            niceness = _LAST_NICENESS if furthest else _NICENESS
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")
