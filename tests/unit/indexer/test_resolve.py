import pytest

from fimble_indexer.modules.resolve import ModulePath, module_parts


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a/b.py", ("a", "b")),
        ("a/__init__.py", ("a",)),
        ("web/index.ts", ("web",)),
        ("web/x.d.ts", ("web", "x")),
        ("web/x.service.ts", ("web", "x.service")),
        ("src/mod.rs", ("src",)),
        ("__init__.py", ()),
    ],
)
def test_path_becomes_a_module(path: str, parts: tuple[str, ...]) -> None:
    assert module_parts(path) == parts


@pytest.mark.parametrize(
    ("module", "importer", "path", "agreement"),
    [
        ("a.b", "x.py", "a/b.py", 3),
        ("a.b", "x.py", "src/a/b/__init__.py", 3),
        ("a.b", "x.py", "a/b/c.py", 2),
        ("a.b", "x.py", "a/b/c/d.py", 1),
        ("a.b", "x.py", "a/c.py", 0),
        ("pkg.c", "x.py", "pkg/c.py", 3),
        ("typing", "x.py", "src/typing.py", 3),
        ("typing", "x.py", "deep/down/here/typing.py", 0),
        (".b", "a/x.py", "a/b.py", 3),
        (".b", "a/x.py", "c/a/b.py", 0),
        ("..b", "a/d/x.py", "a/b.py", 3),
        (".....b", "a/x.py", "b.py", 3),
        (".", "a/x.py", "a/b.py", 2),
        ("owner.project.a", "x.py", "project/a.py", 3),
        ("./b", "a/x.ts", "a/b.ts", 3),
        ("./b.js", "a/x.ts", "a/b.ts", 3),
        ("./b", "a/x.ts", "a/b/index.tsx", 3),
        ("../b.service", "a/c/x.ts", "a/b.service.ts", 3),
        ("@/lib/b", "a/x.ts", "src/lib/b.ts", 3),
        ("github.com/me/project/pkg/store", "main.go", "pkg/store/open.go", 2),
        ("list.h", "src/x.c", "very/deep/include/list.h", 3),
        ("util/list.h", "src/x.c", "include/util/list.h", 3),
        ("crate::a::b", "src/x.rs", "src/a/b.rs", 3),
        ("com.shop", "src/x.java", "src/main/java/com/shop/Order.java", 2),
        ("", "x.py", "a.py", 0),
    ],
)
def test_agreement_of_module_and_file(module: str, importer: str, path: str, agreement: int) -> None:
    assert ModulePath.of(module, importer).agreement(path) == agreement
