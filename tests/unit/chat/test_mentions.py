from pathlib import Path

import pytest

from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.mentions import (
    Mention,
    MentionKind,
    Surroundings,
    mentioned_excerpts,
    mentions_in,
    selected_excerpt,
)
from fimble_server.documents import Document
from fimble_server.errors import FimbleError

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
NOTHING = Surroundings()


@pytest.mark.parametrize(
    ("message", "plain", "mentions"),
    [
        ("see @file:a/b.py.", "see `a/b.py`.", [Mention("file", "a/b.py")]),
        ('see @file:"a b.py"!', "see `a b.py`!", [Mention("file", "a b.py")]),
        ("(@folder:src/)", "(`src/`)", [Mention("folder", "src/")]),
        ("what is @symbol:Oven.bake?", "what is `Oven.bake`?", [Mention("symbol", "Oven.bake")]),
        (
            "fix @selection by @diagnostics",
            "fix the selection by the diagnostics",
            [Mention("selection"), Mention("diagnostics")],
        ),
        ("@repo what is it", "this repository what is it", [Mention("repo")]),
        ("mail me@file:x or @someone or @filet", "mail me@file:x or @someone or @filet", []),
        ("@file: nothing", "@file: nothing", []),
        ("", "", []),
    ],
)
def test_mentions_are_found_in_a_message(message: str, plain: str, mentions: list[Mention]) -> None:
    assert mentions_in(message) == (plain, mentions)


def test_a_file_that_fits_is_given_whole(store: Store, bakery: Path) -> None:
    (excerpt,) = mentioned_excerpts(store, [Mention("file", "bakery/plan.py")], "why", NOTHING, 3000)
    assert (excerpt.path, excerpt.start_line, excerpt.source) == ("bakery/plan.py", 0, "file")
    assert f"{excerpt.text}\n" == (bakery / "bakery" / "plan.py").read_text()


def test_of_a_long_file_the_windows_that_matter_are_given(store: Store, bakery: Path) -> None:
    functions = [f"def operation_{number}(value):\n    return value + {number}\n\n\n" for number in range(200)]
    (bakery / "long.py").write_text("".join([*functions, "def taste_the_bread():\n    return 'good'\n"]))
    update(bakery, store)
    excerpts = mentioned_excerpts(store, [Mention("file", "long.py")], "how is bread tasted?", NOTHING, 900)
    assert sum(len(excerpt.text) for excerpt in excerpts) <= 900
    assert excerpts[0].start_line == 0
    assert any("taste_the_bread" in excerpt.text for excerpt in excerpts)


def test_a_symbol_is_given_with_its_lines(store: Store) -> None:
    (excerpt,) = mentioned_excerpts(store, [Mention("symbol", "Oven.bake")], "why", NOTHING, 3000)
    assert excerpt.text.startswith("    def bake(self, loaves):")
    assert (excerpt.path, excerpt.start_line, excerpt.end_line) == ("bakery/oven.py", 14, 17)


def test_a_folder_is_given_as_an_outline_with_what_fits_the_message(store: Store) -> None:
    outline, *rest = mentioned_excerpts(store, [Mention("folder", "bakery/")], "where is a day planned", NOTHING, 3000)
    assert (outline.path, outline.is_citable) == ("bakery/", False)
    assert "class Oven" in outline.text
    assert {excerpt.path.partition("/")[0] for excerpt in rest} == {"bakery"}


@pytest.mark.parametrize(
    ("mention", "reason"),
    [
        (Mention("file", "missing.py"), "there is no file 'missing.py'"),
        (Mention("file", "../outside.py"), "there is no file"),
        (Mention("file", "/etc/passwd"), "there is no file"),
        (Mention("file", ".env"), "there is no file"),
        (Mention("folder", "nowhere"), "there is no folder"),
        (Mention("folder", "../"), "there is no folder"),
        (Mention("symbol", "nothing_like_it"), "nothing is called 'nothing_like_it'"),
        (Mention("selection"), "nothing is selected"),
        (Mention("diagnostics"), "there are no diagnostics"),
        (Mention("diff"), "nothing is changed"),
    ],
)
def test_a_mention_that_means_nothing_is_said_so(bakery: Path, store: Store, mention: Mention, reason: str) -> None:
    (bakery / ".env").write_text(f"TOKEN={KEY}\n")
    update(bakery, store)
    with pytest.raises(FimbleError, match=reason):
        mentioned_excerpts(store, [mention], "why", NOTHING, 3000)


def test_without_an_index_only_what_was_told_can_be_mentioned() -> None:
    with pytest.raises(FimbleError, match="needs the index"):
        mentioned_excerpts(None, [Mention("file", "a.py")], "why", NOTHING, 3000)
    (excerpt,) = mentioned_excerpts(None, [Mention("terminal", "error: no oven")], "why", NOTHING, 3000)
    assert (excerpt.path, excerpt.text, excerpt.is_citable) == ("terminal", "error: no oven", False)


def test_a_terminal_that_is_only_named_means_what_was_told_of_it() -> None:
    told = Mention("terminal", "2 failed")
    (excerpt,) = mentioned_excerpts(None, [Mention("terminal"), told], "why", NOTHING, 3000)
    assert excerpt.text == "2 failed"
    with pytest.raises(FimbleError, match="what the terminal shows is not known here"):
        mentioned_excerpts(None, [Mention("terminal")], "why", NOTHING, 3000)


@pytest.mark.parametrize("kind", ["terminal", "diff", "diagnostics", "selection"])
def test_no_half_of_a_secret_is_left_where_a_text_is_cut(kind: MentionKind) -> None:
    line = f'token = "{KEY}"'
    text = "\n".join([line] * 40)
    surroundings = Surroundings(Excerpt("a.py", 0, 40, text, "selection"), [text], lambda: text)
    for characters in range(60, 140):
        (excerpt,) = mentioned_excerpts(None, [Mention(kind, text)], "why", surroundings, characters)
        assert len(excerpt.text) <= characters
        assert not any(KEY[start : start + 6] in excerpt.text for start in range(4, len(KEY) - 6))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_part_of_a_secret_is_not_selected(end: str) -> None:
    text = 'a = 1\npassword = "hunter2hunter2"; b = 2\n\n'.replace("\n", end)
    document = Document("file:///a.py", text)
    for start, last in (("hunter2h", "hunter2h"), ("hunter2h", "unter2"), ("1", "hunter2h")):
        begin = text.index(start)
        found = selected_excerpt(document, "a.py", begin, text.index(last, begin) + len(last))
        assert found is not None
        assert "hunter" not in found.text
        assert "<redacted>" in found.text
    found = selected_excerpt(document, "a.py", 4, 5)
    assert found == Excerpt("a.py", 0, 1, "1", "selection")
    assert selected_excerpt(document, "a.py", len(text) - len(end), len(text)) is None


def test_half_a_character_is_a_mark(store: Store) -> None:
    (excerpt,) = mentioned_excerpts(store, [Mention("terminal", "a\ud83d\r\nb")], "why", NOTHING, 3000)
    assert excerpt.text == "a?\nb"


def test_secrets_stay_out_of_everything_that_is_mentioned() -> None:
    code = f'token = "{KEY}"'
    surroundings = Surroundings(Excerpt("a.py", 3, 4, code, "selection"), [code], lambda: f"+{code}")
    mentions = [Mention("selection"), Mention("diagnostics"), Mention("diff"), Mention("terminal", code)]
    excerpts = mentioned_excerpts(None, mentions, "why", surroundings, 3000)
    assert [excerpt.source for excerpt in excerpts] == ["selection", "diagnostics", "diff", "terminal"]
    for excerpt in excerpts:
        assert "token" in excerpt.text
        assert KEY not in excerpt.text
