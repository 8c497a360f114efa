"""A child process for generated code: limits of time and memory, an empty folder, no network, no other processes."""

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from typing import Literal

_MEMORY_BYTES = 1 << 30
_FILE_BYTES = 1 << 20
_OWN_NETWORK = ("unshare", "--map-root-user", "--net")
"""Runs a command in a namespace of its own, where there is no network (unshare(1))."""
_WITHOUT_NETWORK = """
import sys
def refuse(event, _):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork")):
        raise PermissionError(event)
sys.addaudithook(refuse)
exec(compile(sys.stdin.read(), "generated.py", "exec"), {"__name__": "__main__"})
"""
_FAILED_ASSERTIONS_END = (
    "console.assert = (condition, ...words) => { if (!condition) throw new Error(words.join(' ') || 'failed') };\n"
)
"""Node only prints them."""
_COMMANDS = {
    "python": (sys.executable, "-I", "-B", "-c", _WITHOUT_NETWORK),
    # Neither files nor processes; V8 reserves more addresses than it may use memory.
    "javascript": ("node", "--experimental-permission", "--max-old-space-size=512", "-"),
}
Runtime = Literal["python", "javascript"]


def passes(program: str, *, seconds: float = 10.0, runtime: Runtime = "python") -> bool:
    """Tell whether a program ends by itself, in time, and without an error or a failed assertion."""
    command = list(_COMMANDS[runtime])
    command[0] = shutil.which(command[0]) or command[0]
    if runtime == "javascript":
        program = _FAILED_ASSERTIONS_END + program
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        try:
            result = subprocess.run(
                [*_isolation(), *command],
                input=program.encode("utf-8", "surrogatepass"),
                cwd=folder,
                env={},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                preexec_fn=lambda: _limit(int(seconds) + 1, runtime),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return result.returncode == 0


def _limit(seconds: int, runtime: Runtime) -> None:
    memory = resource.RLIMIT_DATA if runtime == "javascript" else resource.RLIMIT_AS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(memory, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@cache
def _isolation() -> Sequence[str]:
    """Return what to put before a command; nothing where the system knows no such namespaces or forbids them."""
    command = shutil.which(_OWN_NETWORK[0])
    if command is None:
        return ()
    prefix = (command, *_OWN_NETWORK[1:])
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else ()
