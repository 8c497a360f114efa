from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.syntax.chunks import chunk
from fimble_indexer.syntax.languages import language_named
from fimble_indexer.syntax.parse import parse


def function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    pass\n" * (lines - 1)


def cuts(source: str) -> list[int]:
    python = language_named("python")
    assert python is not None
    return [piece.start_line for piece in chunk(source, parse(source.encode(), python))]


def test_small_file_is_one_chunk() -> None:
    assert cuts(function("f", 5)) == [0]


def test_empty_file_has_no_chunks() -> None:
    assert chunk("", None) == []


def test_cuts_are_at_definitions() -> None:
    source = function("f", 30) + function("g", 40) + function("h", 20)

    assert cuts(source) == [0, 30, 70]


def test_small_definitions_share_a_chunk() -> None:
    source = "".join(function(f"f{number}", 4) for number in range(10))

    assert cuts(source) == [0, 12, 24]


def test_short_definitions_share_no_chunk_with_a_long_one() -> None:
    assert cuts(function("f", 30) + function("g", 6)) == [0, 30]
    assert cuts(function("f", 6) + function("g", 50)) == [0, 6]
    assert cuts(function("f", 30) + function("g", 6) + function("h", 30)) == [0, 30, 36]


def test_few_lines_are_no_chunk_of_their_own() -> None:
    assert cuts("import a\n\n" + function("f", 30) + "\n\nclass A: ...\n") == [0]


def test_header_stays_with_the_beginning_of_the_body() -> None:
    header = "def g(\n    a: int,\n    b: int,\n) -> None:\n"

    # Sixty lines would end within the header, and behind it the file ends too soon for a chunk of usual size.
    for lines in range(50, 60):
        assert lines in cuts(function("f", lines) + header + "    pass\n    pass\n    pass\n")
    assert 58 in cuts(function("f", 58) + function("g", 3))
    assert cuts(function("f", 40) + header + "\n" + "    pass\n" * 30) == [0, 40]


def test_comment_and_decorator_stay_with_their_definition() -> None:
    source = function("f", 30) + "\n# About g.\n@cached\n" + function("g", 30)

    assert cuts(source) == [0, 31]


def test_large_class_is_cut_at_its_methods() -> None:
    methods = "".join(f"    def m{number}(self):\n" + "        pass\n" * 19 + "        x = 1\n" for number in range(6))

    starts = cuts("class A:\n" + methods)

    assert starts == [0, 43, 85]  # two methods of 21 lines to a chunk, the first after the header


def test_text_is_cut_at_blank_lines() -> None:
    text = ("word\n" * 24 + "\n") * 4

    assert [piece.start_line for piece in chunk(text, None)] == [0, 50]


def test_only_line_feeds_end_lines() -> None:
    (piece,) = chunk("a\x0cb\u2028c\r\nd", None)

    assert (piece.start_line, piece.end_line) == (0, 2)


@given(
    st.lists(
        st.sampled_from(
            ["", "def f():", "    pass", "class A:", "    def g(self):", "        x = '''", "\t\r", "é\u2028"]
        ),
        max_size=300,
    )
)
def test_chunks_cover_the_file_exactly(lines: list[str]) -> None:
    python = language_named("python")
    assert python is not None
    source = "\n".join(lines)

    chunks = chunk(source, parse(source.encode(), python))

    assert "".join(piece.text for piece in chunks) == source
    assert all(before.end_line == after.start_line for before, after in pairwise(chunks))
    assert all(
        piece.text.count("\n") in {size - 1, size} for piece in chunks for size in [piece.end_line - piece.start_line]
    )
    assert all(piece.end_line - piece.start_line <= 60 for piece in chunks)


@given(st.lists(st.tuples(st.integers(1, 80), st.booleans()), min_size=1, max_size=8))
def test_no_cut_is_within_the_opening_of_a_definition(functions: list[tuple[int, bool]]) -> None:
    source, starts = "", []
    for number, (lines, is_spaced) in enumerate(functions):
        starts.append(source.count("\n"))
        source += f"def f{number}(\n    a,\n\n    b,\n):\n" + ("    x()\n\n" if is_spaced else "    x()\n") * lines

    for cut in cuts(source):
        assert not any(start < cut < start + 6 for start in starts)
