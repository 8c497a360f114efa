"""Where the machine's power comes from."""

from functools import lru_cache
from time import monotonic

import psutil

_SECONDS = 30.0
"""For which an answer holds: asking the system takes milliseconds on some."""


def on_battery() -> bool:
    """Tell whether the machine runs on its battery; false where there is none, or the system does not say."""
    return _on_battery(int(monotonic() / _SECONDS))


@lru_cache(maxsize=1)
def _on_battery(_period: int) -> bool:
    if not hasattr(psutil, "sensors_battery"):  # on some systems psutil does not have it
        return False
    battery = psutil.sensors_battery()
    return battery is not None and battery.power_plugged is False
