"""The indexer stands back behind the other sessions of the machine only if it has one of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
STAND_BACK = f"""
from pathlib import Path
from fimble_indexer.watching.priority import lower_priority, stand_back
lower_priority()
for furthest in (False, True):
    stand_back(furthest=furthest)
    print(Path("{AUTOGROUP}").read_text().rpartition("nice ")[2].strip())
"""


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="the system has no such groups")
def niceness_of_sessions(*, own_session: bool) -> list[int]:
    """Return the niceness of a process's session after each of its wishes."""
    result = subprocess.run(
        [sys.executable, "-c", STAND_BACK], start_new_session=own_session, stdout=subprocess.PIPE, check=True
    )
    return [int(line) for line in result.stdout.split()]


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="the system has no such groups")
def test_a_session_of_its_own_stands_back() -> None:
    assert niceness_of_sessions(own_session=True) == [10, 19]


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="the system has no such groups")
def test_the_session_of_others_stays_where_it_is() -> None:
    before = int(AUTOGROUP.read_text().rpartition("nice ")[2])

    assert niceness_of_sessions(own_session=False) == [before, before]
