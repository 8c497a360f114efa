"""The real VS Code workbench in a browser, driven as a user does: keys, menus, and what is on the screen."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from editors.waiting import wait_for

PATIENCE_SECONDS = 60
"""For whatever is sure to come; a slow machine with other work may need most of it."""
_GHOST_TEXT = ".view-lines .ghost-text-decoration, .view-lines .ghost-text, .view-lines .ghost-text-decoration-preview"
_SETTINGS = {
    "editor.inlineSuggest.showToolbar": "onHover",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.minimap.enabled": False,
    "extensions.ignoreRecommendations": True,
    "git.openRepositoryInParentFolders": "never",
    "telemetry.telemetryLevel": "off",
    "terminal.integrated.gpuAcceleration": "off",
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Light Modern",
    "workbench.layoutControl.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
"""Nothing moves or stands in front of what the tests look at; terminals are text, not pictures."""


@dataclass(frozen=True)
class CodeServer:
    """An installed code-server with its extensions."""

    entry: Path
    extensions: Path

    def install(self, package: Path, user_data: Path) -> None:
        """Install an extension from its `.vsix`."""
        command = [*self._command(user_data), "--install-extension", str(package)]
        subprocess.run(command, check=True, timeout=PATIENCE_SECONDS)

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
                wait_for(lambda: _is_served(port), "code-server", PATIENCE_SECONDS)
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
        self._ask("Control+P", path)
        self.choose(name)
        tab = self.page.locator(".tab.active").filter(has_text=name)
        tab.wait_for()
        self.page.locator(".editor-instance .view-line").first.click()
        self.press("Control+End")

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor somewhere in the active file; lines and columns count from one."""
        self._ask("Control+G", f"{line}:{column}")
        self.press("Enter")
        expect(self.position).to_contain_text(f"Ln {line}")

    @property
    def position(self) -> Locator:
        """Where the cursor is, as the status bar tells it."""
        return self.page.locator("footer .statusbar-item[id='status.editor.selection']")

    def focus_editor(self) -> None:
        """Go to the active file; the cursor stays where it is."""
        self.run("View: Focus Active Editor Group")

    def expect_preview(self, title: str) -> None:
        """Wait until a proposal is shown under a title that ends so, in a tab that the next file leaves alone."""
        tab = self.page.locator(".tab.active").filter(has_text=title)
        expect(tab).to_be_visible()
        expect(tab.locator(".italic")).to_have_count(0)
        expect(self.page.get_by_role("button", name="Accept the Proposed Change")).to_be_visible()

    def expect_no_preview(self) -> None:
        """Wait until no proposal is shown."""
        expect(self.page.locator(".tab").filter(has_text=": ")).to_have_count(0)

    def save(self, file: Path, text: str) -> None:
        """Save the active file and wait until it holds this text."""
        self.saved(file, lambda found: found == text, repr(text))

    def saved(self, file: Path, is_right: Callable[[str], bool], what: str = "what is expected") -> str:
        """Save the active file, wait until it holds what it is to hold, and return that."""
        self.press("Control+S")
        wait_for(lambda: is_right(file.read_text(encoding="utf-8")), f"{file.name} to hold {what}", PATIENCE_SECONDS)
        return file.read_text(encoding="utf-8")

    def run(self, title: str) -> None:
        """Run a command by its title."""
        self._ask("F1", title)
        self.choose(title)

    def run_in_terminal(self, command: str, output: str) -> None:
        """Run a command in a new terminal, and wait until it has written this."""
        self.run("Terminal: Create New Terminal")
        rows = self.page.locator(".xterm-rows").first
        expect(rows).to_contain_text(re.compile("[$#%]"))
        self.type(f"{command}\n")
        expect(rows).to_contain_text(output)

    def answer(self, text: str) -> None:
        """Answer what a field asks for, as soon as what is typed goes there."""
        self._write(text)
        self.press("Enter")

    def _ask(self, key: str, text: str) -> None:
        """Write into the field that a key opens."""
        self.press(key)
        self._write(text)

    def _write(self, text: str) -> None:
        expect(self.page.locator(".quick-input-box input")).to_be_focused()
        self.page.keyboard.type(text)

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
        return self._shown_suggestion()

    def expect_suggestion(self, text: str) -> None:
        """Wait until just this is suggested."""
        wait_for(lambda: self._shown_suggestion() == text, f"the suggestion {text!r}", PATIENCE_SECONDS)

    def _shown_suggestion(self) -> str:
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
    context = browser.new_context(
        viewport={"width": 1100, "height": 640},
        device_scale_factor=pixel_ratio,
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.goto(f"{address}?folder={folder}")
        workbench = Workbench(page)
        page.locator(".monaco-workbench").wait_for()
        expect(workbench.status).to_be_visible()
        yield workbench
    finally:
        context.close()


def _is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
