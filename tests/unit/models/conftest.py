"""A folder of models, a catalogue and a server of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fimble_server.models import catalogue, download
from model_source import HUGGING_FACE, FileServer, gguf, serving, write_catalogue


@pytest.fixture(autouse=True)
def models_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(download, "_PAUSE", 0.01)
    return tmp_path / "home"


@pytest.fixture
def content() -> bytes:
    return gguf()


@pytest.fixture
def server(content: bytes) -> Iterator[FileServer]:
    with serving(FileServer(content)) as running:
        yield running


@pytest.fixture
def catalogue_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a test writes its own catalogue."""
    file = tmp_path / "catalogue.toml"
    monkeypatch.setattr(catalogue, "_FILE", file)
    catalogue.catalogue.cache_clear()
    yield file
    catalogue.catalogue.cache_clear()


@pytest.fixture
def from_server(
    catalogue_file: Path, content: bytes, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> FileServer:
    """A catalogue whose one model comes from the server, in the place of Hugging Face."""
    write_catalogue(catalogue_file, content, HUGGING_FACE)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    return server


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
