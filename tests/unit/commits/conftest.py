from pathlib import Path

import pytest

from repositories import Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path / "repository")
