"""The extension's own checks: formatting, lint, types, unit tests."""

import subprocess

import pytest

from conftest import PROJECT

SOURCE = PROJECT / "editors" / "vscode"


@pytest.mark.parametrize("script", ["lint", "check", "test"])
def test_passes(packages: None, script: str) -> None:
    subprocess.run(["npm", "run", script], cwd=SOURCE, check=True)
