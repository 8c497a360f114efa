"""What the editor tells of the user's doings reaches the prompt, through a real server with the real model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from editor import Editor

pytestmark = pytest.mark.model

SETTINGS = {"completion": {"context_sources": ["edits", "views", "yanked", "diagnostics"]}}
CODE = "def reserve_the_last_seat(train):\n    return train.seats[-1]\n"


@pytest.fixture
async def editor(model: Path, workspace: Path) -> AsyncIterator[Editor]:
    async with await Editor.start(workspace, settings=SETTINGS) as started:
        await started.indexed()
        yield started


async def sources(editor: Editor, workspace: Path) -> set[tuple[str, str]]:
    """Ask in a file that says nothing, and return path and source of what was shown to the model."""
    uri = (workspace / "main.py").as_uri()
    editor.open(uri, "value = ")
    # The first answer is given by a short prompt without other files; the rich one follows behind it.
    for count in range(60):
        end = len(editor.texts[uri])
        await editor.complete(uri, end, explicit=True)
        explanation = await editor.explanation()
        if explanation["snippets"]:
            break
        editor.edit(uri, end, end, f"a{count} + ")
        await asyncio.sleep(min(1.0, 0.1 * count))  # on a busy machine, what is prepared behind needs its time
    return {(snippet["path"], snippet["source"]) for snippet in explanation["snippets"]}


def notify(editor: Editor, method: str, parameters: Any) -> None:
    editor.client.protocol.notify(method, parameters)


async def test_edits_of_another_file_are_shown(editor: Editor, workspace: Path) -> None:
    other = (workspace / "seats.py").as_uri()
    editor.open(other, "")
    editor.edit(other, 0, 0, CODE)
    assert await sources(editor, workspace) == {("seats.py", "edits")}


async def test_what_is_on_the_screen_and_what_was_copied_are_shown(editor: Editor, workspace: Path) -> None:
    other = (workspace / "seats.py").as_uri()
    editor.open(other, CODE)
    lines = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    notify(editor, "fimble/didShow", {"textDocument": {"uri": other}, "range": lines})
    notify(editor, "fimble/didYank", {"textDocument": {"uri": other}, "text": "seats.sort(key=price)"})
    assert await sources(editor, workspace) == {("seats.py", "views"), ("seats.py", "yanked")}


@pytest.mark.parametrize("method", ["fimble/didShow", "fimble/didYank", "fimble/didChangeDiagnostics"])
@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {},
        {"textDocument": {"uri": 5}},
        {"textDocument": {"uri": "file:///a.py"}, "range": [], "diagnostics": [1]},
    ],
)
async def test_nonsense_changes_nothing(editor: Editor, workspace: Path, method: str, parameters: Any) -> None:
    notify(editor, method, parameters)
    assert (await editor.command("fimble.status"))["version"]
