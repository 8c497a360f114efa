"""A benchmark that was cut short goes on with the answers that it has."""

from pathlib import Path

from fakes import FakeWriter
from fimble_server.engine.protocol import ChatMessage, Generate
from remembered_answers import RememberingEngine


async def ask(engine: RememberingEngine, text: str, conversation: str = "") -> str:
    request = Generate(0, (ChatMessage("user", text),), conversation=conversation)
    return "".join([piece async for piece in engine.generate(request) if isinstance(piece, str)])


async def test_what_was_asked_is_not_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    first = FakeWriter(texts=["one", "two"])
    engine = RememberingEngine(first, "model", file)
    assert [await ask(engine, "a"), await ask(engine, "b"), await ask(engine, "a")] == ["one", "two", "one"]
    assert len(first.questions) == 2
    again = RememberingEngine(FakeWriter(texts=["three"]), "model", file)
    assert [await ask(again, "b", "another"), await ask(again, "c")] == ["two", "three"]
    assert again.remembered_seconds >= 0


async def test_another_model_answers_for_itself(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    await ask(RememberingEngine(FakeWriter(texts=["one"]), "model", file), "a")
    assert await ask(RememberingEngine(FakeWriter(texts=["two"]), "another", file), "a") == "two"


async def test_an_answer_that_is_given_up_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    engine = RememberingEngine(FakeWriter(texts=["a long answer"]), "model", file)
    answers = engine.generate(Generate(0, (ChatMessage("user", "a"),)))
    await anext(answers)
    await answers.aclose()
    assert not file.exists()
