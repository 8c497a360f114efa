"""Inline completion through a real server with the real model."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from editor import Editor
from samples import ADD

pytestmark = pytest.mark.model


def apply(text: str, item: types.InlineCompletionItem, editor: Editor, uri: str) -> str:
    """Insert a suggestion as an editor does."""
    assert isinstance(item.insert_text, str)
    assert item.range is not None
    starts = [offset for offset in range(len(text) + 1) if editor.position(uri, offset) == item.range.start]
    ends = [offset for offset in range(len(text) + 1) if editor.position(uri, offset) == item.range.end]
    return text[: starts[-1]] + item.insert_text + text[ends[-1] :]


async def test_suggests_the_rest_of_a_line(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    items = await editor.complete(uri, len(ADD))
    assert [item.insert_text for item in items] == ["first - second"]
    assert apply(ADD, items[0], editor, uri) == ADD + "first - second"


@pytest.mark.parametrize(
    ("before", "newline"),
    [("# 🦀 crab 🦀\n", "\n"), ("# e\u0301te\u0301\n", "\r\n"), ("\f\n# \u2028 separator\n", "\n"), ("", "\r")],
    ids=["emoji", "combining marks and CRLF", "form feed and line separator", "lone CR"],
)
async def test_inserts_at_the_right_place(editor: Editor, workspace: Path, before: str, newline: str) -> None:
    uri = (workspace / "sums.py").as_uri()
    text = (before + ADD.replace("Return the difference", "🧮 Return the difference")).replace("\n", newline)
    editor.open(uri, text)
    items = await editor.complete(uri, len(text), explicit=True)
    assert items
    assert apply(text, items[0], editor, uri) == text + "first - second"


async def test_uses_tabs_where_the_file_does(editor: Editor, workspace: Path) -> None:
    text = "func add(a int, b int) int {\n\treturn a + b\n}\n\nfunc subtract(a int, b int) int {\n"
    uri = (workspace / "sums.go").as_uri()
    editor.open(uri, text + "\t", "go")
    items = await editor.complete(uri, len(text) + 1, explicit=True)
    assert str(items[0].insert_text).startswith("return a - b")


async def test_typing_along_asks_nobody(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    await editor.complete(uri, len(ADD))
    rest = "first - second"
    for number, character in enumerate("firs", start=1):
        end = len(editor.texts[uri])
        editor.edit(uri, end, end, character)
        items = await editor.complete(uri, end + 1)
        assert [item.insert_text for item in items] == [rest[number:]]
        explanation = await editor.explanation()
        assert explanation["origin"] == "typed-through"
        assert explanation["evaluated_tokens"] == 0


async def test_a_keystroke_costs_what_was_typed(editor: Editor, workspace: Path) -> None:
    path = workspace / "indexer" / "fimble_indexer" / "syntax" / "parse.py"
    uri, text = path.as_uri(), path.read_text(encoding="utf-8")
    cursor = text.index("\n    return", len(text) // 2) + 1
    editor.open(uri, text)
    evaluated = []
    for character in "    zebra = quagga(":
        editor.edit(uri, cursor, cursor, character)
        cursor += 1
        await editor.complete(uri, cursor)
        explanation = await editor.explanation()
        if explanation["origin"] == "model":
            evaluated.append(explanation["evaluated_tokens"])
    # The first answers after the jump read the file; from then on only what was typed is read.
    assert len(evaluated) > 6
    assert sorted(evaluated)[len(evaluated) // 2] <= 8


async def test_closes_what_the_editor_closed_only_once(editor: Editor, workspace: Path) -> None:
    text = ADD + "first - second\n\n\nresult = subtract(add("
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, text)
    await editor.complete(uri, len(text), explicit=True)
    editor.edit(uri, len(text), len(text), "1, ))\n")
    cursor = len(text) + len("1, ")
    items = await editor.complete(uri, cursor, explicit=True)
    for item in items:
        done = apply(editor.texts[uri], item, editor, uri)
        line = done[done.index("result") :].partition("\n")[0]
        assert line.count("(") == line.count(")")


async def test_continues_the_entry_selected_in_the_menu(editor: Editor, workspace: Path) -> None:
    text = ADD.removesuffix("return ") + "ret"
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, text)
    start, end = editor.position(uri, len(text) - 3), editor.position(uri, len(text))
    parameters = types.InlineCompletionParams(
        context=types.InlineCompletionContext(
            trigger_kind=types.InlineCompletionTriggerKind.Automatic,
            selected_completion_info=types.SelectedCompletionInfo(range=types.Range(start, end), text="return"),
        ),
        text_document=types.TextDocumentIdentifier(uri),
        position=end,
    )
    answer = await editor.client.text_document_inline_completion_async(parameters)
    assert isinstance(answer, types.InlineCompletionList)
    assert answer.items[0].insert_text == "return first - second"
    assert answer.items[0].range == types.Range(start, end)


async def test_an_explicit_request_offers_several(model: Path, workspace: Path) -> None:
    text = "import random\n\nCOLOURS = ["
    uri = (workspace / "colours.py").as_uri()
    async with await Editor.start(workspace, settings={"completion": {"block_ms": 60_000}}) as editor:
        editor.open(uri, text)
        items = await editor.complete(uri, len(text), explicit=True)
    texts = [item.insert_text for item in items]
    assert 2 <= len(texts) <= 3
    assert len(set(map(str, texts))) == len(texts)


async def test_nothing_inside_a_word_or_a_secret_file(editor: Editor, workspace: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    assert await editor.complete(uri, ADD.index("def") + 1) == []
    for secret in (workspace / ".env", Path.home() / ".ssh" / "config"):
        editor.open(secret.as_uri(), "Host ", "properties")
        assert await editor.complete(secret.as_uri(), 5, explicit=True) == []
        assert (await editor.explanation())["origin"] == "the file holds secrets"


async def test_explains_itself(editor: Editor, workspace: Path, model: Path) -> None:
    uri = (workspace / "sums.py").as_uri()
    editor.open(uri, ADD)
    await editor.complete(uri, len(ADD))
    explanation = await editor.explanation()
    assert explanation["origin"] == "model"
    assert explanation["model"] == model.name
    assert explanation["generated_tokens"] >= 3
    assert explanation["evaluated_tokens"] + explanation["cached_tokens"] > 20
    assert explanation["line_log_probability"] <= 0
    assert {"context", "queue", "tokenize", "prefill", "decode", "filter", "total"} <= set(explanation["timings_ms"])


async def test_knows_what_the_file_imports(editor: Editor, workspace: Path) -> None:
    path = workspace / "indexer" / "fimble_indexer" / "ask.py"
    text = (
        "from fimble_indexer.retrieval.search import find_symbols\nfrom fimble_indexer.storage.store import Store\n\n\n"
        "def ask(store: Store) -> None:\n    hits = find_symbols("
    )
    await editor.indexed()
    editor.open(path.as_uri(), text)
    explanation: dict[str, Any] = {"prompt": ""}
    pause = 0.2
    while not explanation["prompt"].startswith("rich"):
        # The first answer may make do without other files; with them it is prepared behind, until the next request.
        await editor.complete(path.as_uri(), len(text), explicit=True)
        explanation = await editor.explanation()
        await asyncio.sleep(pause)
        pause *= 1.5
    imported = [snippet for snippet in explanation["snippets"] if snippet["source"] == "imports"]
    assert any(snippet["path"] == "indexer/fimble_indexer/retrieval/search.py" for snippet in imported)
    assert all(snippet["range"]["start_line"] <= snippet["range"]["end_line"] for snippet in imported)
