"""Files are written whole, below the workspace, and only if they are what the edit was made for."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fimble_server.edits.changes import FileEdit
from fimble_server.edits.files import EditError, read_source, write_edit


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@given(st.binary(max_size=60).filter(lambda data: b"\0" not in data))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_come_back_as_they_were(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(data)
    text = read_source(file)
    write_edit(tmp_path, FileEdit("a.py", text, f"{text}# end\n"))
    assert file.read_bytes() == data + b"# end\n"


def test_permissions_stay(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_text("true\n")
    file.chmod(0o755)
    write_edit(tmp_path, FileEdit("run.sh", "true\n", "false\n"))
    assert file.stat().st_mode & 0o777 == 0o755


def test_a_file_is_created_in_a_new_folder_and_removed(tmp_path: Path) -> None:
    write_edit(tmp_path, FileEdit("tests/test_a.py", None, "new\n"))
    assert (tmp_path / "tests" / "test_a.py").read_text() == "new\n"
    write_edit(tmp_path, FileEdit("tests/test_a.py", "new\n", None))
    assert names(tmp_path / "tests") == []


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(FileEdit("a.py", "old\n", "new\n"), id="changed meanwhile"),
        pytest.param(FileEdit("a.py", None, "new\n"), id="created meanwhile"),
        pytest.param(FileEdit("b.py", "old\n", "new\n"), id="removed meanwhile"),
        pytest.param(FileEdit("../outside.py", None, "new\n"), id="above the folder"),
        pytest.param(FileEdit("/tmp/outside.py", None, "new\n"), id="an absolute path"),
        pytest.param(FileEdit("link/outside.py", None, "new\n"), id="through a link"),
    ],
)
def test_nothing_is_written(tmp_path: Path, edit: FileEdit) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("other\n")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(EditError):
        write_edit(root, edit)
    assert (root / "a.py").read_text() == "other\n"
    assert names(root) == ["a.py", "link"]
    assert names(tmp_path) == ["root"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("old\n")

    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(EditError, match="No space left"):
        write_edit(tmp_path, FileEdit("a.py", "old\n", "new\n"))
    assert names(tmp_path) == ["a.py"]
    assert (tmp_path / "a.py").read_text() == "old\n"


@pytest.mark.parametrize("name", ["missing.py", ".env", "notes.txt", "data.bin", "folder"])
def test_what_cannot_be_edited_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text("TOKEN=1\n")
    (tmp_path / "notes.txt").symlink_to(".env")
    (tmp_path / "data.bin").write_bytes(b"\0\1")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EditError, match=name):
        read_source(tmp_path / name)
