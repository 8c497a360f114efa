"""The real VS Code workbench in a browser, driven as a user does: keys, menus, and what is on the screen."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

_START_SECONDS = 60
_GHOST_TEXT = ".view-lines .ghost-text-decoration, .view-lines .ghost-text, .view-lines .ghost-text-decoration-preview"
_SETTINGS = {
    "editor.inlineSuggest.showToolbar": "always",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.minimap.enabled": False,
    "extensions.ignoreRecommendations": True,
    "git.openRepositoryInParentFolders": "never",
    "telemetry.telemetryLevel": "off",
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Light Modern",
    "workbench.layoutControl.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
"""No menu of words and nothing that moves stands in front of what the tests look at."""


@dataclass(frozen=True)
class CodeServer:
    """An installed code-server with its extensions."""

    entry: Path
    extensions: Path

    def install(self, package: Path, user_data: Path) -> None:
        """Install an extension from its `.vsix`."""
        folders = ["--extensions-dir", str(self.extensions), "--user-data-dir", str(user_data)]
        subprocess.run(["node", self.entry, *folders, "--install-extension", package], check=True)

    @contextmanager
    def serve(
        self, user_data: Path, environment: Mapping[str, str], settings: Mapping[str, Any], *, trusted: bool
    ) -> Iterator[str]:
        """Serve a workbench with these settings of the user; yields its address."""
        write_settings(user_data, settings)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["node", str(self.entry), "--auth", "none", "--bind-addr", f"127.0.0.1:{port}"]
        command += ["--user-data-dir", str(user_data), "--extensions-dir", str(self.extensions)]
        command += ["--disable-telemetry", "--disable-update-check"]
        command += ["--disable-workspace-trust"] if trusted else []
        with (
            (user_data / "server.log").open("wb") as log,
            subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
            ) as server,
        ):
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}/"
            finally:
                os.killpg(server.pid, signal.SIGTERM)


class Workbench:
    """One window of the workbench."""

    def __init__(self, page: Page, user_data: Path) -> None:
        """Wrap a page that shows the workbench; use `open_workbench`."""
        self.page = page
        self._user_data = user_data

    def press(self, *keys: str) -> None:
        """Press keys or chords, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type as a person does, at ten keys a second."""
        self.page.keyboard.type(text, delay=100)

    def open_file(self, name: str) -> None:
        """Open a file by its name and put the cursor at its end."""
        self.press("Control+P")
        self.page.keyboard.type(name)
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=name).first
        row.wait_for()
        self.press("Enter")
        tab = self.page.locator(".tab.active").filter(has_text=name)
        tab.wait_for()
        self.page.locator(".editor-instance .view-line").first.click()
        self.press("Control+End")

    def save(self) -> None:
        """Save the active file and wait until it is written."""
        self.press("Control+S")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)

    def run(self, title: str) -> None:
        """Run a command by its title."""
        self.press("F1")
        self.page.keyboard.type(title)
        self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=title).first.wait_for()
        self.press("Enter")

    def choose(self, text: str) -> None:
        """Choose an entry of the list that is open."""
        self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=text).first.click()

    @property
    def ghost_text(self) -> Locator:
        """The suggestion on the screen, a piece for each line."""
        return self.page.locator(_GHOST_TEXT)

    def suggestion(self) -> str:
        """Wait for a suggestion and return its text; what is shown as a space that does not break is a space."""
        expect(self.ghost_text.first).to_be_visible()
        return "".join(self.ghost_text.all_inner_texts()).replace("\xa0", " ")

    @property
    def status(self) -> Locator:
        """Fimble's item in the status bar."""
        return self.page.locator("footer .statusbar-item a[aria-label*='Fimble']")

    def expect_status(self, tooltip: str | re.Pattern[str]) -> None:
        """Wait until the item says this."""
        pattern = tooltip if isinstance(tooltip, re.Pattern) else re.compile(re.escape(tooltip))
        expect(self.status).to_have_attribute("aria-label", pattern)

    def set_user(self, settings: Mapping[str, Any]) -> None:
        """Write the user's settings file, as another program would."""
        write_settings(self._user_data, settings)


def write_settings(user_data: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of the user: the tests' own and these."""
    file = user_data / "User" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**_SETTINGS, **settings}), encoding="utf-8")


@contextmanager
def open_workbench(browser: Browser, address: str, folder: Path, user_data: Path) -> Iterator[Workbench]:
    """Open a window on a folder and wait until Fimble's item is there."""
    context = browser.new_context(viewport={"width": 1100, "height": 640})
    try:
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}?folder={folder}")
        workbench = Workbench(page, user_data)
        page.locator(".monaco-workbench").wait_for()
        expect(workbench.status).to_be_visible(timeout=_START_SECONDS * 1000)
        yield workbench
    finally:
        context.close()


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
