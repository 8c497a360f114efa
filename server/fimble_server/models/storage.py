"""The models on this machine: one folder each, holding the original file, the tuned one, and what is known of them.

    <data>/models/<name>/<name>.gguf            the file as it was fetched or imported
    <data>/models/<name>/<name>-<layout>.gguf   the same weights in the layout that is fastest here (`tune.py`)
    <data>/models/<name>/model.json             an `InstalledModel`

A model is installed once `model.json` is there; it is written last.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from fimble_server.directories import data_directory
from fimble_server.errors import FimbleError
from fimble_server.models.catalogue import ModelName, Sha256, catalogue
from fimble_server.models.machine import processor
from fimble_server.models.measurements import Tuning

_METADATA = "model.json"
_CHUNK = 1 << 20  # bytes

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


class InstalledModel(msgspec.Struct, frozen=True):
    """What is known of a model on this machine.

    `size` (bytes) and `sha256` are those of the original file, `origin` says where it came from, and `family` names
    the prompt format, None where an imported file's could not be told.
    """

    name: ModelName
    family: str | None
    title: str
    licence: str
    size: int
    sha256: Sha256
    origin: str
    tuning: Tuning | None = None


class ModelNotInstalledError(FimbleError):
    """The model is not on this machine; the message holds the command that gets it."""

    def __init__(self, name: str) -> None:
        """Name the model and the command."""
        known = any(model.name == name for model in catalogue().models)
        command = f"fimble models pull {name}" if known else f"fimble models import FILE --name {name}"
        super().__init__(f"The model {name} is not on this machine; get it with: {command}")


class DamagedModelError(FimbleError):
    """A file of the model is missing, or is not the one that was installed."""


class InvalidNameError(FimbleError):
    """The name cannot be a model's: it would not be a plain folder name."""


def models_directory() -> Path:
    """Return the folder of all models; it may not exist yet."""
    return data_directory() / "models"


def model_directory(name: str) -> Path:
    """Return the folder of one model; it may not exist yet.

    Raises:
        InvalidNameError: the name is not one of lower-case letters, digits, dots, dashes and underscores.

    """
    try:
        msgspec.convert(name, ModelName)
    except msgspec.ValidationError:
        raise InvalidNameError(
            f"{name!r} cannot name a model; use lower-case letters, digits, dots, dashes and underscores"
        ) from None
    return models_directory() / name


def original_file(name: str) -> Path:
    """Return where the model's file stands, or will stand, as it was fetched."""
    return model_directory(name) / f"{name}.gguf"


def tuned_file(name: str, layout: str) -> Path:
    """Return where the model's file in another layout stands, or will stand."""
    return model_directory(name) / f"{name}-{layout.lower()}.gguf"


def installed() -> list[InstalledModel]:
    """Return the models on this machine by name; folders that hold no finished model are left out."""
    folders = sorted(models_directory().glob(f"*/{_METADATA}"))
    models = (_read(path.parent.name) for path in folders)
    return [model for model in models if model]


def find_installed(name: str) -> InstalledModel:
    """Return what is known of a model.

    Raises:
        ModelNotInstalledError: it is not here; the message holds the command that gets it.

    """
    if not (model := _read(name)):
        raise ModelNotInstalledError(name)
    return model


def is_installed(name: str) -> bool:
    """Tell whether the model is here and its original file has the right size; nothing is read but the metadata."""
    model = _read(name)
    return model is not None and _size(original_file(name)) == model.size


def is_tuned(name: str) -> bool:
    """Tell whether the model was measured on this machine's processor, whatever came of it."""
    model = _read(name)
    return model is not None and model.tuning is not None and model.tuning.processor == processor()


def model_file(name: str) -> Path:
    """Return the file to run: the tuned one if it was made for this machine's processor, else the original.

    Raises:
        ModelNotInstalledError: the model is not here; the message holds the command that gets it.
        DamagedModelError: its file is missing or has the wrong size.

    """
    model = find_installed(name)
    tuning = model.tuning
    if tuning and tuning.kept and tuning.processor == processor():
        path = tuned_file(name, tuning.kept.layout)
        if _size(path) == tuning.kept.size:
            return path
    path = original_file(name)
    if _size(path) != model.size:
        raise DamagedModelError(f"{path} is missing or damaged; get it again with: fimble models pull {name}")
    return path


def record(model: InstalledModel) -> None:
    """Write what is known of the model, as a whole or not at all; from then on it is installed."""
    _write_atomically(model_directory(model.name) / _METADATA, msgspec.json.format(msgspec.json.encode(model)))


def remove(name: str) -> int:
    """Delete the model with all its files; return the bytes that became free.

    Raises:
        ModelNotInstalledError: there is nothing to delete.

    """
    directory = model_directory(name)
    if not directory.is_dir():
        raise ModelNotInstalledError(name)
    freed = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    # Without its metadata a model is not installed, so that an interruption leaves none that is half there.
    (directory / _METADATA).unlink(missing_ok=True)
    shutil.rmtree(directory)
    return freed


def verify(name: str, progress: Progress | None = None) -> list[Path]:
    """Read the model's files again and compare their SHA-256; return the files that are right.

    Raises:
        ModelNotInstalledError: the model is not here.
        DamagedModelError: a file is missing or has another SHA-256.

    """
    model = find_installed(name)
    files = {original_file(name): model.sha256}
    if model.tuning and (kept := model.tuning.kept):
        files[tuned_file(name, kept.layout)] = kept.sha256
    for path, expected in files.items():
        if not path.exists() or sha256_of(path, progress) != expected:
            command = "pull" if path == original_file(name) else "tune"
            raise DamagedModelError(f"{path} is missing or damaged; repair it with: fimble models {command} {name}")
    return list(files)


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 of a file in lower-case hexadecimal."""
    with path.open("rb") as file:
        return copy(file, None, path.stat().st_size, progress)


def copy(source: BinaryIO, target: BinaryIO | None, size: int, progress: Progress | None = None) -> str:
    """Copy `source` to its end, to nowhere if `target` is None; return the SHA-256 of what was copied.

    `size` in bytes is what the progress is measured against.
    """
    digest = hashlib.sha256()
    done = 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        if target:
            target.write(chunk)
        done += len(chunk)
        if progress:
            progress(done, size)
    return digest.hexdigest()


def _write_atomically(path: Path, data: bytes) -> None:
    """Write a small file so that a reader, or a crash, sees the old or the new content and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read(name: str) -> InstalledModel | None:
    """Return the model's metadata, or None where they are missing or damaged: pulling or importing heals both."""
    try:
        return msgspec.json.decode((model_directory(name) / _METADATA).read_bytes(), type=InstalledModel)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError, InvalidNameError):
        return None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
