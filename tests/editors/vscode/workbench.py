"""The real VS Code workbench in a browser, driven as a user does: keys, menus, and what is on the screen."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from editors.waiting import wait_for

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
        command = [*self._command(user_data), "--install-extension", str(package)]
        subprocess.run(command, check=True, timeout=_START_SECONDS)

    @contextmanager
    def serve(
        self, user_data: Path, environment: Mapping[str, str], settings: Mapping[str, Any], *, trusted: bool
    ) -> Iterator[str]:
        """Serve a workbench with these settings of the user; yields its address."""
        write_settings(user_data, settings)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*self._command(user_data), "--auth", "none", "--bind-addr", f"127.0.0.1:{port}"]
        command += ["--disable-telemetry", "--disable-update-check"]
        command += ["--disable-workspace-trust"] if trusted else []
        # As if it were started in a terminal: else a login shell would be asked for the environment.
        environment = {**os.environ, "VSCODE_CLI": "1", **environment}
        with (
            (user_data / "server.log").open("wb") as log,
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as server,
        ):
            try:
                wait_for(lambda: _is_served(port), "code-server", _START_SECONDS)
                yield f"http://127.0.0.1:{port}/"
            finally:
                os.killpg(server.pid, signal.SIGTERM)

    def _command(self, user_data: Path) -> list[str]:
        """Return the command line without what is to be done; nothing of it touches the home of the user."""
        folders = ["--extensions-dir", str(self.extensions), "--user-data-dir", str(user_data)]
        return ["node", str(self.entry), "--config", str(user_data / "config.yaml"), *folders]


class Workbench:
    """One window of the workbench."""

    def __init__(self, page: Page) -> None:
        """Wrap a page that shows the workbench; use `open_workbench`."""
        self.page = page

    def press(self, *keys: str) -> None:
        """Press keys or chords, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type as a person does, at ten keys a second."""
        self.page.keyboard.type(text, delay=100)

    def open_file(self, path: str) -> None:
        """Open a file by its name, or by its path, and put the cursor at its end."""
        name = path.rpartition("/")[2]
        self.press("Control+P")
        self.page.keyboard.type(path)
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=name).first
        row.wait_for()
        self.press("Enter")
        tab = self.page.locator(".tab.active").filter(has_text=name)
        tab.wait_for()
        self.page.locator(".editor-instance .view-line").first.click()
        self.press("Control+End")

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor somewhere in the active file; lines and columns count from one."""
        self.press("Control+G")
        self.page.keyboard.type(f"{line}:{column}")
        self.press("Enter")
        expect(self.page.locator("footer .statusbar-item[id='status.editor.selection']")).to_contain_text(f"Ln {line}")

    def save(self, file: Path, text: str) -> None:
        """Save the active file and wait until it holds this text."""
        self.press("Control+S")
        wait_for(lambda: file.read_text(encoding="utf-8") == text, f"{file.name} to hold {text!r}")

    def run(self, title: str) -> None:
        """Run a command by its title."""
        self.press("F1")
        self.page.keyboard.type(title)
        self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=title).first.wait_for()
        self.press("Enter")

    def choose(self, text: str) -> None:
        """Choose an entry of the list that is open."""
        self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=text).first.click()

    def choose_action(self, text: str) -> None:
        """Choose an entry of the menu of code actions; clicks are kept from it for a while."""
        actions = self.page.locator(".action-widget .monaco-list-row.action")
        expect(actions.filter(has_text=text)).to_be_visible()
        for _ in range(actions.all_inner_texts().index(text)):
            self.press("ArrowDown")
        self.press("Enter")

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

    def switch_setting(self, name: str) -> None:
        """Switch a setting of the user on or off, in the settings editor."""
        self.run("Preferences: Open Settings (UI)")
        self.page.locator(".settings-editor .search-container").click()
        self.page.keyboard.type(f"@id:{name}")
        self.page.locator(".settings-editor .setting-value-checkbox").click()
        self.press("Control+W")


def write_settings(user_data: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of the user: the tests' own and these."""
    file = user_data / "User" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**_SETTINGS, **settings}), encoding="utf-8")


@contextmanager
def open_workbench(browser: Browser, address: str, folder: Path, *, pixel_ratio: float) -> Iterator[Workbench]:
    """Open a window on a folder and wait until Fimble's item is there."""
    context = browser.new_context(viewport={"width": 1100, "height": 640}, device_scale_factor=pixel_ratio)
    try:
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}?folder={folder}")
        workbench = Workbench(page)
        page.locator(".monaco-workbench").wait_for()
        expect(workbench.status).to_be_visible(timeout=_START_SECONDS * 1000)
        yield workbench
    finally:
        context.close()


def _is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
