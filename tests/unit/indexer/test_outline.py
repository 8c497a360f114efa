import pytest

from fimble_indexer.syntax.languages import languages
from fimble_indexer.syntax.outline import Item, Outline, outline
from fimble_indexer.syntax.parse import parse
from language_samples import LANGUAGES


def outline_of(language: str, source: str) -> Outline:
    found = outline(source.encode(), languages()[language])
    assert found is not None
    return found


def shape(items: tuple[Item, ...]) -> list[object]:
    return [(item.qualified_name, shape(item.members)) if item.members else item.qualified_name for item in items]


@pytest.mark.parametrize("name", sorted(LANGUAGES))
def test_the_outline_of_every_language_is_within_its_source_and_what_parse_finds(name: str) -> None:
    source = LANGUAGES[name][0].encode()
    found = outline(source, languages()[name])
    assert found is not None
    known = {definition.qualified_name for definition in parse(source, languages()[name]).definitions}
    for item in found.all_items:
        assert 0 <= item.lead <= item.span.start < item.span.end <= len(source)
        assert item.name.split()[-1].encode() in source[item.span.start : item.span.end]
        assert item.body is None or item.span.holds(item.body)
        assert all(item.span.holds(member.span) for member in item.members)
        assert item.kind.startswith("scope") or item.qualified_name in known


@pytest.mark.parametrize(
    ("language", "source", "shaped"),
    [
        (
            "python",
            "class A:\n    b = 1\n    def f(self):\n        def g(): pass\n\nc = 2\n",
            [("A", ["A.b", "A.f"]), "c"],
        ),
        ("typescript", "describe('a', () => { const f = () => 1; });\nexport const g = () => 2;\n", ["g"]),
        ("rust", "struct A { b: u8 }\nimpl A { fn f(&self) {} }\n", [("A", ["A.b"]), ("A", ["A.f"])]),
        ("go", "package a\n\nfunc (s *S) F() {}\n\ntype S struct{ b int }\n", ["S.F", ("S", ["S.b"])]),
        (
            "java",
            "package a;\nclass A { int b; class C { int f() { return 1; } } }\n",
            [("A", ["A.b", ("A.C", ["A.C.f"])])],
        ),
        (
            "cpp",
            "namespace n {\nclass A { int f(); };\nint A::f() { return 1; }\n}\n",
            [("n", [("n.A", ["n.A.f"]), "n.A.f"])],
        ),
        ("csharp", "namespace A.B;\nclass C { int F() { return 1; } }\n", [("A.B.C", ["A.B.C.F"])]),
    ],
)
def test_what_stands_at_the_top_and_in_containers(language: str, source: str, shaped: list[object]) -> None:
    assert shape(outline_of(language, source).items) == shaped


@pytest.mark.parametrize(
    ("language", "source", "comments", "annotations"),
    [
        ("python", "# a\n# b\n@c\n@d(1)\ndef f(): pass\n", ["# a", "# b"], ["@c", "@d(1)"]),
        ("python", "# a\n\ndef f(): pass\n", [], []),
        ("typescript", "class A {\n  /** a */\n  @b() @c\n  f() {}\n}\n", ["/** a */"], ["@b()", "@c"]),
        ("java", "class A {\n  // a\n  @B @C(1)\n  public void f() {}\n}\n", ["// a"], ["@B", "@C(1)"]),
        ("rust", "/// a\n#[b]\npub fn f() {}\n", ["/// a"], ["#[b]"]),
        ("csharp", "class A\n{\n    // a\n    [B]\n    void f() { }\n}\n", ["// a"], ["[B]"]),
        ("go", "package a\n\n// a\nfunc f() {}\n", ["// a"], []),
    ],
)
def test_what_stands_above_a_definition(
    language: str, source: str, comments: list[str], annotations: list[str]
) -> None:
    (item,) = [item for item in outline_of(language, source).all_items if item.name == "f"]

    assert [source[span.start : span.end] for span in item.comments] == comments
    assert [source[span.start : span.end] for span in item.annotations] == annotations
    assert not source[item.span.start :].startswith(("@", "#", "["))


def test_imports_comments_and_other_statements() -> None:
    source = "# a\nimport b, c\nfrom d import e as f\n\ng()\nx = 1\n"
    found = outline_of("python", source)

    assert [source[one.span.start : one.span.end] for one in found.imports] == ["import b, c", "from d import e as f"]
    assert [[source[:end] for end in one.name_ends] for one in found.imports][1] == [
        "# a\nimport b, c\nfrom d import e as f"
    ]
    assert [source[span.start : span.end] for span in found.comments] == ["# a"]
    assert [source[span.start : span.end] for span in found.others] == ["g()"]


@pytest.mark.parametrize(
    ("language", "source", "imports"),
    [
        ("python", "import a\n\n\ndef f():\n    import b\n\n\nclass C:\n    from d import e\n", ["import a"]),
        (
            "python",
            "try:\n    import a\nexcept ImportError:\n    a = None\n",
            ["try:\n    import a\nexcept ImportError:"],
        ),
        ("javascript", 'const a = require("a");\nconst f = () => { const b = require("b"); };\n', ["const a"]),
        ("javascript", 'describe("x", function () { const b = require("b"); });\n', []),
        ("rust", "use a::b;\nmod tests {\n    use super::*;\n}\nfn f() { use c::d; }\n", ["use a::b;"]),
        ("csharp", "namespace N {\n    using System;\n    class A { }\n}\n", ["namespace N"]),
        ("lua", 'local a = require("a")\nfunction f()\n  local b = require("b")\nend\n', ["local a"]),
    ],
)
def test_what_a_function_imports_for_itself_is_no_import_of_the_file(
    language: str, source: str, imports: list[str]
) -> None:
    found = outline_of(language, source).imports

    assert len(found) == len(imports)
    assert all(source[one.span.start :].startswith(start) for one, start in zip(found, imports, strict=True))


def test_strings_of_several_lines_but_no_documentation() -> None:
    source = 'def f():\n    """a\n    b"""\n    return """\n"""\n'
    found = outline_of("python", source)

    assert [source[span.start : span.end] for span in found.strings()] == ['"""\n"""']
    assert found.is_text(source.index("b"), source.index("b"))
    assert not found.is_text(source.index("return"), source.index("return"))


def test_what_is_too_large_has_none() -> None:
    assert outline(b"a = 1\n" * 1_000_000, languages()["python"]) is None
