import pytest

from fimble_indexer.retrieval.imported_files import imported_files
from fimble_indexer.retrieval.project_files import ListedFiles

PATHS = [
    "a/__init__.py",
    "a/b.py",
    "a/c/d.py",
    "go/store/close.go",
    "go/store/open.go",
    "include/list.h",
    "main.go",
    "src/lib/x.ts",
    "src/widgets/index.ts",
    "x.py",
]


@pytest.mark.parametrize(
    ("importer", "module", "name", "expected"),
    [
        ("x.py", "a.b", None, ["a/b.py"]),
        ("x.py", "a", "b", ["a/b.py"]),
        ("x.py", "a", "thing", ["a/__init__.py"]),
        ("x.py", "a", "*", ["a/__init__.py"]),
        ("a/b.py", ".c", "d", ["a/c/d.py"]),
        ("a/b.py", ".c.d", "thing", ["a/c/d.py"]),
        ("a/b.py", ".b", None, []),
        ("x.py", "os", None, []),
        ("x.py", "", None, []),
        ("main.go", "example.com/project/go/store", None, ["go/store/close.go", "go/store/open.go"]),
        ("src/widgets/index.ts", "../lib/x", "y", ["src/lib/x.ts"]),
        ("src/lib/x.ts", "@/widgets", "y", ["src/widgets/index.ts"]),
        ("main.c", "list.h", None, ["include/list.h"]),
    ],
)
def test_import_is_resolved(importer: str, module: str, name: str | None, expected: list[str]) -> None:
    assert list(imported_files(ListedFiles(PATHS), [(importer, module, name)])) == [
        (importer, path) for path in expected
    ]


def test_the_same_spelling_means_another_file_in_another_folder() -> None:
    paths = ["a/x.py", "a/y.py", "b/x.py", "b/y.py"]

    found = list(imported_files(ListedFiles(paths), [("a/x.py", ".y", None), ("b/x.py", ".y", None)]))

    assert found == [("a/x.py", "a/y.py"), ("b/x.py", "b/y.py")]


def test_the_file_below_the_same_first_folder_is_meant() -> None:
    paths = ["one/lib/x.py", "two/lib/x.py", "two/use/y.py", "z.py"]

    found = list(imported_files(ListedFiles(paths), [("two/use/y.py", "lib.x", None), ("z.py", "lib.x", None)]))

    assert found == [("two/use/y.py", "two/lib/x.py"), ("z.py", "one/lib/x.py"), ("z.py", "two/lib/x.py")]


def test_a_folder_of_very_many_files_is_no_statement_about_any() -> None:
    paths = [f"go/store/f{number}.go" for number in range(300)]

    assert list(imported_files(ListedFiles([*paths, "main.go"]), [("main.go", "example.com/go/store", None)])) == []
