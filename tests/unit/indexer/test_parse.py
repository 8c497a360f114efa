import mmap
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.syntax.imports import Import
from fimble_indexer.syntax.languages import language_named, languages
from fimble_indexer.syntax.parse import Definition, FileSymbols, error_count, parse
from language_samples import EXPORTED, LANGUAGES

ANY_TEXT_IS_CORRECT = {"html", "markdown"}


def symbols_of(language: str, source: str | bytes) -> FileSymbols:
    found = language_named(language)
    assert found is not None
    return parse(source.encode() if isinstance(source, str) else source, found)


def definition(symbols: FileSymbols, qualified_name: str) -> Definition:
    (found,) = [d for d in symbols.definitions if d.qualified_name == qualified_name]
    return found


def test_every_language_is_covered() -> None:
    assert set(LANGUAGES) == set(languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_symbols_of_a_language(language: str) -> None:
    source, definitions, references, imports = LANGUAGES[language]

    symbols = symbols_of(language, source)

    assert [f"{d.kind} {d.qualified_name}" for d in symbols.definitions] == definitions
    assert set(references) <= {r.name for r in symbols.references}
    assert {(i.module, i.name, i.alias) for i in symbols.imports} == set(imports)
    lines = source.splitlines()
    for found in symbols.definitions:
        assert found.name in "\n".join(lines[found.start_line : found.end_line])
    for reference in symbols.references:
        assert reference.name in lines[reference.line]


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name not in ANY_TEXT_IS_CORRECT])
def test_correct_code_has_no_errors_and_broken_code_has_some(language: str) -> None:
    source = LANGUAGES[language][0]
    found = language_named(language)
    assert found is not None

    assert error_count(source.encode(), found) == 0
    assert error_count(f"{source}\n)]}} (((".encode(), found) > 0


def test_missing_token_counts_as_an_error() -> None:
    found = language_named("javascript")
    assert found is not None

    assert error_count(b"function f() { g(1; }", found) > 0
    assert error_count(b"", found) == 0


def test_lines_are_zero_based_and_the_end_is_exclusive() -> None:
    symbols = symbols_of("python", "\n\n@decorated\ndef f(\n    a,\n):\n    return a\n\nx = 1\n")

    function = definition(symbols, "f")
    assert (function.start_line, function.end_line) == (2, 7)
    assert function.signature == "@decorated def f( a, )"


def test_signature_is_the_header_without_the_body() -> None:
    symbols = symbols_of("rust", "impl A {\n    pub fn f<T: Into<String>>(\n        x: T,\n    ) -> u8 {\n  1\n}\n}")

    assert definition(symbols, "A.f").signature == "pub fn f<T: Into<String>>( x: T, ) -> u8"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", 'def f():\n    """Adds numbers.\n\n    More.\n    """'),
        ("python", "# Adds numbers.\n@decorated\ndef f(): pass"),
        ("javascript", "/**\n * Adds numbers.\n * @returns {number}\n */\nexport function f() {}"),
        ("go", "// Adds numbers.\n// More.\nfunc f() {}"),
        ("rust", "/// Adds numbers.\n#[inline]\nfn f() {}"),
        ("c", "/* Adds numbers. */\nint f() { return 1; }"),
        ("lua", "--- Adds numbers.\nfunction f() end"),
        ("ruby", "# Adds numbers.\ndef f; end"),
    ],
)
def test_doc_is_the_first_line_of_the_documentation(language: str, source: str) -> None:
    assert definition(symbols_of(language, source), "f").doc == "Adds numbers."


@pytest.mark.parametrize("language", EXPORTED)
def test_what_other_files_can_use(language: str) -> None:
    source, exported, hidden = EXPORTED[language]

    symbols = symbols_of(language, source)

    assert {d.qualified_name for d in symbols.definitions if d.exported} == set(exported)
    assert {d.qualified_name for d in symbols.definitions if not d.exported} == set(hidden)


def test_a_script_exports_all_that_it_defines() -> None:
    source = "function a() {} const b = 1;"

    assert all(d.exported for d in symbols_of("javascript", source).definitions)
    assert not any(d.exported for d in symbols_of("javascript", f"{source} export const c = 1;").definitions[:2])


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("php", "<?php\nnamespace A\\B;\nclass X {}\nnamespace C;\nclass Y {}\n"),
        ("csharp", "namespace A.B;\nclass X {}\nnamespace C;\nclass Y {}\n"),
    ],
)
def test_namespace_without_a_body_encloses_what_follows(language: str, source: str) -> None:
    classes = [d for d in symbols_of(language, source).definitions if d.kind == "class"]

    assert [d.qualified_name for d in classes] == ["A.B.X", "C.Y"]
    assert [d.parent for d in classes] == ["A.B", "C"]


@pytest.mark.parametrize(
    ("language", "source", "definitions"),
    [
        ("python", "a, b = 1, 2\nclass A:\n    c, d = 3, 4\n", ["a", "b", "A", "A.c", "A.d"]),
        ("python", "if x:\n    a = 1\nelif y:\n    b = 2\nelse:\n    c = 3\n", ["a", "b", "c"]),
        ("python", "try:\n    import q\nexcept E:\n    q = None\n    def f():\n        local = 1\n", ["q", "f"]),
        ("typescript", "enum E { A, B = 2 }", ["E", "E.A", "E.B"]),
        ("typescript", "class A { f(): void; f(a?: B) {} [Symbol.iterator]() {} }", ["A", "A.f", "A.f"]),
        (
            "typescript",
            "class A { constructor(private b = 1, readonly c?: D, e = 2) {} }",
            ["A", "A.constructor", "A.b"],
        ),
        ("java", "@interface A { int b() default 1; }\nrecord C(int d) { C {} }", ["A", "A.b", "C", "C.C"]),
        ("rust", "trait A { type B; }\nimpl A for [u8] { fn f() {} }", ["A", "A.B", "[u8].f"]),
        ("c", "typedef struct a { int b[2]; int (*c)(int); char **d; } e;", ["a", "a.b", "a.c", "a.d", "e"]),
        ("c", "typedef struct a *b;\ntypedef enum { C } d;\ntypedef int e[3];", ["b", "d", "d.C", "e"]),
        ("c", "int a[2] = {1};\nextern char *b;\nvoid f(void) { int c = 1; g d(e); }", ["a", "b", "f"]),
        (
            "cpp",
            "struct A { operator bool() const; A &operator=(const A &) = delete; int &b; };",
            ["A", "A.operator bool", "A.operator=", "A.b"],
        ),
        (
            "cpp",
            "A::operator int() const { return 1; }\nint B::operator()(int x) { return x; }",
            ["A.operator int", "B.operator()"],
        ),
        (
            "cpp",
            "struct A { template <class T> T *f(); };\ntemplate <class T> T &g(T x) { return x; }",
            ["A", "A.f", "g"],
        ),
        ("cpp", "void f() { Thing a(b, c); auto d = 1; }\nint e(int);", ["f", "e"]),
        ("cpp", "class MY_API A {\n  MY_API virtual int f();\n  MY_API ~A();\n};", ["A", "A.f", "A.~A"]),
        (
            "cpp",
            "class A { void f() MY_EXCLUDES(lock) { } };\n#define MY_API static inline g()",
            ["A", "A.f", "MY_API"],
        ),
    ],
)
def test_definitions_that_are_easily_missed(language: str, source: str, definitions: list[str]) -> None:
    assert [d.qualified_name for d in symbols_of(language, source).definitions] == definitions


def test_header_of_cpp_is_not_taken_for_c() -> None:
    header = "#include <vector>\nclass A {\npublic:\n  void f();\n};\n"

    assert [d.qualified_name for d in symbols_of("c", header).definitions] == ["A", "A.f"]
    assert error_count(header.encode(), languages()["c"]) == 0


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("json", "{" + ",".join(f'"k{n}": {{"a": 1, "b{n}": 2}}' for n in range(400)) + "}"),
        ("yaml", "".join(f"k{n}:\n  a: 1\n  b{n}: 2\n" for n in range(400))),
        ("toml", "".join(f"[k{n}]\na = 1\nb{n} = 2\n" for n in range(400))),
    ],
)
def test_data_file_does_not_flood_the_index(language: str, source: str) -> None:
    definitions = symbols_of(language, source).definitions

    assert len(definitions) == 500
    assert [d.name for d in definitions if d.parent is None] == [f"k{n}" for n in range(400)]


def test_sections_of_a_text_are_whole() -> None:
    symbols = symbols_of("markdown", "# One\n\na\n\n## Two\n\nb\n\n# Three\n\nc\n")

    assert [(d.name, d.start_line, d.end_line) for d in symbols.definitions] == [
        ("One", 0, 8),
        ("Two", 4, 8),
        ("Three", 8, 11),
    ]


def test_names_that_one_declaration_defines_are_equals() -> None:
    symbols = symbols_of("java", "class A { int x, y; }")

    assert [d.qualified_name for d in symbols.definitions] == ["A", "A.x", "A.y"]


def test_broken_code_keeps_what_can_be_understood() -> None:
    symbols = symbols_of("python", "import os\ndef whole(a): pass\n\nclass A:\n    def broken(self, (\n")

    assert "whole" in {d.name for d in symbols.definitions}
    assert symbols.imports == (Import("os", None, None, 0),)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", [b"(", b"{", b"a.", b"f(){", b"class A{", b"\xff", b"\0", b"if x:\n "])
def test_deep_nesting_is_survived(language: str, unit: bytes) -> None:
    symbols_of(language, unit * 3000)


def test_huge_line_is_survived() -> None:
    assert symbols_of("javascript", "x = [" + "1," * 300_000 + "]; function f() {}").definitions


@pytest.mark.parametrize(
    ("language", "unit"), [("lua", b"\xff"), ("bash", b"\0"), ("python", b"("), ("go", b"{"), ("ruby", b"a.")]
)
def test_what_takes_too_long_is_given_up(language: str, unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fimble_indexer.syntax.parse._MAX_SECONDS", 0.2)
    started = time.monotonic()

    symbols_of(language, unit * 400_000)

    assert time.monotonic() - started < 5


@pytest.mark.parametrize("unit", [b"- ", b"? ", b": ", b"- ? - ", b"&a - ", b"---\n", b"--- - ", b"a:\n- "])
def test_yaml_that_its_lexer_cannot_bear_is_left_alone(unit: bytes) -> None:
    started = time.monotonic()

    symbols_of("yaml", unit * 50_000)

    assert time.monotonic() - started < 5


def test_deep_yaml_is_left_alone() -> None:
    deep = "\n".join(f"{' ' * depth}a:" for depth in range(400))

    assert symbols_of("yaml", deep) == FileSymbols()
    assert symbols_of("yaml", deep[:2000]).definitions


def test_long_and_deep_names_stay_small() -> None:
    symbols = symbols_of("python", "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(300)))

    assert max(len(d.qualified_name) for d in symbols.definitions) < 1000


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_parse_never_raises(language: str, data: st.DataObject) -> None:
    source = LANGUAGES[language][0].encode()
    # Whole code with a piece of it overwritten by anything is harder to survive than noise alone.
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    damaged = source[:start] + data.draw(st.binary(max_size=40)) + source[end:]
    found = language_named(language)
    assert found is not None

    symbols = parse(damaged, found)

    assert error_count(damaged, found) >= 0
    total = damaged.count(b"\n") + 1
    for d in symbols.definitions:
        assert 0 <= d.start_line < d.end_line <= total


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from Linux's /proc")
def test_counting_errors_again_and_again_keeps_no_memory() -> None:
    language = language_named("python")
    assert language is not None
    source = "".join(f"def function_{number}(first, second): ...\n" for number in range(1000)).encode()
    error_count(source, language)
    before = _resident_bytes()
    for number in range(200):
        error_count(source + b"x = %d(" % number, language)
    assert _resident_bytes() - before < 20 * len(source)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
