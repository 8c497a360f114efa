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
from editors.vscode.workbench import CodeServer, Workbench, open_workbench

SOURCE = PROJECT / "editors" / "vscode"
_HERE = Path(__file__).resolve().parent
_BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_ANSWER_SECONDS = 30

OpenWindow = Callable[..., AbstractContextManager[Workbench]]


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
    expect.set_options(timeout=_ANSWER_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_BROWSER)
        yield chromium
        chromium.close()


@pytest.fixture
def open_window(code_server: CodeServer, browser: Browser, workspace: Path, tmp_path: Path) -> OpenWindow:
    """Open a window on the workspace; `fimble` is on the PATH."""

    @contextmanager
    def opened(
        *, settings: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, trusted: bool = True
    ) -> Iterator[Workbench]:
        user_data = tmp_path / "user-data"
        search_path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": search_path, **(environment or {})}
        with (
            code_server.serve(user_data, environment, settings or {}, trusted=trusted) as address,
            open_workbench(browser, address, workspace, user_data) as window,
        ):
            yield window

    return opened
