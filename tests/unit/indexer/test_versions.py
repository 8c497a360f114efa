import subprocess
import sys
from pathlib import Path

import pytest

from fimble_indexer.storage.database import SCHEMA_VERSION
from fimble_indexer.storage.locks import watch_lock, write_lock
from fimble_indexer.storage.store import Store
from fimble_indexer.storage.versions import database_name, delete_older


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "index" / database_name("shop-1")
    Store.open(path).close()
    return path


def older(own: Path, workspace: str = "shop-1", version: int = SCHEMA_VERSION - 1) -> Path:
    """Make a database of another version, with the files that stand beside one."""
    path = own.with_name(f"{workspace}.v{version}.sqlite")
    Store.open(path).close()
    for suffix in ("-wal", "-shm", ".lock", ".watch", ".kept"):
        Path(f"{path}{suffix}").touch()
    return path


def files_of(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.glob(f"{path.name}*"))


def test_versions_have_databases_of_their_own() -> None:
    assert f"v{SCHEMA_VERSION}" in database_name("shop-1")


def test_all_older_versions_go_with_everything_beside_them(own: Path) -> None:
    paths = [older(own, version=version) for version in (1, SCHEMA_VERSION - 1)]

    assert delete_older(own) == paths
    assert [path.name for path in own.parent.iterdir()] == [own.name]


@pytest.mark.parametrize(
    ("workspace", "version"), [("shop-1", SCHEMA_VERSION + 1), ("shop-2", 1), ("shop", 1), ("my-shop-1", 1)]
)
def test_newer_versions_and_other_workspaces_stay(own: Path, workspace: str, version: int) -> None:
    path = older(own, workspace, version)

    assert delete_older(own) == []
    assert len(files_of(path)) == 6


@pytest.mark.parametrize("lock", [watch_lock, write_lock])
def test_what_another_process_uses_stays(own: Path, lock: object) -> None:
    path = older(own)
    code = (
        "import sys; from pathlib import Path; from fimble_indexer.storage.locks import *\n"
        f"with {lock.__name__}(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"  # type: ignore[attr-defined]
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert delete_older(own) == []
        assert path.exists()
        process.communicate()

    assert delete_older(own) == [path]


def test_what_cannot_be_deleted_is_passed_over(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = older(own, version=1), older(own, version=2)
    unlink = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path == first:
            raise PermissionError(13, "in use", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)

    assert delete_older(own) == [second]
    assert first.exists()


def test_a_file_of_another_name_has_no_versions(tmp_path: Path) -> None:
    older(tmp_path / "index.sqlite")

    assert delete_older(tmp_path / "index.sqlite") == []
