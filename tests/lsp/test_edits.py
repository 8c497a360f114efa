"""Commands on code through a real server with the real model: asked, streamed, applied, cancelled, rebased."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from changing import apply_changes
from editor import Editor
from fimble_server.documents import Document
from fimble_server.edits.changes import Change
from fimble_server.lsp.positions import offset_at

pytestmark = pytest.mark.model

BUG = '''import math


class Circle:
    def area(self, radius: float) -> float:
        """Return the area of a circle: pi times the radius squared."""
        return math.pi * radius


def last(items):
    return items[-1]
'''


def applied(text: str, edit: Any, uri: str) -> str:
    """Apply the edits of one document as an editor does."""
    (changes,) = edit["changes"].values()  # pygls gives URIs other names
    document = Document(uri, text)
    found = [
        Change(
            offset_at(document, types.Position(**item["range"]["start"])),
            offset_at(document, types.Position(**item["range"]["end"])),
            item["newText"],
        )
        for item in changes
    ]
    return apply_changes(text, found)


async def ask(editor: Editor, uri: str, command: str, **more: Any) -> Any:
    start = editor.position(uri, editor.texts[uri].index("def area"))
    wish = {"textDocument": {"uri": uri}, "range": {"start": start, "end": start}, "command": command, **more}
    return await editor.ask("fimble/edit", wish)


async def test_a_function_is_fixed_and_nothing_else(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    text = BUG.replace("\n", "\r\n")
    editor.open(uri, text)
    answer = await ask(editor, uri, "fix")
    after = applied(text, answer["edit"], uri)
    before, behind = text.split("    def area")[0], text[text.index("\r\n\r\n\r\ndef last") :]
    assert after.startswith(before)
    assert after.endswith(behind)
    assert "** 2" in after[len(before) : -len(behind)]  # a small model may spell the rest otherwise
    assert after.count("\n") == after.count("\r\n")
    assert answer["problems"] == []
    assert answer["diff"].startswith("--- a/circle.py")
    assert 0 < answer["usedTokens"] < answer["contextTokens"]


async def test_the_code_streams_as_it_is_written(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, BUG)
    answer = await ask(
        editor, uri, "edit", instruction="Square the radius in the return statement.", partialResultToken="here"
    )
    pieces = editor.partial_results("here")
    assert len(pieces) > 5
    streamed = "".join(piece["text"] for piece in pieces)
    assert "def area(self, radius" in streamed
    assert answer["edit"] or answer["notice"]


async def test_an_edit_is_cancelled_at_once(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, BUG)
    start = editor.position(uri, BUG.index("def area"))
    wish = {"textDocument": {"uri": uri}, "range": {"start": start, "end": start}, "command": "explain"}
    asking = editor.begin("fimble/edit", {**wish, "partialResultToken": "here"}, "edit-1")
    async with asyncio.timeout(60):
        while not editor.partial_results("here"):
            await asyncio.sleep(0.02)
        editor.client.cancel_request(types.CancelParams(id="edit-1"))
        with pytest.raises(JsonRpcException):
            await asking
    async with asyncio.timeout(30):  # and the engine is free for others
        assert await editor.complete(uri, len(BUG), explicit=True) is not None


@pytest.mark.parametrize(
    ("place", "typed", "is_kept"),
    [("import math", "# A line above.\n", True), ("math.pi", "2 * ", False)],
    ids=["around the code", "in the code"],
)
async def test_the_document_changes_while_the_model_writes(
    editor: Editor, workspace: Path, place: str, typed: str, *, is_kept: bool
) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, BUG)
    asking = asyncio.ensure_future(ask(editor, uri, "fix", partialResultToken="here"))
    async with asyncio.timeout(60):
        while not editor.partial_results("here"):
            await asyncio.sleep(0.02)
        offset = BUG.index(place)
        editor.edit(uri, offset, offset, typed)
        answer = await asking
    if is_kept:
        after = applied(editor.texts[uri], answer["edit"], uri)
        assert after.startswith("# A line above.\nimport math\n")
        assert "radius ** 2" in after or "radius * radius" in after
    else:
        assert answer["edit"] is None
        assert "changed meanwhile" in answer["notice"]


async def test_an_editor_without_a_surface_gets_the_edit_by_a_code_action(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, BUG)
    line = types.Range(types.Position(6, 0), types.Position(6, 10))
    message = types.Diagnostic(line, "radius is not squared")
    received: list[types.ApplyWorkspaceEditParams] = []

    @editor.client.feature(types.WORKSPACE_APPLY_EDIT)  # type: ignore[untyped-decorator]
    def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        received.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), line, types.CodeActionContext([message]))
    )
    assert actions is not None
    titles = [action.title for action in actions]
    assert "Fimble: Fix" in titles
    assert "Fimble: Explain" in titles
    wish = {"textDocument": {"uri": uri}, "range": types.Range(line.start, line.start), "command": "fix"}
    await editor.command("fimble.edit", wish)
    async with asyncio.timeout(60):
        while not received:
            await asyncio.sleep(0.02)
    (params,) = received
    assert params.label == "Fimble: Fix"
    assert params.edit.changes is not None
    assert all(4 <= edit.range.start.line <= edit.range.end.line <= 6 for edit in params.edit.changes[uri])


async def test_a_review_is_shown_at_its_lines_until_the_code_changes(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "circle.py").as_uri()
    editor.open(uri, BUG)
    answer = await ask(editor, uri, "review")
    lines = [remark["line"] for remark in answer["remarks"]]
    assert all(4 <= line <= 6 for line in lines)
    assert lines or answer["notice"]
    shown = editor.client.diagnostics.get(uri, [])
    assert [item.range.start.line for item in shown] == lines
    if lines:
        editor.edit(uri, 0, 0, "# A line above.\n")
        async with asyncio.timeout(10):
            while editor.client.diagnostics[uri]:
                await asyncio.sleep(0.02)
