import asyncio
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeEngine
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_server.chat import history
from fimble_server.chat.conversation import ChatRequest, Reply, converse
from fimble_server.chat.mentions import Mention
from fimble_server.config import ChatSettings
from fimble_server.engine.connection import EngineGoneError
from fimble_server.engine.protocol import Generate, Generated
from fimble_server.errors import FimbleError
from fimble_server.index import database_path

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"


@pytest.fixture
def root(bakery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    with Store.open(database_path(bakery)) as store:
        update(bakery, store)
    return bakery


async def say(engine: FakeEngine, root: Path | None, message: str, **more: Any) -> Reply:
    settings = more.pop("settings", ChatSettings())
    wish = ChatRequest("talk", message, **more)
    return await converse(engine, root, wish, settings, on_context=lambda _: None, on_text=lambda _: None)


async def test_a_question_gets_excerpts_and_the_answer_is_checked(root: Path) -> None:
    engine = FakeEngine(generated=["`preheat` does it", " [1], and `freeze_it` [9]."])
    reply = await say(engine, root, "How is the oven preheated?")
    text, also = reply.answer.text.split("\n\n")
    assert text == "`preheat` does it, and `freeze_it` (not in the repository) [1]."
    assert also.startswith("See also ")
    asked = engine.conversations[0].messages[-1].content
    for excerpt in reply.excerpts:
        assert excerpt.text in asked


async def test_earlier_turns_are_told_again_without_their_excerpts(root: Path) -> None:
    engine = FakeEngine(generated=["It bakes [1]."])
    await say(engine, root, "How does the oven bake?")
    await say(engine, root, "Thank you")
    question, answer, thanks = engine.conversations[1].messages[1:]
    assert (question.role, question.content) == ("user", "How does the oven bake?")
    assert (answer.role, answer.content.partition("\n")[0]) == ("assistant", "It bakes [1].")
    assert (thanks.role, thanks.content) == ("user", "Thank you")


async def test_it_means_what_was_named_before(root: Path) -> None:
    engine = FakeEngine(generated=["It plans."])
    await say(engine, root, "What does plan_day do?")
    reply = await say(engine, root, "Who calls it?")
    assert reply.answer.text.startswith("`plan_day` [1] is used in 2 places")
    assert len(engine.conversations) == 1


async def test_what_the_user_removed_is_not_sent(root: Path) -> None:
    engine = FakeEngine(generated=["Yes."])
    first = await say(engine, root, "How is the oven preheated?")
    removed = first.excerpts[0]
    again = await say(
        engine,
        root,
        "How is the oven preheated?",
        without=frozenset({(removed.path, removed.start_line, removed.end_line)}),
    )
    assert removed not in again.excerpts
    assert removed.text not in engine.conversations[1].messages[-1].content


async def test_only_what_is_shown_as_context_is_sent(root: Path) -> None:
    engine = FakeEngine(generated=["Yes."])
    reply = await say(engine, root, "Is it good?", mentions=[Mention("terminal", "all tests passed")])
    assert [excerpt.path for excerpt in reply.excerpts] == ["terminal"]
    sent = engine.conversations[0].messages
    assert "all tests passed" in sent[-1].content
    assert "preheat" not in "".join(message.content for message in sent)


async def test_a_cancelled_answer_is_kept_as_far_as_it_was_written(root: Path) -> None:
    engine = FakeEngine(generated=["It ba"], waiting=asyncio.Event())
    task = asyncio.create_task(say(engine, root, "How does the oven bake?"))
    async with asyncio.timeout(30):
        while not engine.conversations:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    question, answer = history.load(root, "talk").messages
    assert (question.content, answer.content, answer.is_complete) == ("How does the oven bake?", "It ba", False)


async def test_an_answer_is_kept_as_far_as_it_was_written_when_the_engine_ends(root: Path) -> None:
    class EndingEngine(FakeEngine):
        async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
            yield "It ba"
            raise EngineGoneError

    with pytest.raises(EngineGoneError):
        await say(EndingEngine(), root, "How does the oven bake?")
    _, answer = history.load(root, "talk").messages
    assert (answer.content, answer.is_complete) == ("It ba", False)


async def test_an_answer_that_is_cancelled_while_it_is_checked_is_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking, cancelled = threading.Event(), threading.Event()

    def check(*_arguments: object) -> None:
        checking.set()
        cancelled.wait(30)

    monkeypatch.setattr("fimble_server.chat.conversation.checked", check)
    task = asyncio.create_task(say(FakeEngine(generated=["It bakes."]), root, "How does the oven bake?"))
    assert await asyncio.to_thread(checking.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [message.content for message in history.load(root, "talk").messages][1:] == ["It bakes."]


async def test_a_failure_leaves_the_history_as_it_was(root: Path) -> None:
    with pytest.raises(FimbleError, match="there is no file"):
        await say(FakeEngine(), root, "What is @file:missing.py?")
    assert history.load(root, "talk").messages == ()


async def test_an_answer_that_cannot_be_kept_is_an_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    assert (await say(FakeEngine(generated=["Hello."]), root, "Hello")).answer.text == "Hello."
    assert history.conversations(root) == []


async def test_half_a_character_can_be_asked_and_kept(root: Path) -> None:
    engine = FakeEngine(generated=["Yes."])
    await say(engine, None, "Thanks \ud83d")
    assert engine.conversations[0].messages[-1].content == "Thanks ?"
    assert history.load(None, "talk").messages[0].content == "Thanks ?"


async def test_history_can_be_switched_off(root: Path) -> None:
    await say(FakeEngine(generated=["Hello."]), root, "Hello", settings=ChatSettings(keep_history=False))
    assert history.conversations(root) == []


async def test_a_secret_in_a_message_goes_nowhere(root: Path, tmp_path: Path) -> None:
    engine = FakeEngine(generated=["I see."])
    await say(engine, root, f'What is token = "{KEY}"?', mentions=[Mention("terminal", f"TOKEN={KEY}")])
    assert KEY[4:] not in str(engine.conversations)
    assert all(KEY[4:] not in file.read_text() for file in (tmp_path / "home" / "state").rglob("*.json"))


async def test_names_in_code_that_is_to_be_written_are_not_marked(root: Path) -> None:
    reply = await say(FakeEngine(generated=["Call `plan_month`."]), root, "Write plan_month beside plan_day")
    assert [excerpt.path for excerpt in reply.excerpts] == ["bakery/plan.py"]
    assert reply.answer.text == "Call `plan_month`."


async def test_without_an_index_it_is_a_plain_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    for root in (None, tmp_path):
        engine = FakeEngine(generated=["Hello `you`."])
        reply = await say(engine, root, "Where is it?")
        assert (reply.answer.text, reply.excerpts) == ("Hello `you`.", ())


@pytest.mark.parametrize("question", ["Who calls the_nowhere?", "Who calls plan_day?", "How is the oven preheated?"])
async def test_an_index_that_lacks_files_is_told_of(root: Path, question: str) -> None:
    engine = FakeEngine(generated=["`preheat` does it."])
    whole = await say(engine, root, question)
    reply = await say(engine, root, question, is_indexed=False)
    assert (
        reply.answer.text
        == f"{whole.answer.text}\n\nNot all files of this repository are indexed yet, so there may be more to it."
    )
    assert history.load(root, "talk").messages[-1].content == reply.answer.text


async def test_what_is_no_question_about_the_repository_is_answered_without_reserve(root: Path) -> None:
    engine = FakeEngine(generated=["Hello."])
    assert (await say(engine, root, "Hello", is_indexed=False)).answer.text == "Hello."
