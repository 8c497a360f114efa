"""What a user's day brings, through a real server with the real model: kills, floods, impossible files."""

import asyncio
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from editor import Editor, peak_bytes
from fimble_server.engine.process import running_status
from samples import ADD

pytestmark = pytest.mark.model


async def test_the_engine_killed_while_it_decodes(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    assert await editor.complete(uri, len(ADD))
    engine = await running_status()
    assert engine is not None
    editor.edit(uri, 0, 0, "# something new at the top\n")
    waiting = editor.request(uri, len(editor.texts[uri]), explicit=True)
    await asyncio.sleep(0.05)
    os.kill(engine.process, signal.SIGKILL)
    await waiting.items()
    assert psutil.pid_exists(editor.process), "the language server lives"
    items = await editor.complete(uri, len(editor.texts[uri]))
    assert [item.insert_text for item in items] == ["first - second"]
    restarted = await running_status()
    assert restarted is not None
    assert restarted.process != engine.process


async def test_a_hundred_requests_of_which_the_last_counts(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    await editor.complete(uri, len(ADD), explicit=True)

    started = time.perf_counter()
    alone = await editor.complete(uri, len(ADD), explicit=True)
    alone_seconds = time.perf_counter() - started

    requests = [editor.request(uri, len(ADD), explicit=True) for _ in range(100)]
    for request in requests[:-1]:
        editor.cancel(request)
    started = time.perf_counter()
    last = await requests[-1].items()
    assert [item.insert_text for item in last] == [item.insert_text for item in alone]
    assert time.perf_counter() - started < alone_seconds + 1
    answers = await asyncio.gather(*(request.answer for request in requests), return_exceptions=True)
    shown = [answer for answer in answers[:-1] if not isinstance(answer, BaseException) and answer.items]
    assert shown == [], "cancelled or superseded, nothing is shown"


async def test_requests_nobody_cancels_are_answered_empty(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    requests = [editor.request(uri, len(ADD), explicit=True) for _ in range(20)]
    answers = await asyncio.gather(*(request.items() for request in requests))
    assert answers[-1]
    assert sum(1 for items in answers if items) <= 2, "the first may be done before the others come"


async def test_two_windows_at_once(model: Path, editor: Editor, workspace: Path) -> None:
    async with await Editor.start(workspace) as other:
        for window, name in ((editor, "one.py"), (other, "two.py"), (editor, "three.py")):
            uri = (workspace / name).as_uri()
            window.open(uri, ADD)
            assert [item.insert_text for item in await window.complete(uri, len(ADD))] == ["first - second"]
        first, second = await editor.command("fimble.status"), await other.command("fimble.status")
    assert first["engine"]["process"] == second["engine"]["process"]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("x" * 1_000_000, 1_000_000),
        ("value = [" + "1, " * 400_000, 1_200_009),
        ("\0\1\2\3" * 1000, 2000),
        ("\ud800\udc00 \udfff = ", 6),
        ("", 0),
        ("\n" * 100_000, 50_000),
        ("a" * 3_000_000, 3_000_000),
    ],
    ids=["line of a million characters", "endless list", "binary", "lone surrogates", "empty", "blank", "too large"],
)
async def test_odd_documents_are_answered(editor: Editor, workspace: Path, text: str, offset: int) -> None:
    uri = (workspace / "odd.py").as_uri()
    editor.open(uri, text)
    async with asyncio.timeout(30):
        await editor.complete(uri, offset)
    sane = (workspace / "sums.py").as_uri()
    editor.open(sane, ADD)
    assert [item.insert_text for item in await editor.complete(sane, len(ADD))] == ["first - second"]


async def test_a_position_beyond_the_end_is_the_end(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    editor.texts[uri] = ADD + "     \n\n\n    what the server does not know of"
    items = await editor.complete(uri, len(editor.texts[uri]))
    assert [item.insert_text for item in items] == ["first - second"]


async def test_a_workspace_that_is_no_repository(model: Path, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("def greet(name: str) -> str:\n    return f'Hello {name}'\n", encoding="utf-8")
    async with await Editor.start(tmp_path) as window:
        uri = (tmp_path / "sums.py").as_uri()
        window.open(uri, ADD)
        assert await window.complete(uri, len(ADD))


async def test_memory_of_the_language_server_stays_low(editor: Editor, workspace: Path) -> None:
    path = workspace / "indexer" / "fimble_indexer" / "syntax" / "parse.py"
    text = path.read_text(encoding="utf-8")
    editor.open(path.as_uri(), text)
    for offset in range(len(text) // 2, len(text) // 2 + 40):
        editor.edit(path.as_uri(), offset, offset, "x")
        await editor.complete(path.as_uri(), offset + 1)
    assert peak_bytes(editor.process) < 200_000_000
