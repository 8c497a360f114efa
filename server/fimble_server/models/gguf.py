"""The header of a GGUF file: enough to tell a whole model from a truncated or foreign file, in pure Python.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fimble_server.errors import FimbleError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
# Metadata value types by number, as struct formats.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# Tensor types by number: values in a block, bytes of a block (ggml.h, ggml-common.h).
_BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    20: (32, 18),  # IQ4_NL
    23: (256, 136),  # IQ4_XS
    30: (1, 2),  # BF16
    39: (32, 17),  # MXFP4
}
_DEFAULT_ALIGNMENT = 32

Scalar = int | float | bool | str


class InvalidModelError(FimbleError):
    """The file is no GGUF model, or not all of it is there."""


@dataclass(frozen=True)
class Tensor:
    """One array of weights; the first dimension is the length of a row, `type` is ggml's number."""

    name: str
    dimensions: tuple[int, ...]
    type: int
    offset: int

    @property
    def end(self) -> int:
        """Where its data end, in bytes from the start of all data."""
        # A type that is not listed counts as one byte a block: only its beginning can be checked.
        values, size = _BLOCKS.get(self.type, (256, 1))
        return self.offset + math.prod(self.dimensions) // values * size


@dataclass(frozen=True)
class Header:
    """What the header says of the model."""

    architecture: str
    name: str
    tensors: tuple[Tensor, ...]


def read_header(path: Path) -> Header:
    """Read a GGUF file's header and check that every tensor it lists lies inside the file.

    Raises:
        InvalidModelError: not a GGUF file, an unknown version, or truncated.
        OSError: the file cannot be read.

    """
    with path.open("rb") as file:
        reader = _Reader(file, path)
        if file.read(len(_MAGIC)) != _MAGIC:
            raise InvalidModelError(f"{path} is not a GGUF model file")
        version: int = reader.scalar("I")
        if version not in _VERSIONS:
            raise InvalidModelError(f"{path} is GGUF version {version}, and Fimble reads versions 2 and 3")
        tensor_count, pair_count = reader.scalar("Q"), reader.scalar("Q")
        metadata = dict(reader.pair() for _ in range(pair_count))
        tensors = tuple(reader.tensor() for _ in range(tensor_count))
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or alignment <= 0:
            raise InvalidModelError(f"{path} has a damaged header")
        data_start = -(-file.tell() // alignment) * alignment
    if tensors and data_start + max(tensor.end for tensor in tensors) > reader.size:
        raise reader.truncated()
    architecture = str(metadata.get("general.architecture", ""))
    if not architecture:
        raise InvalidModelError(f"{path} is a GGUF file that names no model architecture")
    return Header(architecture=architecture, name=str(metadata.get("general.name", "")), tensors=tensors)


class _Reader:
    """Reads the values of a header in order and never past the end of the file."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.size = path.stat().st_size

    def truncated(self) -> InvalidModelError:
        return InvalidModelError(
            f"{self._path} is truncated or damaged: it ends before what its header describes; fetch it again"
        )

    def take(self, length: int) -> bytes:
        # A damaged length must not make us allocate it.
        data = self._file.read(length) if length <= self.size else b""
        if len(data) != length:
            raise self.truncated()
        return data

    def scalar(self, format_: str) -> int:
        value: int = struct.unpack(f"<{format_}", self.take(struct.calcsize(f"<{format_}")))[0]
        return value

    def string(self) -> str:
        return self.take(self.scalar("Q")).decode("utf-8", "replace")

    def pair(self) -> tuple[str, Scalar | None]:
        """Read one key and its value; arrays are skipped and read as None."""
        key, kind = self.string(), self.scalar("I")
        if kind == _STRING:
            return key, self.string()
        if kind == _ARRAY:
            self._skip_array(self.scalar("I"), self.scalar("Q"))
            return key, None
        return key, self.scalar(self._format(kind))

    def _skip_array(self, kind: int, count: int) -> None:
        if kind == _STRING:
            for _ in range(count):
                self.take(self.scalar("Q"))
        else:
            self.take(count * struct.calcsize(f"<{self._format(kind)}"))

    def _format(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise InvalidModelError(f"{self._path} has a damaged header: there is no value type {kind}")
        return _SCALARS[kind]

    def tensor(self) -> Tensor:
        name = self.string()
        dimensions = tuple(self.scalar("Q") for _ in range(self.scalar("I")))
        return Tensor(name=name, dimensions=dimensions, type=self.scalar("I"), offset=self.scalar("Q"))
