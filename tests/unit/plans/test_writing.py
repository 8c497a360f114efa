"""Edits of several files: all of them are made, or none."""

import errno
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_server.edits.changes import FileEdit
from fimble_server.errors import FimbleError
from fimble_server.plans.writing import WriteError, write_edits

EDITS = [
    FileEdit("a.py", "a = 1\n", "a = 2\n"),
    FileEdit("new/deep/b.py", None, "b = 1\r\n"),
    FileEdit("gone.py", "old\n", None),
    FileEdit("c.py", "c = 1\n", "c = 'é\udce9'\n"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_bytes(b"a = 1\n")
    (tmp_path / "c.py").write_bytes(b"c = 1\n")
    (tmp_path / "gone.py").write_bytes(b"old\n")
    (tmp_path / "a.py").chmod(0o755)
    return tmp_path


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in root.rglob("*")
    }


def test_all_are_made(root: Path) -> None:
    write_edits(root, EDITS)

    assert (root / "a.py").read_bytes() == b"a = 2\n"
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
    assert (root / "new/deep/b.py").read_bytes() == b"b = 1\r\n"
    assert (root / "c.py").read_bytes() == b"c = '\xc3\xa9\xe9'\n"
    assert sorted(everything(root)) == ["a.py", "c.py", "new", "new/deep", "new/deep/b.py"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda root: (root / "c.py").write_bytes(b"c = 3\n"), "changed meanwhile"),
        (lambda root: (root / "gone.py").unlink(), "changed meanwhile"),
        (lambda root: (root / "new/deep").mkdir(parents=True) or (root / "new/deep/b.py").write_bytes(b""), "created"),
        (lambda root: (root / "new").symlink_to(root.parent), "leads out"),
        (lambda root: (root / "new").write_bytes(b""), "no folder"),
        (lambda root: (root / "c.py").unlink() or (root / "c.py").mkdir(), "changed meanwhile"),
    ],
)
def test_what_changed_meanwhile_refuses_all(root: Path, change: Callable[[Path], object], reason: str) -> None:
    change(root)
    before = everything(root)

    with pytest.raises(FimbleError, match=reason):
        write_edits(root, EDITS)
    assert everything(root) == before


@pytest.mark.parametrize("call", ["replace", "fsync", "mkdir"])
@pytest.mark.parametrize("number", range(7))
def test_a_disk_that_refuses_leaves_all_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """Whichever call of the system fails: the first, the second, ..."""
    before = everything(root)
    real = getattr(os, call)
    calls = []

    def failing(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if len(calls) == number + 1:
            raise OSError(errno.ENOSPC, "No space left on device", str(arguments[0]))
        return real(*arguments, **options)

    monkeypatch.setattr(os, call, failing)

    with nullcontext() if number >= calls_of(call) else pytest.raises(WriteError, match="No space left on device"):
        write_edits(root, EDITS)
    monkeypatch.undo()
    if number < calls_of(call):
        assert everything(root) == before
    else:
        assert not [name for name in everything(root) if name.startswith(".")]


def calls_of(call: str) -> int:
    """How often writing EDITS calls the system so."""
    return {"replace": 6, "fsync": 3, "mkdir": 2}[call]


def test_a_disk_without_links_will_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_edits(root, EDITS)
    assert (root / "new/deep/b.py").read_bytes() == b"b = 1\r\n"


def test_an_interruption_leaves_all_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(root)

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)

    with pytest.raises(KeyboardInterrupt):
        write_edits(root, EDITS)
    assert everything(root) == before


def test_two_edits_of_one_file_are_refused(root: Path) -> None:
    with pytest.raises(WriteError, match="same file"):
        write_edits(root, [EDITS[0], FileEdit("a.py", "a = 1\n", None)])
    assert (root / "a.py").read_bytes() == b"a = 1\n"


@settings(deadline=None)
@given(
    files=st.lists(
        st.tuples(st.sampled_from("abcd"), st.binary(max_size=20), st.booleans()), unique_by=lambda item: item[0]
    )
)
def test_applying_and_undoing_gives_the_same_bytes(
    files: list[tuple[str, bytes, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("undo")
    edits = []
    for name, data, is_there in files:
        text = data.replace(b"\0", b"").decode("utf-8", "surrogateescape")
        if is_there:
            (root / name).write_bytes(data.replace(b"\0", b""))
        edits.append(FileEdit(name, text if is_there else None, f"{text}!" if data or not is_there else None))
    before = everything(root)

    write_edits(root, edits)
    write_edits(root, [FileEdit(edit.path, edit.after, edit.before) for edit in edits])

    assert everything(root) == before
