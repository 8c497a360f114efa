import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from fimble_server.indexer import Indexer


async def test_an_indexer_that_cannot_run_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    told: list[dict[str, Any]] = []
    indexer = Indexer(tmp_path, told.append)
    indexer.start()
    indexer.edited("a.py", "x = 1\n")
    async with asyncio.timeout(60):
        while not any("again and again" in message.get("warning", "") for message in told):
            await asyncio.sleep(0.05)
    await indexer.close()


async def test_nobody_waits_for_an_indexer_that_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    indexer = Indexer(tmp_path, lambda _message: None)
    assert not await indexer.first_look(0.01), "it has not begun"
    indexer.start()
    async with asyncio.timeout(10):
        assert not await indexer.first_look(60)
    await indexer.close()


async def test_who_waits_for_the_first_look_is_told_whether_it_was_at_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    indexer = Indexer(tmp_path, lambda _message: None)
    indexer.start()
    assert await indexer.first_look(60)
    await indexer.close()


async def test_only_the_newest_of_each_file_waits(tmp_path: Path) -> None:
    indexer = Indexer(tmp_path, lambda _message: None)
    for number in range(100):
        indexer.edited("a.py", f"x = {number}\n")
    indexer.edited("b.py", "y = 1\n")
    indexer.saved("a.py")
    indexer.edited(".env", "TOKEN=1\n")
    indexer.edited("large.py", "x" * 1_000_001)
    assert list(indexer._waiting.values()) == [{"open": "b.py", "text": "y = 1\n"}, {"saved": ["a.py"]}]
