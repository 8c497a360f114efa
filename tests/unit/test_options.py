import os
from pathlib import Path

import msgspec
import psutil
import pytest

from fimble_server.config import Settings
from fimble_server.engine.options import EngineOptions, model_fingerprint, options_fingerprint


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_the_same_model_and_settings_make_the_same_engine(model: Path) -> None:
    assert model_fingerprint(model) == model_fingerprint(model)
    assert options_fingerprint(EngineOptions()) == options_fingerprint(EngineOptions())


def test_the_settings_defaults_are_what_an_engine_started_with_them_has() -> None:
    options = Settings().engine.options()
    arrived = msgspec.json.decode(msgspec.json.encode(options), type=EngineOptions)
    assert options_fingerprint(options) == options_fingerprint(arrived)
    assert options_fingerprint(EngineOptions(idle_minutes=30)) == options_fingerprint(EngineOptions())


def test_a_relative_path_names_the_same_engine(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    assert model_fingerprint(Path(model.name)) == model_fingerprint(model)


@pytest.mark.parametrize("changed", [{"context_tokens": 4096}, {"sequences": 2}, {"threads": 1}, {"idle_minutes": 1.0}])
def test_other_settings_make_another_engine(changed: dict[str, float]) -> None:
    options = msgspec.convert(msgspec.to_builtins(EngineOptions()) | changed, EngineOptions)
    assert options_fingerprint(options) != options_fingerprint(EngineOptions())


def test_a_file_that_was_replaced_makes_another_engine(model: Path) -> None:
    before = model_fingerprint(model)
    os.utime(model, (1, 1))
    touched = model_fingerprint(model)
    model.write_bytes(b"GGUF, longer")
    os.utime(model, (1, 1))
    assert len({before, touched, model_fingerprint(model)}) == 3


def test_a_missing_file_has_a_fingerprint_too(model: Path) -> None:
    before = model_fingerprint(model)
    model.unlink()
    assert model_fingerprint(model) not in {"", before}


def test_threads_are_one_for_each_physical_core_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda *, logical: 8 if logical else 4)
    assert EngineOptions().effective_threads == 4
    assert EngineOptions(threads=3).effective_threads == 3


def test_a_machine_that_does_not_tell_its_cores_gets_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda *, logical: None)
    assert EngineOptions().effective_threads == 1
