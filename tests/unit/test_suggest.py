import asyncio
from collections.abc import Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Literal

import psutil
import pytest

from fakes import FakeEngine, candidate, completion, status
from fimble_indexer.syntax.languages import language_named
from fimble_prompts.fim import Snippet, load_format
from fimble_server.config import CompletionSettings
from fimble_server.engine.protocol import Completion, Prompt, Stop
from fimble_server.errors import FimbleError
from fimble_server.power import _on_battery
from fimble_server.suggest import LARGEST_DOCUMENT, Answer, Cursor, Suggester, Suggestion

SNIPPETS = (Snippet("shop/cart.py", 0, 1, "class Cart: ...", "imports"),)
FILE = "import shop\n\n\ndef total(cart):\n    |\n\n\ndef main():\n    total(1)\n"


class Editor:
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


# Typing


async def test_the_model_is_asked_with_the_typed_text_behind_the_rest_of_the_file() -> None:
    editor = Editor(FILE, completion("return sum(cart)"))
    editor.type("ret")
    await editor.ask()
    rich = editor.prompts[0]
    assert stable_part(rich) == (
        "<|fim_prefix|>import shop\n\n\ndef total(cart):\n    <|fim_suffix|>\n\n\ndef main():\n    total(1)\n"
        "\n\n# shop/cart.py\nclass Cart: ...\n<|fim_middle|>"
    )
    assert rich.typed == "ret"
    assert [prompt.name for prompt in editor.prompts] == ["rich0", "plain0", "short"]


async def test_a_key_only_appends_to_every_prompt() -> None:
    editor = Editor()
    parts = set()
    for key in "return ":
        editor.type(key)
        await editor.ask()
        parts.add(tuple(stable_part(prompt) for prompt in editor.prompts))
    assert len(parts) == 1
    assert editor.prompts[0].typed == "return "
    assert len(editor.looked_up) == 1


async def test_a_changing_speed_does_not_change_the_prompts_of_an_anchor() -> None:
    source = "".join(f"value_{number} = {number}\n" for number in range(300))
    editor = Editor(source + "|", *[completion(speed=speed) for speed in (200.0, 900.0, 90.0)])
    parts = set()
    for key in "abc":
        editor.type(key)
        await editor.ask()
        parts.add(stable_part(editor.prompts[-1]))
    assert len(parts) == 1


async def test_typing_what_is_suggested_asks_nobody() -> None:
    editor = Editor(FILE, completion("return sum(cart)"))
    assert await editor.text() == "return sum(cart)"
    for typed, left in [("ret", "urn sum(cart)"), ("urn ", "sum(cart)")]:
        editor.type(typed)
        answer = await editor.ask()
        assert answer.suggestions == (Suggestion(left),)
        assert answer.explanation.origin == "typed-through"
    assert editor.asked == 1


async def test_typing_along_several_lines_asks_nobody() -> None:
    editor = Editor("def total(cart):|\n\n\nmain()\n", completion("\n    if cart:\n        return 1\n    return 0"))
    await editor.ask()
    editor.type("\n    if cart:\n        ")
    assert await editor.text() == "return 1\n    return 0"
    assert editor.asked == 1


async def test_going_back_to_where_the_model_was_asked_asks_nobody() -> None:
    editor = Editor(FILE, completion("return sum(cart)"), completion("se ValueError"))
    assert await editor.text() == "return sum(cart)"
    editor.type("rai")
    assert await editor.text() == "se ValueError"
    editor.before = editor.before.removesuffix("rai")
    answer = await editor.ask()
    assert answer.suggestions == (Suggestion("return sum(cart)"),)
    assert answer.explanation.origin == "remembered"
    assert editor.asked == 2


async def test_typing_something_else_asks_the_model() -> None:
    editor = Editor(FILE, completion("return sum(cart)"), completion("ise ValueError"))
    await editor.ask()
    editor.type("ra")
    assert await editor.text() == "ise ValueError"
    assert editor.asked == 2


async def test_brackets_that_the_editor_closes_do_not_change_the_prompt() -> None:
    editor = Editor(FILE, completion("print(cart)"), completion())
    await editor.ask()
    before = stable_part(editor.prompts[0])
    editor.type("print(", closed=")")
    assert (await editor.ask()).suggestions == (Suggestion("cart)", replaced=1),)
    editor.type("[", closed="]")
    await editor.ask()
    assert stable_part(editor.prompts[0]) == before
    assert editor.prompts[0].typed == "print(["


async def test_enter_between_braces_continues_the_suggested_block() -> None:
    editor = Editor("const f = () => |\nf();\n", completion("{\n  return 1;\n}"), language="typescript", path="app.ts")
    await editor.ask(explicit=True)
    editor.type("{\n  ", closed="\n}")
    assert await editor.text() == "return 1;"
    assert editor.asked == 1


async def test_lines_that_were_typed_stay_behind_the_anchor() -> None:
    editor = Editor()
    await editor.ask()
    editor.type("x = 1\n    y = 2\n    z")
    await editor.ask()
    assert editor.prompts[0].name == "rich0"
    assert editor.prompts[0].typed == "x = 1\n    y = 2\n    z"


# New anchors


async def test_much_typed_text_gets_a_new_anchor_and_the_old_prompt_answers_until_that_is_read() -> None:
    editor = Editor(FILE, completion(), completion(prompt="rich0"), completion(prompt="rich1"))
    await editor.ask()
    old = stable_part(editor.prompts[0])
    typed = "".join(f"value_{number} = {number}\n    " for number in range(60))
    editor.type(typed)
    await editor.ask()
    new, _, previous, _ = editor.prompts
    assert (new.name, new.typed) == ("rich1", "")
    assert typed.strip() in stable_part(new)
    assert (previous.name, previous.typed, stable_part(previous)) == ("rich0", typed, old)
    editor.type("a")
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich1", "plain1", "rich0", "short"]
    editor.type("b")
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich1", "plain1", "short"]


async def test_a_jump_gets_a_new_anchor_with_snippets_for_the_new_place() -> None:
    editor = Editor()
    await editor.ask()
    editor.jump("import os\n" + FILE)
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich1", "plain1", "short"]
    assert len(editor.looked_up) == 2


async def test_a_line_of_a_million_characters_gives_a_small_request_quickly() -> None:
    editor = Editor("x = '" + "a" * 1_000_000 + " |")
    started = perf_counter()
    await editor.ask()
    assert perf_counter() - started < 1
    for prompt in editor.prompts:
        assert len(prompt.typed) + len(stable_part(prompt)) < 10_000


async def test_documents_have_anchors_and_answers_of_their_own() -> None:
    editor = Editor(FILE, completion("return 1"), completion("return 2"))
    assert await editor.text() == "return 1"
    assert (await editor.ask(document="file:///other.py")).suggestions == (Suggestion("return 2"),)
    assert await editor.text() == "return 1"


async def test_a_closed_document_is_forgotten() -> None:
    editor = Editor(FILE, completion("return 1"), completion("return 2"))
    await editor.ask()
    editor.suggester.forget("file:///app.py")
    editor.suggester.forget("file:///never-opened.py")
    assert await editor.text() == "return 2"


async def test_the_documents_of_a_long_day_do_not_pile_up() -> None:
    editor = Editor()
    for number in range(100):
        await editor.ask(document=f"file:///{number}.py")
    assert len(editor.suggester._documents) <= 32
    await editor.ask(document="file:///99.py")
    assert editor.asked == 100


# What the engine is asked for


async def test_the_short_prompt_is_what_this_machine_reads_in_time() -> None:
    source = "".join(f"value_{number} = {number}\n" for number in range(2000))
    lengths = []
    for speed in (100.0, 400.0):
        editor = Editor(f"{source}|\n{source}")
        editor.engine.statuses = [status(speed=speed)]
        await editor.ask()
        lengths.append(len(stable_part(editor.prompts[-1])))
    tokens = [length / 3.2 for length in lengths]
    assert tokens[0] == pytest.approx(120, rel=0.2)
    assert tokens[1] == pytest.approx(200, rel=0.2)


async def test_the_rich_prompt_goes_on_where_that_of_the_document_alone_ends() -> None:
    editor = Editor(FILE, completion(prompt="plain0"))
    explanation = (await editor.ask()).explanation
    rich, plain, _ = editor.prompts
    assert plain.name == "plain0"
    assert rich.segments[: len(plain.segments) - 1] == plain.segments[:-1]
    assert explanation.snippets == ()


@pytest.mark.parametrize(
    ("setting", "plugged", "expected"),
    [
        ("always", False, True),
        ("on mains", True, True),
        ("on mains", False, False),
        ("on mains", None, True),
        ("never", True, False),
    ],
)
async def test_on_battery_nothing_is_prepared_unless_wanted(
    monkeypatch: pytest.MonkeyPatch,
    setting: Literal["always", "on mains", "never"],
    plugged: bool | None,  # noqa: FBT001
    expected: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: SimpleNamespace(power_plugged=plugged), raising=False)
    _on_battery.cache_clear()
    editor = Editor(settings=CompletionSettings(prepare=setting))
    await editor.ask()
    _on_battery.cache_clear()
    assert editor.engine.requests[0].prepare is expected


async def test_without_other_files_the_prompt_of_the_document_is_the_rich_one() -> None:
    editor = Editor("value = 1\n" * 150 + "|", snippets=())
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich0", "short"]


async def test_a_line_and_a_block_have_times_and_lengths_of_their_own() -> None:
    settings = CompletionSettings(line_ms=111, block_ms=2222, first_answer_ms=333, block_lines=5)
    line, block = Editor("x = |", settings=settings), Editor("def f():\n    |", settings=settings)
    await line.ask()
    await block.ask()
    (asked,), (asked_for_block,) = line.engine.requests, block.engine.requests
    assert (asked.stop, asked.decode_ms, asked.prefill_ms) == (Stop(), 111, 333)
    assert (asked_for_block.stop, asked_for_block.decode_ms) == (Stop("block", 4, 5), 2222)
    assert asked_for_block.maximum_tokens > asked.maximum_tokens
    assert asked.stop_tokens == load_format("qwen2.5-coder").stops


async def test_an_explicit_request_asks_for_several_candidates_however_unsure_and_waits_longer() -> None:
    editor = Editor(settings=CompletionSettings(candidates=4, explicit_answer_ms=4444))
    await editor.ask(explicit=True)
    (request,) = editor.engine.requests
    assert (request.candidates, request.minimum_line, request.prefill_ms) == (4, None, 4444)
    assert request.prompts[-1].name == "explicit"
    await editor.ask()
    assert editor.asked == 1


async def test_an_explicit_request_is_asked_anew_even_where_an_answer_is_known() -> None:
    editor = Editor(FILE, completion("return 1"), completion("return 2", "return 3", "return 2"))
    await editor.ask()
    answer = await editor.ask(explicit=True)
    assert answer.suggestions == (Suggestion("return 2"), Suggestion("return 3"))


async def test_a_secret_that_was_typed_reaches_no_prompt() -> None:
    editor = Editor()
    editor.type('password = "hunter2correct"\n    connect(')
    await editor.ask()
    for prompt in editor.prompts:
        assert "hunter2correct" not in prompt.typed + stable_part(prompt)


async def test_nobody_is_asked_in_a_line_that_holds_a_secret() -> None:
    editor = Editor()
    editor.type('password = "hunter2correct" ')
    answer = await editor.ask()
    assert answer.explanation.origin == "the line holds a secret"
    assert answer.suggestions == ()


# What is shown


@pytest.mark.parametrize(
    ("first", "rest", "shown"),
    [
        pytest.param(-0.01, -0.01, True, id="sure"),
        pytest.param(-2.4, -0.01, False, id="the first token is below 0.1"),
        pytest.param(-0.1, -1.2, False, id="all together are below 0.1"),
        pytest.param(-1.4, -0.4, True, id="just likely enough"),
    ],
)
async def test_an_unsure_suggestion_is_not_shown_while_typing(first: float, rest: float, shown: bool) -> None:  # noqa: FBT001
    unsure = completion(candidate("return sum(cart)", first, rest, rest))
    editor = Editor(FILE, unsure, unsure)
    answer = await editor.ask()
    assert bool(answer.suggestions) is shown
    assert answer.explanation.filters == (() if shown else ("refuse_unlikely",))
    assert await editor.text(explicit=True) == "return sum(cart)"


async def test_what_is_left_of_a_suggestion_is_judged_by_what_is_left() -> None:
    editor = Editor(FILE, completion(candidate("return sum", -0.01, -3.0)))
    assert await editor.text() == ""
    editor.type("retur")
    assert await editor.text() == ""
    sure = Editor(FILE, completion(candidate("return sum", -3.0, -0.01)))
    assert await sure.text() == ""
    sure.type("retur")
    assert await sure.text() == "n sum"


async def test_thresholds_are_settings() -> None:
    open_minded = CompletionSettings(minimum_probability=0)
    editor = Editor(FILE, completion(candidate("return 1", -5.0)), settings=open_minded)
    assert await editor.text() == "return 1"
    assert editor.engine.requests[0].minimum_line is None


async def test_a_suggestion_takes_the_line_ends_of_its_document() -> None:
    document = "def total(cart):\r\n    |\r\n\r\n\r\nmain()\r\n"
    editor = Editor(document, completion("if cart:\n        return 1\n    return 0"))
    assert await editor.text() == "if cart:\r\n        return 1\r\n    return 0"
    assert all("\r" not in stable_part(prompt) for prompt in editor.prompts)
    editor.type("if cart:\r\n        ")
    assert await editor.text() == "return 1\r\n    return 0"
    assert editor.asked == 1


async def test_filters_see_documents_with_two_character_line_ends() -> None:
    editor = Editor("import os\r\n|\r\nimport re\r\n", completion("import os"), completion("import re"))
    assert await editor.text() == ""
    editor.jump("import os\r\nimport |\r\nimport re\r\n")
    assert await editor.text() == ""


async def test_the_explanation_tells_what_happened() -> None:
    editor = Editor(FILE, completion("return sum(cart)"), completion("x = 1", prompt="short"))
    explanation = (await editor.ask()).explanation
    assert explanation.origin == "model"
    assert explanation.snippets == SNIPPETS
    assert (explanation.evaluated_tokens, explanation.cached_tokens, explanation.generated_tokens) == (3, 100, 5)
    assert explanation.timings_ms.keys() == {"context", "engine", "prefill", "decode", "filter", "total"}
    assert explanation.line_log_probability == pytest.approx(-0.01 * len("return sum(cart)"))
    assert (explanation.model, explanation.prompt, explanation.extent) == ("model.gguf", "rich0", "block")
    editor.type("x")
    short = (await editor.ask()).explanation
    assert (short.prompt, short.snippets) == ("short", ())


async def test_text_is_passed_on_as_it_comes() -> None:
    pieces: list[str] = []
    await Editor(FILE, completion("return 1")).ask(on_text=pieces.append)
    assert pieces == ["return 1"]


# When nobody is asked


@pytest.mark.parametrize(
    ("editor", "reason"),
    [
        pytest.param(lambda: Editor(path=".env", language=None), "the file holds secrets", id="a secret file"),
        pytest.param(lambda: Editor("x" * LARGEST_DOCUMENT + "\n|"), "the file is too large", id="a huge file"),
        pytest.param(
            lambda: Editor(settings=CompletionSettings(enabled=False)), "switched off", id="switched off altogether"
        ),
        pytest.param(
            lambda: Editor(settings=CompletionSettings(disabled_languages=("python",))),
            "switched off",
            id="a disabled language",
        ),
        pytest.param(lambda: Editor("fo|o = 1"), "inside a word", id="inside a word"),
        pytest.param(lambda: Editor("foo|_bar = 1"), "inside a word", id="before an underscore"),
    ],
)
async def test_where_nothing_is_wanted_nobody_is_asked(editor: Callable[[], Editor], reason: str) -> None:
    opened = editor()
    answer = await opened.ask()
    assert (answer.suggestions, answer.explanation.origin) == ((), reason)
    assert (opened.asked, opened.looked_up) == (0, [])


@pytest.mark.parametrize(
    "settings", [CompletionSettings(enabled=False), CompletionSettings(disabled_languages=("python",))]
)
async def test_an_explicit_request_is_answered_though_typing_is_not(settings: CompletionSettings) -> None:
    assert await Editor(FILE, completion("return 1"), settings=settings).text(explicit=True) == "return 1"


async def test_an_explicit_request_is_answered_inside_a_word() -> None:
    assert await Editor("fo|o = 1", completion("x.fo")).text(explicit=True) == "x.fo"


async def test_an_explicit_request_reads_no_secret_file() -> None:
    editor = Editor("TOKEN=|", path="config/.env", language=None)
    assert await editor.text(explicit=True) == ""
    assert editor.asked == 0


async def test_another_language_is_not_disabled() -> None:
    settings = CompletionSettings(disabled_languages=("markdown",))
    assert await Editor(FILE, completion("return 1"), settings=settings).text() == "return 1"


# When the engine does not answer


async def test_a_superseded_request_shows_nothing_and_is_not_remembered() -> None:
    editor = Editor(FILE, None, completion("return 1"))
    answer = await editor.ask()
    assert (answer.suggestions, answer.explanation.origin) == ((), "superseded")
    assert await editor.text() == "return 1"


async def test_cancelling_cancels_the_request_and_leaves_the_suggester_usable() -> None:
    editor = Editor(FILE, completion("return 1"))
    editor.engine.waiting = asyncio.Event()
    task = asyncio.create_task(editor.ask())
    while not editor.asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    editor.engine.waiting.set()
    assert await editor.text() == "return 1"


async def test_an_answer_that_comes_after_a_jump_is_not_mixed_up_with_the_new_place() -> None:
    editor = Editor(FILE, completion("return 1"), completion("return 2"))
    editor.engine.waiting = asyncio.Event()
    first = asyncio.create_task(editor.ask())
    while not editor.asked:
        await asyncio.sleep(0)
    editor.jump("def other():\n    |\n")
    second = asyncio.create_task(editor.ask())
    while editor.asked < 2:
        await asyncio.sleep(0)
    editor.engine.waiting.set()
    await first
    await second
    assert await editor.text() == "return 2"


async def test_an_engine_that_fails_is_the_callers_to_tell() -> None:
    with pytest.raises(FimbleError, match="does not fit"):
        await Editor(FILE, FimbleError("the text does not fit")).ask()


async def test_while_the_model_loads_the_request_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fimble_server.suggest._LOADING_POLL_SECONDS", 0.0)
    editor = Editor(FILE, completion("return 1"))
    editor.engine.statuses = [status(speed=0), status(speed=0)]
    assert await editor.text() == "return 1"
    assert editor.engine.status_calls == 3
    editor.jump("x = |")
    await editor.ask()
    assert editor.engine.status_calls == 3


async def test_a_model_that_cannot_be_loaded_is_an_error() -> None:
    editor = Editor()
    editor.engine.statuses = [status(speed=0, error="the file is damaged")]
    with pytest.raises(FimbleError, match="the file is damaged"):
        await editor.ask()
