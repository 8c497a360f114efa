"""What the engine process is started with."""

import hashlib
from pathlib import Path

import msgspec
import psutil


class EngineOptions(msgspec.Struct, frozen=True):
    """Settings of the engine; the defaults are what measured best on two cores."""

    context_tokens: int = 8192
    """KV cells for all sequences together."""
    sequences: int = 8
    threads: int = 0
    """0: one for each physical core."""
    idle_minutes: float = 30.0
    """The process ends when nobody asked anything for this long."""

    @property
    def effective_threads(self) -> int:
        """The number of threads that decode."""
        return self.threads or psutil.cpu_count(logical=False) or 1


def model_fingerprint(model: Path) -> str:
    """Return what tells two model files apart, without reading them."""
    try:
        facts = model.stat()
        identity = f"{facts.st_size} {facts.st_mtime_ns}"
    except OSError:
        identity = "missing"
    return _digest(f"{model.absolute()} {identity}")


def options_fingerprint(options: EngineOptions) -> str:
    """Return what tells two sets of options apart."""
    # As they arrive in the engine: a whole number of minutes is a float there.
    return _digest(repr(msgspec.json.decode(msgspec.json.encode(options), type=EngineOptions)))


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode("utf-8", "surrogateescape")).hexdigest()
