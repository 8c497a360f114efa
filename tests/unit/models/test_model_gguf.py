import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_server.models.gguf import InvalidModelError, read_header
from model_source import gguf


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    return path


def test_a_header(tmp_path: Path) -> None:
    header = read_header(write(tmp_path, gguf(bytes(64), name="A name")))
    assert (header.architecture, header.name) == ("qwen2", "A name")
    assert [(tensor.name, tensor.dimensions, tensor.type) for tensor in header.tensors] == [("output.weight", (16,), 0)]


@pytest.mark.parametrize("data", [b"", b"GG", b"not a model at all, but long enough to be one"])
def test_other_files(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidModelError, match=r"^[^\n]+$"):
        read_header(write(tmp_path, data))


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    data = gguf(bytes(64))
    for length in range(4, len(data)):
        with pytest.raises(InvalidModelError, match="truncated"):
            read_header(write(tmp_path, data[:length]))


def test_other_versions(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="version 9"):
        read_header(write(tmp_path, b"GGUF" + struct.pack("<IQQ", 9, 0, 0)))


def test_a_header_that_claims_enormous_lengths(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="truncated"):
        read_header(write(tmp_path, b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62)))


@given(st.binary(max_size=200))
def test_no_content_makes_it_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + data)
    with contextlib.suppress(InvalidModelError):
        read_header(path)
