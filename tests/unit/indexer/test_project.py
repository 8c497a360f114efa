import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.modules.configuration import aliases_of
from fimble_indexer.retrieval.project import Project
from fimble_indexer.retrieval.project_files import ListedFiles, StoredFiles
from fimble_indexer.storage.store import Store

FILES = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/cart.py": "",
    "src/shop/models/__init__.py": "",
    "src/shop/models/order.py": "",
    "tests/helpers.py": "",
    "tests/test_cart.py": "",
    "web/tsconfig.json": """{
        // where modules are
        "compilerOptions": {
            "baseUrl": "./src",
            "paths": {"@app/*": ["app/*"], "config": ["../config/main.ts"], /* none */},
        },
    }""",
    "web/src/app/cart.ts": "",
    "web/src/app/index.ts": "",
    "web/src/shared/url.ts": "",
    "web/src/shared/types.d.ts": "",
    "web/config/main.ts": "",
    "packages/ui/package.json": '{"name": "@shop/ui", "version": "1"}',
    "packages/ui/src/index.tsx": "",
    "packages/ui/src/button.tsx": "",
    "go.mod": "module github.com/me/shop\n\ngo 1.23\n",
    "main.go": "",
    "store/store.go": "",
    "store/store_test.go": "",
    "tools/go.mod": "module example.com/tools\n",
    "tools/lint/rules.go": "",
    "crates/engine/Cargo.toml": "[package]\nname = 'shop-engine'\n",
    "crates/engine/src/lib.rs": "",
    "crates/engine/src/parts/mod.rs": "",
    "crates/engine/src/parts/wheel.rs": "",
    "crates/cli/Cargo.toml": "[package]\nname = 'cli'\n",
    "crates/cli/src/main.rs": "",
    "crates/cli/src/options.rs": "",
    "java/src/main/java/com/shop/Order.java": "",
    "java/src/main/java/com/shop/web/Page.java": "",
    "java/src/main/java/org/shop/Order.java": "",
    "c/src/list.c": "",
    "c/include/util/list.h": "",
    "c/src/own.h": "",
}


def project_of(files: Mapping[str, str]) -> Project:
    return Project(ListedFiles(files, [alias for path, text in files.items() for alias in aliases_of(path, text)]))


@pytest.fixture(params=["listed", "stored"])
def project(request: pytest.FixtureRequest, indexed: Callable[[Mapping[str, str]], Store]) -> Project:
    return project_of(FILES) if request.param == "listed" else Project(StoredFiles(indexed(FILES)))


@pytest.mark.parametrize(
    ("importer", "module", "name", "expected"),
    [
        ("src/shop/cart.py", ".models", "order", "src/shop/models/order.py"),
        ("src/shop/models/order.py", "..cart", "Cart", "src/shop/cart.py"),
        ("src/shop/models/order.py", ".", "Order", "src/shop/models/__init__.py"),
        ("tests/test_cart.py", "shop.cart", "Cart", "src/shop/cart.py"),
        ("tests/test_cart.py", "shop", "cart", "src/shop/cart.py"),
        ("tests/test_cart.py", "shop", None, "src/shop/__init__.py"),
        ("tests/test_cart.py", "helpers", None, "tests/helpers.py"),
        ("tests/test_cart.py", "typing", "Any", None),
        ("web/src/app/index.ts", "./cart", "Cart", "web/src/app/cart.ts"),
        ("web/src/app/index.ts", "./cart.js", "Cart", "web/src/app/cart.ts"),
        ("web/src/shared/url.ts", "../app", None, "web/src/app/index.ts"),
        ("web/src/shared/url.ts", "@app/cart", None, "web/src/app/cart.ts"),
        ("web/src/shared/url.ts", "config", None, "web/config/main.ts"),
        ("web/src/app/cart.ts", "shared/types", "T", "web/src/shared/types.d.ts"),
        ("web/src/app/cart.ts", "@shop/ui", "Button", "packages/ui/src/index.tsx"),
        ("web/src/app/cart.ts", "@shop/ui/button", None, "packages/ui/src/button.tsx"),
        ("web/src/app/cart.ts", "react", None, None),
        ("packages/ui/src/index.tsx", "@app/cart", None, None),
        ("main.go", "github.com/me/shop/store", None, "store/store.go"),
        ("main.go", "github.com/me/shop", None, "main.go"),
        ("main.go", "github.com/other/store", None, None),
        ("main.go", "fmt", None, None),
        ("tools/lint/rules.go", "example.com/tools/lint", None, "tools/lint/rules.go"),
        ("crates/cli/src/main.rs", "options", None, "crates/cli/src/options.rs"),
        ("crates/cli/src/options.rs", "crate::options", "Options", "crates/cli/src/options.rs"),
        ("crates/cli/src/main.rs", "shop_engine::parts::wheel", "Wheel", "crates/engine/src/parts/wheel.rs"),
        ("crates/cli/src/main.rs", "shop_engine", "Engine", "crates/engine/src/lib.rs"),
        ("crates/engine/src/parts/wheel.rs", "super", "Part", "crates/engine/src/parts/mod.rs"),
        ("crates/engine/src/parts/wheel.rs", "crate::parts", "Part", "crates/engine/src/parts/mod.rs"),
        ("crates/engine/src/lib.rs", "parts", None, "crates/engine/src/parts/mod.rs"),
        ("crates/engine/src/lib.rs", "std::fmt", "Display", None),
        ("java/src/main/java/com/shop/web/Page.java", "com.shop", "Order", "java/src/main/java/com/shop/Order.java"),
        (
            "java/src/main/java/com/shop/web/Page.java",
            "org.shop.Order",
            "MAX",
            "java/src/main/java/org/shop/Order.java",
        ),
        ("java/src/main/java/com/shop/web/Page.java", "java.util", "List", None),
        ("c/src/list.c", "own.h", None, "c/src/own.h"),
        ("c/src/list.c", "util/list.h", None, "c/include/util/list.h"),
        ("c/src/list.c", "stdio.h", None, None),
        ("README.md", "x", None, None),
    ],
)
def test_file_that_an_import_means(
    project: Project, importer: str, module: str, name: str | None, expected: str | None
) -> None:
    assert project.resolve(importer, module, name) == (() if expected is None else (expected,))


@pytest.mark.parametrize(
    ("importer", "module", "expected"),
    [
        ("one/app/views.py", "lib.tools", ("one/lib/tools.py",)),
        ("two/app/views.py", "lib.tools", ("two/lib/tools.py",)),
        ("three/x.py", "lib.tools", ()),
        ("one/lib/tools.py", "http", ()),
        ("one/lib/deep/x.py", "http", ()),
    ],
)
def test_python_imports_from_folders_around_that_are_no_packages(
    importer: str, module: str, expected: tuple[str, ...]
) -> None:
    copy = {"app/views.py": "", "lib/__init__.py": "", "lib/tools.py": "", "lib/http.py": ""}
    files = {f"{top}/{path}": text for top in ("one", "two") for path, text in copy.items()}

    assert project_of(files).resolve(importer, module) == expected


def test_a_package_of_go_is_all_its_files_but_tests() -> None:
    files = {"go.mod": "module m\n", "main.go": "", "s/a.go": "", "s/b.go": "", "s/a_test.go": ""}

    assert project_of(files).resolve("main.go", "m/s") == ("s/a.go", "s/b.go")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tsconfig.json", "{"),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"a/*": 3, "b": null}}}'),
        ("tsconfig.json", '{"compilerOptions": {"paths": ["a"]}}'),
        ("package.json", "[" * 100_000),
        ("package.json", "[]"),
        ("Cargo.toml", "[workspace]\n"),
        ("Cargo.toml", "package = 3\n"),
        ("go.mod", "go 1.23\n"),
    ],
)
def test_broken_configuration_says_nothing(path: str, text: str) -> None:
    project = project_of({path: text, "a.ts": "", "b.ts": "", "a.go": ""})

    assert project.resolve("a.ts", "a/b") == ()
    assert project.resolve("a.ts", "./b") == ("b.ts",)


@given(
    st.sampled_from([path for path in FILES if "." in path]), st.text("./:@_ab*", max_size=12), st.none() | st.text()
)
def test_resolving_never_raises_and_answers_a_file(importer: str, module: str, name: str | None) -> None:
    assert FILES.keys() >= set(project_of(FILES).resolve(importer, module, name))


def test_thousands_a_second() -> None:
    paths = [f"package{n % 100}/module{n}.py" for n in range(20_000)]
    project = Project(ListedFiles(paths))
    started = time.process_time()

    for n in range(5000):
        assert project.resolve("main.py", f"package{n % 100}.module{n}", "thing") == (paths[n],)

    assert time.process_time() - started < 1
