import zipfile
from pathlib import Path

import pytest

from fimble_server.models import wheels
from fimble_server.models.download import SourceError
from model_source import write_wheels


def test_pip_tells_where_a_wheel_is_and_its_hash(own_index: Path) -> None:
    write_wheels(own_index, b"data", 4)
    wheel = wheels.locate("tiny-part1==1.0")
    assert wheel.url == (own_index / "tiny_part1-1.0-py3-none-any.whl").as_uri()


def test_a_module_called_pip_in_the_working_folder_is_not_run(
    own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheels(own_index, b"data", 4)
    (tmp_path / "pip.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert wheels.locate("tiny-part1==1.0").url


def test_what_cannot_be_fetched_directly_is_left_to_pip(
    own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheels(own_index, b"data", 4)
    monkeypatch.setattr(wheels, "locate", lambda _requirement: wheels.Wheel("http://127.0.0.1:9/x.whl", None))
    path = wheels.fetch("tiny-part1==1.0", tmp_path / "part1.whl")
    wheels.append_member(path, "tiny_part1/data.bin", 4, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"data"


def test_a_wheel_with_another_hash_is_refused(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_wheels(own_index, b"data", 4)
    url = wheels.locate("tiny-part1==1.0").url
    monkeypatch.setattr(wheels, "locate", lambda _requirement: wheels.Wheel(url, "0" * 64))
    with pytest.raises(SourceError, match="another SHA-256"):
        wheels.fetch("tiny-part1==1.0", tmp_path / "part1.whl")


@pytest.mark.parametrize(("member", "size"), [("data.bin", 999), ("data.bin", 5), ("missing.bin", 1000)])
def test_members_of_another_size_or_name_are_refused(tmp_path: Path, member: str, size: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.bin", bytes(1000))
    with pytest.raises(SourceError):
        wheels.append_member(tmp_path / "x.whl", member, size, tmp_path / "target")


def test_a_damaged_wheel_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        archive.writestr("data.bin", bytes(1000))
    data = bytearray((tmp_path / "x.whl").read_bytes())
    data[500] = 1
    (tmp_path / "x.whl").write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        wheels.append_member(tmp_path / "x.whl", "data.bin", 1000, tmp_path / "target")
