"""What is asked of the engine for a cursor, and when nobody is asked."""

from collections.abc import Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Literal

import psutil
import pytest

from fakes import completion, status
from fimble_prompts.fim import load_format
from fimble_server.config import CompletionSettings
from fimble_server.engine.protocol import Stop
from fimble_server.power import _on_battery
from fimble_server.suggest import LARGEST_DOCUMENT, Suggestion
from typist import FILE, Typist, stable_part

# Typing


async def test_the_model_is_asked_with_the_typed_text_behind_the_rest_of_the_file() -> None:
    editor = Typist(FILE, completion("return sum(cart)"))
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
    editor = Typist()
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
    editor = Typist(source + "|", *[completion(speed=speed) for speed in (200.0, 900.0, 90.0)])
    parts = set()
    for key in "abc":
        editor.type(key)
        await editor.ask()
        parts.add(stable_part(editor.prompts[-1]))
    assert len(parts) == 1


async def test_typing_what_is_suggested_asks_nobody() -> None:
    editor = Typist(FILE, completion("return sum(cart)"))
    assert await editor.text() == "return sum(cart)"
    for typed, left in [("ret", "urn sum(cart)"), ("urn ", "sum(cart)")]:
        editor.type(typed)
        answer = await editor.ask()
        assert answer.suggestions == (Suggestion(left),)
        assert answer.explanation.origin == "typed-through"
    assert editor.asked == 1


async def test_typing_along_several_lines_asks_nobody() -> None:
    editor = Typist("def total(cart):|\n\n\nmain()\n", completion("\n    if cart:\n        return 1\n    return 0"))
    await editor.ask()
    editor.type("\n    if cart:\n        ")
    assert await editor.text() == "return 1\n    return 0"
    assert editor.asked == 1


async def test_going_back_to_where_the_model_was_asked_asks_nobody() -> None:
    editor = Typist(FILE, completion("return sum(cart)"), completion("se ValueError"))
    assert await editor.text() == "return sum(cart)"
    editor.type("rai")
    assert await editor.text() == "se ValueError"
    editor.before = editor.before.removesuffix("rai")
    answer = await editor.ask()
    assert answer.suggestions == (Suggestion("return sum(cart)"),)
    assert answer.explanation.origin == "remembered"
    assert editor.asked == 2


async def test_typing_something_else_asks_the_model() -> None:
    editor = Typist(FILE, completion("return sum(cart)"), completion("ise ValueError"))
    await editor.ask()
    editor.type("ra")
    assert await editor.text() == "ise ValueError"
    assert editor.asked == 2


async def test_brackets_that_the_editor_closes_do_not_change_the_prompt() -> None:
    editor = Typist(FILE, completion("print(cart)"), completion())
    await editor.ask()
    before = stable_part(editor.prompts[0])
    editor.type("print(", closed=")")
    assert (await editor.ask()).suggestions == (Suggestion("cart)", replaced=1),)
    editor.type("[", closed="]")
    await editor.ask()
    assert stable_part(editor.prompts[0]) == before
    assert editor.prompts[0].typed == "print(["


async def test_enter_between_braces_continues_the_suggested_block() -> None:
    editor = Typist("const f = () => |\nf();\n", completion("{\n  return 1;\n}"), language="typescript", path="app.ts")
    await editor.ask(explicit=True)
    editor.type("{\n  ", closed="\n}")
    assert await editor.text() == "return 1;"
    assert editor.asked == 1


async def test_lines_that_were_typed_stay_behind_the_anchor() -> None:
    editor = Typist()
    await editor.ask()
    editor.type("x = 1\n    y = 2\n    z")
    await editor.ask()
    assert editor.prompts[0].name == "rich0"
    assert editor.prompts[0].typed == "x = 1\n    y = 2\n    z"


# New anchors


async def test_much_typed_text_gets_a_new_anchor_and_the_old_prompt_answers_until_that_is_read() -> None:
    editor = Typist(FILE, completion(), completion(prompt="rich0"), completion(prompt="rich1"))
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
    editor = Typist()
    await editor.ask()
    editor.jump("import os\n" + FILE)
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich1", "plain1", "short"]
    assert len(editor.looked_up) == 2


async def test_a_line_of_a_million_characters_gives_a_small_request_quickly() -> None:
    editor = Typist("x = '" + "a" * 1_000_000 + " |")
    started = perf_counter()
    await editor.ask()
    assert perf_counter() - started < 1
    for prompt in editor.prompts:
        assert len(prompt.typed) + len(stable_part(prompt)) < 10_000


async def test_documents_have_anchors_and_answers_of_their_own() -> None:
    editor = Typist(FILE, completion("return 1"), completion("return 2"))
    assert await editor.text() == "return 1"
    assert (await editor.ask(document="file:///other.py")).suggestions == (Suggestion("return 2"),)
    assert await editor.text() == "return 1"


async def test_a_closed_document_is_forgotten() -> None:
    editor = Typist(FILE, completion("return 1"), completion("return 2"))
    await editor.ask()
    editor.suggester.forget("file:///app.py")
    editor.suggester.forget("file:///never-opened.py")
    assert await editor.text() == "return 2"


async def test_the_documents_of_a_long_day_do_not_pile_up() -> None:
    editor = Typist()
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
        editor = Typist(f"{source}|\n{source}")
        editor.engine.statuses = [status(speed=speed)]
        await editor.ask()
        lengths.append(len(stable_part(editor.prompts[-1])))
    tokens = [length / 3.2 for length in lengths]
    assert tokens[0] == pytest.approx(120, rel=0.2)
    assert tokens[1] == pytest.approx(200, rel=0.2)


async def test_the_rich_prompt_goes_on_where_that_of_the_document_alone_ends() -> None:
    editor = Typist(FILE, completion(prompt="plain0"))
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
    editor = Typist(settings=CompletionSettings(prepare=setting))
    await editor.ask()
    _on_battery.cache_clear()
    assert editor.engine.requests[0].prepare is expected


async def test_without_other_files_the_prompt_of_the_document_is_the_rich_one() -> None:
    editor = Typist("value = 1\n" * 150 + "|", snippets=())
    await editor.ask()
    assert [prompt.name for prompt in editor.prompts] == ["rich0", "short"]


async def test_a_line_and_a_block_have_times_and_lengths_of_their_own() -> None:
    settings = CompletionSettings(line_ms=111, block_ms=2222, first_answer_ms=333, block_lines=5)
    line, block = Typist("x = |", settings=settings), Typist("def f():\n    |", settings=settings)
    await line.ask()
    await block.ask()
    (asked,), (asked_for_block,) = line.engine.requests, block.engine.requests
    assert (asked.stop, asked.decode_ms, asked.prefill_ms) == (Stop(), 111, 333)
    assert (asked_for_block.stop, asked_for_block.decode_ms) == (Stop("block", 4, 5), 2222)
    assert asked_for_block.maximum_tokens > asked.maximum_tokens
    assert asked.stop_tokens == load_format("qwen2.5-coder").stops


async def test_an_explicit_request_asks_for_several_candidates_however_unsure_and_waits_longer() -> None:
    editor = Typist(settings=CompletionSettings(candidates=4, explicit_answer_ms=4444))
    await editor.ask(explicit=True)
    (request,) = editor.engine.requests
    assert (request.candidates, request.minimum_line, request.prefill_ms) == (4, None, 4444)
    assert request.prompts[-1].name == "explicit"
    await editor.ask()
    assert editor.asked == 1


async def test_an_explicit_request_is_asked_anew_even_where_an_answer_is_known() -> None:
    editor = Typist(FILE, completion("return 1"), completion("return 2", "return 3", "return 2"))
    await editor.ask()
    answer = await editor.ask(explicit=True)
    assert answer.suggestions == (Suggestion("return 2"), Suggestion("return 3"))


async def test_a_secret_that_was_typed_reaches_no_prompt() -> None:
    editor = Typist()
    editor.type('password = "hunter2correct"\n    connect(')
    await editor.ask()
    for prompt in editor.prompts:
        assert "hunter2correct" not in prompt.typed + stable_part(prompt)


async def test_nobody_is_asked_in_a_line_that_holds_a_secret() -> None:
    editor = Typist()
    editor.type('password = "hunter2correct" ')
    answer = await editor.ask()
    assert answer.explanation.origin == "the line holds a secret"
    assert answer.suggestions == ()


# When nobody is asked


@pytest.mark.parametrize(
    ("editor", "reason"),
    [
        pytest.param(lambda: Typist(path=".env", language=None), "the file holds secrets", id="a secret file"),
        pytest.param(lambda: Typist("x" * LARGEST_DOCUMENT + "\n|"), "the file is too large", id="a huge file"),
        pytest.param(
            lambda: Typist(settings=CompletionSettings(enabled=False)), "switched off", id="switched off altogether"
        ),
        pytest.param(
            lambda: Typist(settings=CompletionSettings(disabled_languages=("python",))),
            "switched off",
            id="a disabled language",
        ),
        pytest.param(lambda: Typist("fo|o = 1"), "inside a word", id="inside a word"),
        pytest.param(lambda: Typist("foo|_bar = 1"), "inside a word", id="before an underscore"),
    ],
)
async def test_where_nothing_is_wanted_nobody_is_asked(editor: Callable[[], Typist], reason: str) -> None:
    opened = editor()
    answer = await opened.ask()
    assert (answer.suggestions, answer.explanation.origin) == ((), reason)
    assert (opened.asked, opened.looked_up) == (0, [])


@pytest.mark.parametrize(
    "settings", [CompletionSettings(enabled=False), CompletionSettings(disabled_languages=("python",))]
)
async def test_an_explicit_request_is_answered_though_typing_is_not(settings: CompletionSettings) -> None:
    assert await Typist(FILE, completion("return 1"), settings=settings).text(explicit=True) == "return 1"


async def test_an_explicit_request_is_answered_inside_a_word() -> None:
    assert await Typist("fo|o = 1", completion("x.fo")).text(explicit=True) == "x.fo"


async def test_an_explicit_request_reads_no_secret_file() -> None:
    editor = Typist("TOKEN=|", path="config/.env", language=None)
    assert await editor.text(explicit=True) == ""
    assert editor.asked == 0


async def test_another_language_is_not_disabled() -> None:
    settings = CompletionSettings(disabled_languages=("markdown",))
    assert await Typist(FILE, completion("return 1"), settings=settings).text() == "return 1"
