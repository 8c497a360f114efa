"""The chat view of the workbench, used as a user does."""

from playwright.sync_api import Locator, expect

from editors.vscode.workbench import Workbench


class Chat:
    """The conversation in a window."""

    def __init__(self, window: Workbench) -> None:
        """Open the view."""
        window.run("Fimble: Open Chat")
        self._page = window.page.frame_locator("iframe.webview").frame_locator("iframe")
        self.message = self._page.locator("#message")
        self._turns = self._page.locator("#turns")
        self.attached = self._page.locator("#attached")
        self.usage = self._page.locator("#usage-text")
        expect(self.message).to_be_editable()

    @property
    def answers(self) -> Locator:
        """The turns of Fimble."""
        return self._turns.locator(".assistant")

    @property
    def outputs(self) -> Locator:
        """What commands wrote."""
        return self._turns.locator(".terminal")

    def ask(self, message: str) -> Locator:
        """Send a message and return its turn when it is answered."""
        before = self.answers.count()
        self.message.fill(message)
        self.message.press("Enter")
        answer = self.answers.nth(before)
        expect(answer).to_be_attached()
        self.expect_idle()
        return answer

    def expect_idle(self) -> None:
        """Wait until nothing is being answered or run."""
        expect(self._turns).to_have_attribute("aria-busy", "false")
