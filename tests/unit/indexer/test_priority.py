"""The indexer stands back behind the other sessions of the machine only if it has one of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
NICENESS_AFTER_EACH_WISH = f"""
from pathlib import Path
from fimble_indexer.watching.priority import lower_priority, stand_back
niceness = lambda: Path("{AUTOGROUP}").read_text().rpartition("nice ")[2].strip()
before = niceness()
lower_priority()
for furthest in (False, True):
    stand_back(furthest=furthest)
    print(int(niceness()) - int(before))
"""
AS_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"

pytestmark = pytest.mark.skipif(not AUTOGROUP.exists(), reason="the system has no such groups")


def niceness_added(*command: str) -> list[int]:
    """Return what each wish adds to the niceness of a session that is made for the command alone."""
    result = subprocess.run(
        [sys.executable, "-c", *command], start_new_session=True, stdout=subprocess.PIPE, check=True
    )
    return [int(line) for line in result.stdout.split()]


def test_a_session_of_its_own_stands_back() -> None:
    assert niceness_added(NICENESS_AFTER_EACH_WISH) == [10, 19]


def test_the_session_of_others_stays_where_it_is() -> None:
    assert niceness_added(AS_A_CHILD, NICENESS_AFTER_EACH_WISH) == [0, 0]
