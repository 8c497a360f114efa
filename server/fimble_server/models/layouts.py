"""The layouts that a tuning tries: which type the weights become, and which tensors stay as they are."""

import functools
import re
from importlib import resources
from typing import Annotated, Literal

import msgspec

from fimble_server.models.gguf import Tensor

_FILE = resources.files(__package__) / "layouts.toml"
# The numbers of ggml's tensor types (ggml.h).
TYPE_NUMBERS = {"Q4_0": 2, "Q8_0": 8, "IQ4_NL": 20}


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to store the weights: all matrices become `type` but those whose name begins with one of `keep`.

    The beginnings are regular expressions, matched against names such as "blk.3.attn_q.weight".
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_+]+$")]
    type: Literal["Q4_0", "Q8_0", "IQ4_NL"]
    keep: tuple[str, ...] = ()

    def keeps(self, tensor: Tensor) -> bool:
        """Tell whether the tensor stays exactly as it is."""
        return any(re.match(pattern, tensor.name) for pattern in self.keep)

    def changes(self, tensor: Tensor) -> bool:
        """Tell whether the tensor is a matrix that this layout converts to another type."""
        is_matrix = len(tensor.dimensions) > 1
        return is_matrix and not self.keeps(tensor) and tensor.type != TYPE_NUMBERS[self.type]


class _Layouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layouts: tuple[Layout, ...]


@functools.cache
def layouts() -> tuple[Layout, ...]:
    """Return the layouts that a tuning tries."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=_Layouts).layouts
