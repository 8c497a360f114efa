"""What all tests share: a home of its own, the real model in it, a workspace of real code."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from editor import Editor
from fimble_server.directories import data_directory
from fimble_server.engine.process import stop_engine
from fimble_server.models.chosen import choose_model

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for settings, indexes, socket and log of this run; the models are those of the user."""
    models = data_directory()
    folder = tmp_path_factory.mktemp("home")
    (folder / "data").symlink_to(models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIMBLE_HOME", str(folder))
        yield folder
        asyncio.run(stop_engine())


@pytest.fixture(scope="session", autouse=True)
def llama_cpp_closed() -> Iterator[None]:
    """Close what the binding opens when it is imported and never closes; Python would complain at its end."""
    yield
    if utils := sys.modules.get("llama_cpp._utils"):
        utils.outnull_file.close()
        utils.errnull_file.close()


@pytest.fixture(scope="session")
def model(home: Path) -> Path:
    """The real default model; without it the tests that need it fail with the command that gets it."""
    return choose_model("").path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A git repository of real code: a copy of this project's own packages."""
    root = tmp_path / "workspace"
    for package in ("indexer", "prompts"):
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-C", str(root)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Start"], check=True)
    return root


@pytest.fixture
async def editor(model: Path, workspace: Path) -> AsyncIterator[Editor]:
    """An editor window on the workspace."""
    async with await Editor.start(workspace) as window:
        yield window
