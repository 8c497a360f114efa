"""Somebody who types, with an engine whose answers are known: what is asked of it, and what is shown."""

from collections.abc import Callable

from fakes import FakeEngine, completion
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.fim import Snippet, load_format
from fimble_server.config import CompletionSettings
from fimble_server.engine.protocol import Completion, Prompt
from fimble_server.errors import FimbleError
from fimble_server.suggest import Answer, Cursor, Suggester

SNIPPETS = (Snippet("shop/cart.py", 0, 1, "class Cart: ...", "imports"),)
FILE = "import shop\n\n\ndef total(cart):\n    |\n\n\ndef main():\n    total(1)\n"


class Typist:
    """Somebody who types into one document and asks for a suggestion at every key."""

    def __init__(
        self,
        document: str = FILE,
        *answers: Completion | FimbleError | None,
        settings: CompletionSettings | None = None,
        path: str = "app.py",
        language: str | None = "python",
        snippets: tuple[Snippet, ...] = SNIPPETS,
    ) -> None:
        """Open a document with the cursor at `|`; the engine answers as told, then nothing more."""
        self.before, _, self.after = document.partition("|")
        self.path = path
        self.language = language_named(language) if language else None
        self.engine = FakeEngine(list(answers), completion())
        self.looked_up: list[Cursor] = []
        self._snippets = snippets
        self.suggester = Suggester(
            self.engine,
            load_format("qwen2.5-coder"),
            self.find,
            settings=settings or CompletionSettings(),
            model="model.gguf",
        )

    def find(self, cursor: Cursor) -> tuple[Snippet, ...]:
        self.looked_up.append(cursor)
        return self._snippets

    def type(self, text: str, closed: str = "") -> None:
        """Type at the cursor; the editor closes brackets behind it."""
        self.before += text
        self.after = closed + self.after

    def jump(self, document: str) -> None:
        self.before, _, self.after = document.partition("|")

    async def ask(
        self, *, explicit: bool = False, on_text: Callable[[str], None] | None = None, document: str = "file:///app.py"
    ) -> Answer:
        text = self.before + self.after
        return await self.suggester.suggest(
            Cursor(document, self.path, text, len(self.before), self.language, explicit), on_text
        )

    async def text(self, *, explicit: bool = False) -> str:
        """Return the best suggestion's text; empty for none."""
        answer = await self.ask(explicit=explicit)
        return answer.suggestions[0].text if answer.suggestions else ""

    @property
    def asked(self) -> int:
        return len(self.engine.requests)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts of the last request."""
        return self.engine.requests[-1].prompts


def stable_part(prompt: Prompt) -> str:
    return "".join(segment.text for segment in prompt.segments)
