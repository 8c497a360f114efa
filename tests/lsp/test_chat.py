"""Conversations through a real server: what is streamed, answered, cited, cancelled, kept and deleted."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor

pytestmark = pytest.mark.model
SECONDS = 120.0


class Chat:
    """A chat view with one conversation."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.conversation = str(uuid4())

    @property
    def streamed(self) -> list[Any]:
        return self.editor.partial_results(self.conversation)

    def send(self, message: Any, **more: Any) -> tuple[str, asyncio.Future[Any]]:
        """Send a message; returns what names the request, and the answer to wait for."""
        request = str(uuid4())
        wish = {"conversation": self.conversation, "message": message, "partialResultToken": self.conversation}
        return request, self.editor.begin("fimble/chat", {**wish, **more}, request)

    async def say(self, message: Any, **more: Any) -> Any:
        return await asyncio.wait_for(self.send(message, **more)[1], SECONDS)

    async def kept(self) -> list[Any]:
        found = await self.editor.ask("fimble/conversation", {"conversation": self.conversation})
        return list[Any](found["messages"])


@pytest.fixture
async def chat(editor: Editor) -> Chat:
    await editor.indexed()
    return Chat(editor)


async def test_a_question_is_answered_from_the_repository_while_it_is_streamed(chat: Chat, workspace: Path) -> None:
    reply = await chat.say("How are secrets in a text replaced by something else?")
    first, *rest = chat.streamed
    assert first["text"] == ""
    assert first["context"] == reply["context"]
    assert len(rest) > 3
    assert "".join(value["text"] for value in rest).strip()
    assert reply["message"]
    assert reply["usedTokens"] > 100
    assert reply["contextTokens"] == 8192
    assert reply["citations"]
    for citation in reply["citations"]:
        file = workspace / citation["path"]
        assert file.as_uri() == citation["uri"]
        assert 0 <= citation["startLine"] < citation["endLine"] <= file.read_text().count("\n") + 1


async def test_a_question_waits_for_the_first_index(editor: Editor) -> None:
    reply = await Chat(editor).say("Who calls split_identifier?")
    assert reply["message"].startswith("`split_identifier` [1] is used in")
    assert reply["citations"][0]["path"] == "indexer/fimble_indexer/words.py"


async def test_the_conversation_is_kept_and_can_be_deleted(chat: Chat) -> None:
    await chat.say("Who calls redact?")
    kept = await chat.kept()
    assert [(message["role"], message["complete"]) for message in kept] == [("user", True), ("assistant", True)]
    assert kept[1]["citations"]
    (listed,) = (await chat.editor.ask("fimble/conversations", {}))["conversations"]
    assert (listed["id"], listed["title"], listed["messages"]) == (chat.conversation, "Who calls redact?", 2)
    wish = {"conversation": chat.conversation, "delete": True}
    assert await chat.editor.ask("fimble/conversation", wish) == {"deleted": True}
    assert await chat.editor.ask("fimble/conversations", {}) == {"conversations": []}
    assert await chat.kept() == []


async def test_it_is_what_was_spoken_of_before(chat: Chat) -> None:
    await chat.say("Who calls callers_of?")
    reply = await chat.say("And what breaks if I change it?")
    assert reply["message"].startswith("`callers_of`")


async def test_a_cancelled_answer_ends_at_once_and_is_kept_as_incomplete(chat: Chat) -> None:
    request, answer = chat.send("Write a long program in Python that plays chess, with a comment on each line.")
    async with asyncio.timeout(SECONDS):
        while len(chat.streamed) < 5:
            await asyncio.sleep(0.02)
    chat.editor.client.cancel_request(types.CancelParams(id=request))
    with pytest.raises(JsonRpcException):
        await asyncio.wait_for(answer, 5)
    seen = len(chat.streamed)
    await asyncio.sleep(0.5)
    assert len(chat.streamed) <= seen + 1
    assert (await chat.say("Who calls redact?"))["message"].startswith("`redact`")
    assert [message["complete"] for message in await chat.kept()] == [True, False, True, True]


async def test_a_message_can_follow_at_once_when_an_answer_was_cancelled(chat: Chat) -> None:
    request, answer = chat.send("Write a long program in Python that plays chess, with a comment on each line.")
    async with asyncio.timeout(SECONDS):
        while len(chat.streamed) < 5:
            await asyncio.sleep(0.02)
    chat.editor.client.cancel_request(types.CancelParams(id=request))
    assert (await chat.say("Who calls redact?"))["message"].startswith("`redact`")
    with pytest.raises(JsonRpcException):
        await answer
    assert [message["complete"] for message in await chat.kept()] == [True, False, True, True]


async def test_a_second_message_waits_for_its_turn(chat: Chat) -> None:
    request, answer = chat.send("Write a long program in Python that plays chess, with a comment on each line.")
    with pytest.raises(JsonRpcException, match="is still being written"):
        await chat.say("Who calls redact?")
    chat.editor.client.cancel_request(types.CancelParams(id=request))
    with pytest.raises(JsonRpcException):
        await asyncio.wait_for(answer, SECONDS)


async def test_a_selection_is_what_the_message_is_about(chat: Chat, workspace: Path) -> None:
    path = workspace / "indexer" / "fimble_indexer" / "words.py"
    chat.editor.open(path.as_uri(), path.read_text())
    reply = await chat.say(
        "What is this for?",
        mentions=[{"kind": "selection"}],
        textDocument={"uri": path.as_uri()},
        range={"start": {"line": 18, "character": 0}, "end": {"line": 21, "character": 0}},
    )
    (item,) = reply["context"]
    assert (item["path"], item["source"]) == ("indexer/fimble_indexer/words.py", "selection")
    assert (item["startLine"], item["endLine"]) == (18, 21)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"message": "see @file:missing.py"}, "there is no file 'missing.py'"),
        ({"message": "see @file:../../etc/passwd"}, "there is no file"),
        ({"message": "see @selection"}, "nothing is selected"),
        ({"message": "see @diff"}, "nothing is changed"),
        ({"message": "  "}, "the message is empty"),
        ({"message": "x", "conversation": "../x"}, "is no name of a conversation"),
        ({"message": 5}, "the parameters have another form"),
        ({"message": "x", "mentions": [{"kind": "planet"}]}, "the parameters have another form"),
    ],
)
async def test_what_cannot_be_answered_is_said_in_one_sentence(chat: Chat, wish: dict[str, Any], reason: str) -> None:
    with pytest.raises(JsonRpcException, match=reason):
        await chat.say(**wish)
