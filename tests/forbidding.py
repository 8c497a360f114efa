"""Processes that the permissions of files bind, although the tests may run as root, whom they do not."""

import os
import shutil
import sys

FORBIDDING: list[str] = []
"""The beginning of such a process's command."""
if sys.platform == "linux" and os.geteuid() == 0:
    FORBIDDING += ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # capabilities(7)


def can_forbid() -> bool:
    """Tell whether such processes can be had."""
    return sys.platform != "win32" and all(map(shutil.which, FORBIDDING[:1]))
