import json
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fimble_server.models import pull as pull_module
from fimble_server.models import storage, wheels
from fimble_server.models.catalogue import UnknownModelError, WheelParts, catalogue
from fimble_server.models.cli import models_app
from fimble_server.models.pull import PullError, WrongHashError, pull
from fimble_server.models.storage import InstalledModel
from fimble_server.models.writing import NoSpaceError, NotWritableError
from model_source import HUGGING_FACE, MODEL, FileServer, wheels_source, write_catalogue, write_wheels


def fetch(name: str = MODEL, notes: list[str] | None = None) -> InstalledModel:
    return pull(name, progress=lambda _done, _total: None, notify=(notes if notes is not None else []).append)


def files() -> set[str]:
    return {path.name for path in storage.model_directory(MODEL).rglob("*")}


def test_from_hugging_face(from_server: FileServer, content: bytes) -> None:
    model = fetch()
    assert storage.model_file(MODEL).read_bytes() == content
    assert model.origin == "Hugging Face someone/tiny@0000000"
    assert files() == {"tiny.gguf", "model.json"}


def test_tells_programs_how_far_it_is(from_server: FileServer, content: bytes) -> None:
    result = CliRunner().invoke(models_app, ["pull", MODEL, "--no-tune", "--progress"])
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert lines[-1] == {"done": len(content), "total": len(content)}
    assert [line["done"] for line in lines] == sorted({line["done"] for line in lines})


def test_what_is_here_is_not_fetched_again(from_server: FileServer) -> None:
    fetch()
    fetch()
    assert len(from_server.requests) == 1


def test_a_damaged_file_is_fetched_again(from_server: FileServer, content: bytes) -> None:
    fetch()
    storage.original_file(MODEL).write_bytes(b"half")
    with pytest.raises(storage.DamagedModelError, match="fimble models pull tiny"):
        storage.model_file(MODEL)
    fetch()
    assert storage.model_file(MODEL).read_bytes() == content


def test_an_interrupted_download_goes_on(from_server: FileServer, content: bytes) -> None:
    from_server.cut_after = [5000, 0, 0, 0, 0, 0]
    with pytest.raises(PullError):
        fetch()
    assert not storage.is_installed(MODEL)
    from_server.cut_after = []
    fetch()
    assert from_server.requests[-1] == "bytes=5000-"
    assert storage.model_file(MODEL).read_bytes() == content


def test_a_wrong_hash_is_an_error_and_leaves_nothing(from_server: FileServer, content: bytes) -> None:
    from_server.content = content[:-1] + b"?"
    with pytest.raises(WrongHashError, match="nothing was kept"):
        fetch()
    assert not any(name.startswith("tiny.gguf") for name in files())


def test_a_complete_partial_file_needs_no_source(from_server: FileServer, content: bytes) -> None:
    partial = storage.original_file(MODEL).with_name("tiny.gguf.partial")
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content)
    from_server.status = 500
    fetch()
    assert storage.model_file(MODEL).read_bytes() == content


def test_wheels_follow_where_hugging_face_fails(
    catalogue_file: Path, content: bytes, own_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_wheels(own_index, content, 50_000)
    write_catalogue(catalogue_file, content, HUGGING_FACE + wheels_source(parts, 50_000))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    notes: list[str] = []
    fetch(notes=notes)
    assert storage.model_file(MODEL).read_bytes() == content
    assert len(notes) == 1
    assert "cannot be reached" in notes[0]
    assert "trying the next source" in notes[0]


def test_wheels_go_on_where_another_source_stopped(catalogue_file: Path, content: bytes, own_index: Path) -> None:
    parts = write_wheels(own_index, content, 30_000)
    (own_index / "tiny_part1-1.0-py3-none-any.whl").unlink()  # so that reading the first part again would fail
    write_catalogue(catalogue_file, content, wheels_source(parts, 30_000))
    partial = storage.original_file(MODEL).with_name("tiny.gguf.partial")
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content[:40_000])
    fetch()
    assert storage.model_file(MODEL).read_bytes() == content


def test_a_wheel_is_fetched_over_http_and_taken_up_again(
    catalogue_file: Path, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FileServer
) -> None:
    write_wheels(tmp_path, content, len(content))
    wheel = tmp_path / "tiny_part1-1.0-py3-none-any.whl"
    server.content = wheel.read_bytes()
    server.cut_after = [100]
    write_catalogue(catalogue_file, content, wheels_source(1, len(content)))
    located = wheels.Wheel(f"{server.url}/{wheel.name}", storage.sha256_of(wheel))
    monkeypatch.setattr(wheels, "locate", lambda _requirement: located)
    fetch()
    assert storage.model_file(MODEL).read_bytes() == content
    assert server.requests == [None, "bytes=100-"]
    assert files() == {"tiny.gguf", "model.json"}


def test_a_missing_wheel_is_one_sentence(catalogue_file: Path, content: bytes, own_index: Path) -> None:
    write_catalogue(catalogue_file, content, wheels_source(2, 60_000))
    with pytest.raises(PullError, match=r"^tiny cannot be fetched: pip cannot get tiny-part1==1\.0: [^\n]+$"):
        fetch()


def test_a_full_disk_says_how_much_and_where(from_server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 10, 50_000))
    with pytest.raises(NoSpaceError, match=r"models/tiny is too full: 0 MB are needed and 0 MB are free; make room"):
        fetch()


def test_a_disk_that_fills_up_meanwhile(from_server: FileServer, content: bytes) -> None:
    partial = storage.original_file(MODEL).with_name("tiny.gguf.partial")
    partial.parent.mkdir(parents=True)
    partial.symlink_to("/dev/full")
    with pytest.raises(NoSpaceError, match="too full"):
        fetch()
    assert not storage.is_installed(MODEL)
    partial.unlink()
    fetch()
    assert storage.model_file(MODEL).read_bytes() == content


@pytest.mark.parametrize("home", ["/proc/fimble", "/dev/null/fimble"])
def test_a_folder_that_cannot_be_written(from_server: FileServer, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIMBLE_HOME", home)
    with pytest.raises(NotWritableError, match=r"cannot be written .* set FIMBLE_HOME"):
        fetch()


def test_unknown_names_list_the_known_ones(from_server: FileServer) -> None:
    with pytest.raises(UnknownModelError, match="choose one of tiny"):
        fetch("other")


def test_the_catalogue_that_ships_is_consistent() -> None:
    models = catalogue().models
    assert catalogue().default in {model.name for model in models}
    assert len({model.sha256 for model in models}) == len({model.name for model in models}) == len(models)
    for model in models:
        for source in model.sources:
            if isinstance(source, WheelParts):
                assert 0 < model.size - (source.parts - 1) * source.part_size <= source.part_size


def test_no_registry_is_named_in_the_files() -> None:
    folder = Path(pull_module.__file__).parent
    found = subprocess.run(
        ["grep", "-rlE", "pypi[.]org|pythonhosted", "--include=*.py", "--include=*.toml", folder], check=False
    )
    assert found.returncode == 1
