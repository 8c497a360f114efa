"""What processes cost: processor time and memory, their children included."""

import asyncio
from collections.abc import Callable, Sequence

import psutil

from editor import peak_bytes

_QUIET_SECONDS = 1.0
_QUIET_SHARE = 0.05
_LONGEST_WAIT = 900


def cpu_seconds(processes: Sequence[int]) -> float:
    """Return the processor time of all processes so far, with that of children that ended."""
    seconds = 0.0
    for process in processes:
        try:
            times = psutil.Process(process).cpu_times()
        except psutil.NoSuchProcess:
            continue  # its parent counts it
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def peak_memory(processes: Sequence[int]) -> int:
    """Return the sum of the most memory in bytes that each process had resident."""
    total = 0
    for process in processes:
        try:
            total += peak_bytes(process)
        except psutil.NoSuchProcess:
            continue
    return total


async def until_quiet(processes: Callable[[], Sequence[int]]) -> None:
    """Wait until the processes do next to nothing; raises `TimeoutError` if they never rest."""
    async with asyncio.timeout(_LONGEST_WAIT):
        before = cpu_seconds(processes())
        while True:
            await asyncio.sleep(_QUIET_SECONDS)
            after = cpu_seconds(processes())
            if after - before < _QUIET_SHARE * _QUIET_SECONDS:
                return
            before = after


def listening_process(port: int) -> int | None:
    """Return the id of the process of this user that listens on a local port, if there is one."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return connection.pid
    return None
