"""What a measurement of speed depends on: the machine's processor."""

import functools
import platform
from pathlib import Path


@functools.cache
def processor() -> str:
    """Return the processor's name, such as "AMD EPYC-Milan x86_64"; measurements on another one do not carry over."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()} {platform.machine()}".strip()
