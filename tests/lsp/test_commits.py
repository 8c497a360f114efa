"""Commit messages for editors: the request and the command."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from editor import Editor
from fimble_server.models.chosen import choose_model

CODE = "def sell(item, price):\n    return item\n"


@pytest.fixture
def empty_home(tmp_path: Path) -> dict[str, str]:
    """An environment of a user who has no model."""
    return {"FIMBLE_HOME": str(tmp_path / "home")}


def stage(root: Path, path: str, content: str) -> None:
    (root / path).write_text(content)
    subprocess.run(["git", "-C", str(root), "add", path], check=True)


async def ask(editor: Editor, **wish: Any) -> dict[str, Any]:
    answer = await editor.client.protocol.send_request_async("fimble/commitMessage", wish)  # type: ignore[no-untyped-call]
    return {name: getattr(answer, name) for name in answer._fields}


async def test_a_message_without_a_model(workspace: Path, empty_home: dict[str, str]) -> None:
    stage(workspace, "shop.py", CODE)
    async with await Editor.start(workspace, environment=empty_home) as editor:
        answer = await ask(editor, textDocument={"uri": (workspace / "shop.py").as_uri()})
        same = await editor.command("fimble.commitMessage", {"root": workspace.as_uri()})
    assert answer["message"] == same["message"] == "Add sell to shop.py"
    assert answer["fromModel"] is False
    assert answer["branchName"] == "add-sell-to-shop-py"
    assert "fimble models pull" in answer["warnings"][0]


async def test_what_cannot_be_done_is_said(workspace: Path, empty_home: dict[str, str], tmp_path: Path) -> None:
    async with await Editor.start(workspace, environment=empty_home) as editor:
        with pytest.raises(JsonRpcException, match=r"^nothing is staged") as told:
            await ask(editor)
        assert told.value.code == types.LSPErrorCodes.RequestFailed
        with pytest.raises(JsonRpcException, match=r"^nothing is staged"):
            await editor.command("fimble.commitMessage", {})
        for wrong in ({"attempt": "x"}, {"textDocument": 3}, {"all": "yes"}):
            with pytest.raises(JsonRpcException, match="another form"):
                await ask(editor, **wrong)
        (tmp_path / "elsewhere").mkdir()
        with pytest.raises(JsonRpcException, match="in no git repository"):
            await ask(editor, root=(tmp_path / "elsewhere").as_uri())
        (workspace / "indexer" / "fimble_indexer" / "words.py").write_text(CODE)
        answer = await ask(editor, all=True)
    assert "words.py" in answer["message"]


@pytest.mark.model
async def test_a_message_by_the_model_and_a_shorter_one(editor: Editor, workspace: Path) -> None:
    assert choose_model("").path.exists()
    stage(workspace, "shop.py", CODE)
    answer = await ask(editor)
    shorter = await ask(editor, shorterThan=answer["message"])
    assert answer["fromModel"] is True
    assert answer["warnings"] == []
    assert len(answer["candidates"]) > 1
    subject = answer["message"].partition("\n")[0]
    assert subject[0].isupper()
    assert len(subject) <= 72
    assert len(shorter["message"]) < max(len(subject), 25)
