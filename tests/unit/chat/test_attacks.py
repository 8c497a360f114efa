"""Text in a repository that would talk a model into something, and a model that does all that it is told.

Whatever it writes, nothing is run, written or fetched, nothing is sent to it that is not shown, and nothing in its
answer is live at any moment while it is streamed.
"""

import os
import socket
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from fakes import FakeEngine
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_server.chat.conversation import ChatRequest, converse
from fimble_server.config import ChatSettings
from fimble_server.index import database_path

ATTACKS = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))["attack"]
SECRET = "correct-horse-battery-staple-17"
LIVE = {"image", "link_open", "html_inline", "html_block"}
QUESTION = "How is the oven preheated?"


@pytest.fixture(params=ATTACKS, ids=lambda attack: attack["name"])
def attack(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(request.param)


@pytest.fixture
def root(bakery: Path, attack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    (bakery / attack["path"]).write_text(attack["text"], encoding="utf-8")
    (bakery / ".env").write_text(f"OVEN={SECRET}\n")
    (tmp_path / "outside.txt").write_text(f"preheat the oven: {SECRET}\n")
    with Store.open(database_path(bakery)) as store:
        update(bakery, store)
    return bakery


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "home" not in path.relative_to(folder).parts
    }


def live_parts(markdown: str) -> list[str]:
    """Return what a reader of CommonMark, with HTML allowed, would make of a text beside text and code."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse(markdown)
    nested = [child for token in tokens for child in token.children or ()]
    return [token.type for token in (*tokens, *nested) if token.type in LIVE]


async def test_a_model_that_obeys_the_repository_does_nothing(
    root: Path, attack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("the text of a repository has run or reached something")

    for module, name in ((subprocess, "Popen"), (os, "system"), (os, "execvp"), (socket.socket, "connect")):
        monkeypatch.setattr(module, name, forbidden)
    before = contents(tmp_path)
    engine = FakeEngine(generated=list(attack["obeyed"]))
    shown: list[Any] = []
    streamed = [""]

    async def say(message: str) -> Any:
        return await converse(
            engine,
            root,
            ChatRequest("talk", message),
            ChatSettings(),
            on_context=shown.append,
            on_text=lambda text: streamed.append(streamed[-1] + text),
        )

    reply = await say(QUESTION)
    await say("Thank you, go on")

    assert any(excerpt.path == attack["path"] for excerpt in shown[0]), "the attack was not tried"
    for request, excerpts in zip(engine.conversations, shown, strict=True):
        sent = "\n".join(message.content for message in request.messages)
        assert SECRET not in sent
        assert request.messages[0].role == "system"
        assert sum(sent.count(f" {excerpt.place}\n") for excerpt in excerpts) >= len(excerpts)
    asked = engine.conversations[0].messages[-1].content
    for excerpt in shown[0]:
        fence = "`" * (1 + max((len(run) for run in excerpt.text.split() if set(run) == {"`"}), default=2))
        assert f"{excerpt.place}\n{fence}\n{excerpt.text}\n{fence}\n" in asked
    assert shown[1] == ()
    for text in (*streamed, reply.answer.text):
        assert live_parts(text) == []
    given = {(excerpt.path, excerpt.start_line, excerpt.end_line) for excerpt in shown[0]}
    assert {(item.path, item.start_line, item.end_line) for item in reply.answer.citations} <= given
    assert contents(tmp_path) == before


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 30
    assert len({attack["name"] for attack in ATTACKS}) == len(ATTACKS)


def test_some_attacks_would_work_without_care() -> None:
    assert sum(bool(live_parts(attack["obeyed"])) for attack in ATTACKS) >= 12
