from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_prompts.fim import (
    LONGEST_TYPED,
    Anchor,
    Format,
    Piece,
    Snippet,
    fim_prompt,
    load_format,
    prefix_window,
    set_anchor,
    suffix_window,
)

FORMATS = sorted(
    file.name.removesuffix(".toml") for file in (files("fimble_prompts") / "formats").iterdir() if file.name[0] != "."
)
SOURCE = "".join(f"line_{number:03} = 1\n" for number in range(400))
CODE = st.text(alphabet="ab \t\n()", max_size=60)
SNIPPET = Snippet("shop/cart.py", 0, 1, "class Cart: ...\n", "imports")


def spelled(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def prompt(fim: Format, anchor: Anchor, prefix_limit: int = 1000, suffix_limit: int = 1000) -> tuple[Piece, ...]:
    return fim_prompt(fim, anchor, path="app.py", prefix_limit=prefix_limit, suffix_limit=suffix_limit)


# Formats


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("qwen2.5-coder", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("codegemma", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("starcoder2", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("granite", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("deepseek-coder", "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>"),  # noqa: RUF001 - it is spelled so
        ("codellama", "▁<PRE>P▁<SUF>S▁<MID>"),
        ("codestral", "[SUFFIX]S[PREFIX]P"),
    ],
)
def test_a_family_is_asked_in_its_own_format(family: str, expected: str) -> None:
    assert spelled(prompt(load_format(family), Anchor("P", "S"))) == expected


@pytest.mark.parametrize("family", FORMATS)
def test_a_format_stops_at_each_of_its_own_markers_that_a_model_may_go_on_with(family: str) -> None:
    fim = load_format(family)
    assert fim.stops
    if family != "codellama":  # its published stop is the one token for the end of a middle
        assert {fim.prefix, fim.suffix, fim.middle} - {""} <= set(fim.stops)


def test_qwen_stops_are_its_control_tokens() -> None:
    assert load_format("qwen2.5-coder").stops == (
        "<|endoftext|>",
        "<|im_start|>",
        "<|im_end|>",
        "<|fim_prefix|>",
        "<|fim_middle|>",
        "<|fim_suffix|>",
        "<|fim_pad|>",
        "<|repo_name|>",
        "<|file_sep|>",
    )


@pytest.mark.parametrize("name", ["", "unheard-of"])
def test_an_unknown_family_has_no_format(name: str) -> None:
    with pytest.raises(KeyError):
        load_format(name)


# Prompts


def test_snippets_stand_below_the_file_each_under_its_path() -> None:
    anchor = Anchor("P", "S", (SNIPPET, Snippet("shop/mail.py", 4, 9, "def send(): ...\n", "similar")))
    assert spelled(prompt(load_format("qwen2.5-coder"), anchor)) == (
        "<|fim_prefix|>P<|fim_suffix|>S"
        "\n\n# shop/cart.py\nclass Cart: ...\n\n\n# shop/mail.py\ndef send(): ...\n<|fim_middle|>"
    )


def test_paths_are_comments_of_the_file_s_own_language() -> None:
    fim = load_format("qwen2.5-coder")
    for path, mark in (("app.ts", "//"), ("app.lua", "--"), ("notes", "#"), ("data.json", "#")):
        pieces = fim_prompt(fim, Anchor("P", "S", (SNIPPET,)), path=path, prefix_limit=100, suffix_limit=100)
        assert pieces[4].text == f"\n\n{mark} shop/cart.py\nclass Cart: ...\n"


@pytest.mark.parametrize("family", [name for name in FORMATS if load_format(name).order == "prefix-suffix"])
def test_a_prompt_with_snippets_goes_on_where_one_without_them_ends(family: str) -> None:
    fim = load_format(family)
    plain, rich = prompt(fim, Anchor("P", "S")), prompt(fim, Anchor("P", "S", (SNIPPET,)))
    assert rich[: len(plain) - 1] == plain[:-1]


@pytest.mark.parametrize("family", FORMATS)
def test_only_the_markers_are_control_so_that_a_file_cannot_spell_one(family: str) -> None:
    fim = load_format(family)
    hostile = fim.middle or fim.prefix
    anchor = Anchor(hostile, hostile, (Snippet(hostile, 0, 1, hostile, "similar"),))
    pieces = prompt(fim, anchor)
    markers = {fim.prefix, fim.suffix, fim.middle}
    assert {piece.text for piece in pieces if piece.control} <= markers
    expected = 2 + bool(fim.middle)
    assert sum(piece.control for piece in pieces) == expected


def test_secrets_around_the_cursor_are_made_unreadable() -> None:
    secret = 'password = "hunter2correct"\n'
    text = spelled(prompt(load_format("qwen2.5-coder"), Anchor(secret, "\n" + secret)))
    assert "hunter2correct" not in text


def test_a_secret_that_the_cursor_splits_is_seen_in_the_whole() -> None:
    qwen = load_format("qwen2.5-coder")
    text = spelled(prompt(qwen, Anchor('a = 1\npassword = "hunter2', 'correct"\nb = 2\n')))
    assert "hunter2" not in text
    assert "correct" not in text
    assert "a = 1\n" in text
    assert "\nb = 2\n" in text


def test_a_private_key_that_the_cursor_is_in_is_made_unreadable_after_it_too() -> None:
    body = "\n".join(["MIIEpAIBAAKCAQEA" + "abcdefghijklmnop" * 3] * 4)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"
    middle = len(key) // 2
    text = spelled(prompt(load_format("qwen2.5-coder"), Anchor(key[:middle], key[middle:])))
    assert "abcdefghijklmnop" not in text


def test_a_private_key_whose_first_line_is_above_the_window_is_made_unreadable_too() -> None:
    body = "".join(
        f"MIIEpAIBAAKCAQEA{number:04}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ\n" for number in range(20)
    )
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\n"
    assert "MIIEpAIBAAKCAQEA" not in spelled(prompt(load_format("qwen2.5-coder"), Anchor(key, ""), prefix_limit=300))


# Anchors


@given(CODE, CODE, CODE)
def test_an_anchor_knows_what_was_typed_since(before: str, typed: str, after: str) -> None:
    assert Anchor(before, after).typed(before + typed + after, len(before + typed)) == typed


@given(CODE, st.data())
def test_a_new_anchor_continues_its_own_text(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    anchor = set_anchor(text, offset)
    typed = anchor.typed(text, offset)
    assert typed is not None
    assert anchor.before + typed + anchor.after == text
    assert "\n" not in typed
    assert not typed.startswith((" ", "\t"))


@pytest.mark.parametrize("indentation", ["", "    ", "\t\t"])
def test_an_anchor_stands_behind_the_indentation(indentation: str) -> None:
    anchor = set_anchor(f"def f():\n{indentation}return x\n", len(f"def f():\n{indentation}return"))
    assert anchor.before == f"def f():\n{indentation}"
    assert anchor.after == " x\n"


def test_in_a_very_long_line_only_the_end_counts_as_typed_and_typing_goes_on_from_there() -> None:
    text = "x" * 1_000_000
    anchor = set_anchor(text, 500_000)
    typed = anchor.typed(text, 500_000)
    assert typed is not None
    assert 0 < len(typed) < LONGEST_TYPED
    grown = text[:500_000] + "y" * 100 + text[500_000:]
    assert anchor.typed(grown, 500_100) == typed + "y" * 100


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("aXb\nrest", 2, id="the text before changed"),
        pytest.param("ab\nREST", 2, id="the text after changed"),
        pytest.param("ab\nrest", 0, id="the cursor is before the anchor"),
        pytest.param("ab\nrest", 5, id="the cursor is in the text after"),
        pytest.param("ab word\nrest", 2, id="words stand behind the cursor"),
        pytest.param("ab)))))\nrest", 2, id="more brackets than an editor closes"),
        pytest.param("ab)" + " " * 300 + "\nrest", 2, id="far from the text after"),
        pytest.param("a\nrest"[:4], 1, id="the text after was cut"),
    ],
)
def test_another_place_or_another_text_needs_a_new_anchor(text: str, offset: int) -> None:
    assert Anchor("a", "\nrest").typed(text, offset) is None


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("f(|)\nrest", "("),
        ("f([|])\nrest", "(["),
        ('f("|")\nrest', '("'),
        ("f(`${|}`);\nrest", "(`${"),
        ("f {\n    |\n}\nrest", " {\n    "),
        ("f(() => {\r\n\t|\r\n});\nrest", "(() => {\r\n\t"),
    ],
)
def test_what_the_editor_closed_behind_the_cursor_is_no_change(text: str, typed: str) -> None:
    before, _, after = text.partition("|")
    assert Anchor("f", "\nrest").typed(before + after, len(before)) == typed


def test_much_typed_text_counts_as_another_place() -> None:
    text = "x" * (LONGEST_TYPED + 1)
    assert Anchor("", "").typed(text, LONGEST_TYPED + 1) is None
    assert Anchor("", "").typed(text, LONGEST_TYPED + 1, limit=LONGEST_TYPED + 1) == text
    assert Anchor("", "x").typed(text, LONGEST_TYPED) == text[1:]


# Windows


@given(st.text(alphabet="ab\n", max_size=400), st.integers(0, 100))
def test_a_prefix_window_is_the_end_of_the_text_and_well_used(before: str, limit: int) -> None:
    window = prefix_window(before, limit)
    assert before.endswith(window)
    assert min(len(before), limit * 0.75) <= len(window) <= limit


@given(st.text(alphabet="ab\n", max_size=400), st.integers(0, 100))
def test_a_suffix_window_is_the_beginning_of_the_text_and_well_used(after: str, limit: int) -> None:
    window = suffix_window(after, limit)
    assert after.startswith(window)
    assert min(len(after), limit * 0.75) <= len(window) <= limit


def test_windows_hold_whole_lines() -> None:
    assert prefix_window(SOURCE, 2000).startswith("line_")
    assert suffix_window(SOURCE, 2000).endswith("\n")


def test_a_prefix_window_begins_at_the_same_line_while_the_cursor_moves_down() -> None:
    lines = SOURCE.splitlines(keepends=True)
    starts = {prefix_window("".join(lines[:end]), 2000).partition("\n")[0] for end in range(200, 216)}
    assert len(starts) == 2


def test_a_short_text_is_its_own_window() -> None:
    assert prefix_window("a\nb", 3) == "a\nb"
    assert suffix_window("a\nb", 3) == "a\nb"
    assert suffix_window("a\nb", 0) == ""
