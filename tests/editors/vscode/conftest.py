"""The packed extension, installed into a real workbench, and a browser that shows it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from conftest import PROJECT
from editors.vscode.workbench import PATIENCE_SECONDS, CodeServer, Workbench, open_workbench

SOURCE = PROJECT / "editors" / "vscode"
_HERE = Path(__file__).resolve().parent
_BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_SHARP = 2

TakePicture = Callable[[Workbench, str], None]
OpenWindow = Callable[..., AbstractContextManager[Workbench]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="Write pictures of the workbench into this folder.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where pictures are wanted, run only what takes some."""
    if config.getoption("pictures") is not None:
        items[:] = [item for item in items if "take_picture" in getattr(item, "fixturenames", ())]


@pytest.fixture
def take_picture(pytestconfig: pytest.Config) -> TakePicture:
    """Write a picture of a window, if this run is to make pictures."""
    folder: Path | None = pytestconfig.getoption("pictures")

    def take(window: Workbench, name: str) -> None:
        if folder is not None:
            window.page.screenshot(path=folder / name)

    return take


@pytest.fixture(scope="session")
def packages() -> None:
    """The extension's dependencies, exactly as locked."""
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=SOURCE, check=True)


@pytest.fixture(scope="session")
def code_server(packages: None, tmp_path_factory: pytest.TempPathFactory) -> CodeServer:
    """The workbench with the packed extension in it."""
    folder = PROJECT / "build" / "code-server"
    subprocess.run([_HERE / "install-workbench.sh", folder], check=True)
    subprocess.run(["npm", "run", "package"], cwd=SOURCE, check=True)
    extensions = tmp_path_factory.mktemp("extensions")
    server = CodeServer(folder / "node_modules" / "code-server" / "out" / "node" / "entry.js", extensions)
    server.install(SOURCE / "dist" / "fimble.vsix", tmp_path_factory.mktemp("installing"))
    return server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; Playwright's own would have to be downloaded."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_BROWSER)
        yield chromium
        chromium.close()


@pytest.fixture
def open_window(
    pytestconfig: pytest.Config, code_server: CodeServer, browser: Browser, workspace: Path, tmp_path: Path
) -> OpenWindow:
    """Open a window on the workspace; `fimble` is on the PATH."""

    pixel_ratio = _SHARP if pytestconfig.getoption("pictures") else 1

    @contextmanager
    def opened(
        *, settings: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, trusted: bool = True
    ) -> Iterator[Workbench]:
        user_data = tmp_path / "user-data"
        search_path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": search_path, **(environment or {})}
        with (
            code_server.serve(user_data, environment, settings or {}, trusted=trusted) as address,
            open_workbench(browser, address, workspace, pixel_ratio=pixel_ratio) as window,
        ):
            yield window

    return opened
