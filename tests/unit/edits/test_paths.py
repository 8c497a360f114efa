import tomllib
from pathlib import Path
from typing import Any

import pytest

from fimble_server.edits.paths import PathError, check_path, is_obeyed

TABLE = tomllib.loads((Path(__file__).resolve().parent / "paths.toml").read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    for name in ("src", ".git"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "elsewhere" / "a").mkdir(parents=True)
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "app.py").write_text("x = 1\n", encoding="utf-8")
    (folder / ".env").write_text("KEY=1\n", encoding="utf-8")
    return folder


def made(root: Path, case: dict[str, Any]) -> str:
    for link, target in case.get("make", {}).items():
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(target)
    return str(case["path"])


@pytest.mark.parametrize("case", TABLE["refused"], ids=lambda case: repr(case["path"]))
def test_what_no_edit_may_name_is_refused(root: Path, case: dict[str, Any]) -> None:
    path = made(root, case)

    with pytest.raises(PathError) as refused:
        check_path(root, path)
    assert "\n" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("case", TABLE["allowed"], ids=lambda case: repr(case["path"]))
def test_plain_paths_of_the_workspace_are_allowed(root: Path, case: dict[str, Any]) -> None:
    path = made(root, case)

    assert check_path(root, path) == root.resolve() / path


def test_a_workspace_behind_a_link_is_one(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(root)

    assert check_path(tmp_path / "other", "app.py") == root.resolve() / "app.py"


@pytest.mark.parametrize("path", [".vscode/tasks.json", ".github/workflows/a.yml", "tests/conftest.py", "package.json"])
def test_files_that_tools_obey_are_told(path: str) -> None:
    assert is_obeyed(path)
    assert not is_obeyed(f"src/{path.replace('conftest', 'other').replace('package', 'data')}x")
