from pathlib import Path

import msgspec
import pytest

from fimble_server.models import machine, storage
from fimble_server.models.gguf import InvalidModelError
from fimble_server.models.importing import NotImportedError, import_file
from fimble_server.models.measurements import Kept, Speed, Tuning
from fimble_server.models.storage import DamagedModelError, InstalledModel, InvalidNameError, ModelNotInstalledError
from fimble_server.models.writing import NotWritableError
from model_source import FileServer, gguf


def take_in(file: Path, name: str | None = None) -> InstalledModel:
    return import_file(file, name, progress=lambda _done, _total: None, notify=lambda _line: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "My Model (v1).gguf"
    path.write_bytes(gguf())
    return path


def with_tuned_file(model: InstalledModel, processor: str) -> Path:
    tuned = storage.tuned_file(model.name, "Q4_0")
    tuned.write_bytes(b"tuned")
    tuning = Tuning(
        processor=processor,
        threads=2,
        original=Speed(prefill_64=1, prefill_256=1, token_ms=1, batch_of_4_ms=1),
        candidates=(),
        kept=Kept(layout="Q4_0", size=5, sha256=storage.sha256_of(tuned)),
    )
    storage.record(msgspec.structs.replace(model, tuning=tuning))
    return tuned


def test_a_missing_model_names_the_command() -> None:
    with pytest.raises(ModelNotInstalledError, match=r"fimble models pull qwen2\.5-coder-0\.5b$"):
        storage.model_file("qwen2.5-coder-0.5b")
    with pytest.raises(ModelNotInstalledError, match=r"fimble models import FILE --name mine$"):
        storage.model_file("mine")
    assert storage.installed() == []


@pytest.mark.parametrize("name", ["../escape", "", "A", "a/b", ".hidden", "x" * 200])
def test_names_that_are_no_plain_folder_names(name: str, file: Path) -> None:
    with pytest.raises((InvalidNameError, ModelNotInstalledError)):
        storage.remove(name)
    with pytest.raises(ModelNotInstalledError):
        storage.model_file(name)


def test_import_makes_a_name_and_finds_the_family(file: Path) -> None:
    model = take_in(file)
    assert (model.name, model.family, model.title) == ("my-model-v1", "qwen2.5-coder", "Tiny Qwen2.5 Coder")
    assert storage.model_file(model.name).read_bytes() == file.read_bytes()
    assert storage.installed() == [model]


def test_import_of_the_same_file_again_changes_nothing(file: Path) -> None:
    assert take_in(file, "mine") == take_in(file, "mine")


def test_import_knows_a_file_of_the_catalogue(from_server: FileServer, file: Path) -> None:
    assert take_in(file).name == "tiny"


def test_import_refuses_another_model_under_a_name_that_is_taken(from_server: FileServer, file: Path) -> None:
    take_in(file, "mine")
    file.write_bytes(gguf(bytes(64)))
    with pytest.raises(NotImportedError, match="fimble models remove mine"):
        take_in(file, "mine")
    with pytest.raises(NotImportedError, match="not the catalogue's tiny"):
        take_in(file, "tiny")


def test_import_refuses_what_is_no_model(tmp_path: Path, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InvalidModelError, match="truncated"):
        take_in(file)
    with pytest.raises(InvalidModelError, match="cannot be read: No such file"):
        take_in(tmp_path / "missing.gguf")
    with pytest.raises(InvalidModelError, match="cannot be read: Is a directory"):
        take_in(tmp_path)
    assert storage.installed() == []


def test_import_into_a_folder_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIMBLE_HOME", "/dev/null/fimble")
    with pytest.raises(NotWritableError):
        take_in(file)


def test_the_tuned_file_runs_on_the_processor_it_was_made_for(file: Path) -> None:
    model = take_in(file, "mine")
    tuned = with_tuned_file(model, machine.processor())
    assert storage.model_file("mine") == tuned
    tuned.write_bytes(b"half")
    assert storage.model_file("mine") == storage.original_file("mine")
    tuned.unlink()
    assert storage.model_file("mine") == storage.original_file("mine")


def test_the_tuned_file_of_another_processor_does_not_run(file: Path) -> None:
    with_tuned_file(take_in(file, "mine"), "another processor")
    assert storage.model_file("mine") == storage.original_file("mine")
    assert not storage.is_tuned("mine")


def test_verify_reads_every_file(file: Path) -> None:
    tuned = with_tuned_file(take_in(file, "mine"), machine.processor())
    assert storage.verify("mine") == [storage.original_file("mine"), tuned]
    tuned.write_bytes(b"TUNED")
    with pytest.raises(DamagedModelError, match="fimble models tune mine"):
        storage.verify("mine")
    storage.original_file("mine").write_bytes(bytes(102_656))
    with pytest.raises(DamagedModelError, match="fimble models pull mine"):
        storage.verify("mine")


def test_remove_leaves_nothing(file: Path) -> None:
    model = take_in(file, "mine")
    assert storage.remove("mine") > model.size
    assert storage.installed() == []
    assert not storage.model_directory("mine").exists()


def test_damaged_metadata_are_as_none(file: Path) -> None:
    take_in(file, "mine")
    (storage.model_directory("mine") / "model.json").write_text("{", encoding="utf-8")
    assert storage.installed() == []
    take_in(file, "mine")
    assert storage.is_installed("mine")
