"""Changed paths on their way into the index: gathered for a moment, because they come in groups."""

import math
import time

_QUIET_SECONDS = 0.1
_LATEST_SECONDS = 1.0
_STORM = 500  # from so many paths on, looking at everything is cheaper


class Changes:
    """What has changed since the last update; "" stands for everything."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._first = math.inf
        self._last = math.inf

    def add(self, path: str) -> None:
        """Note a file or folder, or "" when it is unknown what has changed."""
        now = time.monotonic()
        self._first = min(self._first, now)
        self._last = now
        if "" not in self._paths:
            self._paths.add(path)
        if not path or len(self._paths) > _STORM:
            self._paths = {""}

    def due(self) -> float:
        """Tell at which ``time.monotonic()`` to take them: when no more come, but not much after the first."""
        return min(self._last + _QUIET_SECONDS, self._first + _LATEST_SECONDS)

    def take(self) -> set[str]:
        """Return the paths, and forget them."""
        paths = self._paths
        self._paths, self._first, self._last = set(), math.inf, math.inf
        return paths
