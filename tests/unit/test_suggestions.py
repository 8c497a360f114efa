"""What is shown of the engine's answers, and what happens where there are none."""

import asyncio

import pytest

from fakes import candidate, completion, status
from fimble_server.config import CompletionSettings
from fimble_server.errors import FimbleError
from typist import FILE, SNIPPETS, Typist, stable_part

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
    editor = Typist(FILE, unsure, unsure)
    answer = await editor.ask()
    assert bool(answer.suggestions) is shown
    assert answer.explanation.filters == (() if shown else ("refuse_unlikely",))
    assert await editor.text(explicit=True) == "return sum(cart)"


async def test_what_is_left_of_a_suggestion_is_judged_by_what_is_left() -> None:
    editor = Typist(FILE, completion(candidate("return sum", -0.01, -3.0)))
    assert await editor.text() == ""
    editor.type("retur")
    assert await editor.text() == ""
    sure = Typist(FILE, completion(candidate("return sum", -3.0, -0.01)))
    assert await sure.text() == ""
    sure.type("retur")
    assert await sure.text() == "n sum"


async def test_thresholds_are_settings() -> None:
    open_minded = CompletionSettings(minimum_probability=0)
    editor = Typist(FILE, completion(candidate("return 1", -5.0)), settings=open_minded)
    assert await editor.text() == "return 1"
    assert editor.engine.requests[0].minimum_line is None


async def test_a_suggestion_takes_the_line_ends_of_its_document() -> None:
    document = "def total(cart):\r\n    |\r\n\r\n\r\nmain()\r\n"
    editor = Typist(document, completion("if cart:\n        return 1\n    return 0"))
    assert await editor.text() == "if cart:\r\n        return 1\r\n    return 0"
    assert all("\r" not in stable_part(prompt) for prompt in editor.prompts)
    editor.type("if cart:\r\n        ")
    assert await editor.text() == "return 1\r\n    return 0"
    assert editor.asked == 1


async def test_filters_see_documents_with_two_character_line_ends() -> None:
    editor = Typist("import os\r\n|\r\nimport re\r\n", completion("import os"), completion("import re"))
    assert await editor.text() == ""
    editor.jump("import os\r\nimport |\r\nimport re\r\n")
    assert await editor.text() == ""


async def test_the_explanation_tells_what_happened() -> None:
    editor = Typist(FILE, completion("return sum(cart)"), completion("x = 1", prompt="short"))
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
    await Typist(FILE, completion("return 1")).ask(on_text=pieces.append)
    assert pieces == ["return 1"]


# When the engine does not answer


async def test_a_superseded_request_shows_nothing_and_is_not_remembered() -> None:
    editor = Typist(FILE, None, completion("return 1"))
    answer = await editor.ask()
    assert (answer.suggestions, answer.explanation.origin) == ((), "superseded")
    assert await editor.text() == "return 1"


async def test_cancelling_cancels_the_request_and_leaves_the_suggester_usable() -> None:
    editor = Typist(FILE, completion("return 1"))
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
    editor = Typist(FILE, completion("return 1"), completion("return 2"))
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
        await Typist(FILE, FimbleError("the text does not fit")).ask()


async def test_while_the_model_loads_the_request_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fimble_server.suggest._LOADING_POLL_SECONDS", 0.0)
    editor = Typist(FILE, completion("return 1"))
    editor.engine.statuses = [status(speed=0), status(speed=0)]
    assert await editor.text() == "return 1"
    assert editor.engine.status_calls == 3
    editor.jump("x = |")
    await editor.ask()
    assert editor.engine.status_calls == 3


async def test_a_model_that_cannot_be_loaded_is_an_error() -> None:
    editor = Typist()
    editor.engine.statuses = [status(speed=0, error="the file is damaged")]
    with pytest.raises(FimbleError, match="the file is damaged"):
        await editor.ask()
