"""Taking in a model file that is on this machine already."""

import re
from pathlib import Path

from fimble_server.errors import FimbleError
from fimble_server.models import storage
from fimble_server.models.catalogue import CatalogueModel, catalogue
from fimble_server.models.gguf import Header, InvalidModelError, read_header
from fimble_server.models.storage import InstalledModel, Progress
from fimble_server.models.writing import Notify, check_space, locked, writing_to


class NotImportedError(FimbleError):
    """The file cannot become the model of that name."""


def import_file(file: Path, name: str | None = None, *, progress: Progress, notify: Notify) -> InstalledModel:
    """Copy a GGUF file among the models.

    A file of the catalogue is known by its SHA-256 and takes the catalogue's name; another one takes `name`, or one
    made from the file's own.

    Args:
        file: the GGUF file; it is only read.
        name: what to call the model.
        progress: called with the bytes done and the bytes in all.
        notify: called with what the user should know.

    Raises:
        InvalidModelError: the file cannot be read, is no GGUF file, or is truncated.
        NotImportedError: the name belongs to another model.
        NoSpaceError: the disk is too full; the message says how much is missing and where.
        NotWritableError: the folder cannot be written.

    """
    try:
        header = read_header(file)
        size = file.stat().st_size
        sha256 = storage.sha256_of(file)
    except OSError as error:
        raise InvalidModelError(f"{file} cannot be read: {error.strerror}") from error
    entry = next((model for model in catalogue().models if model.sha256 == sha256), None)
    name = name or (entry.name if entry else _name_from(file))
    model = _describe(name, header, entry, file, size, sha256)
    with writing_to(storage.model_directory(name), size), locked(name, notify):
        if not _is_here(model):
            _copy(file, model, progress)
        return storage.find_installed(name)


def _describe(
    name: str, header: Header, entry: CatalogueModel | None, file: Path, size: int, sha256: str
) -> InstalledModel:
    if entry is None and any(name == model.name for model in catalogue().models):
        raise NotImportedError(
            f"{file} is not the catalogue's {name}: its SHA-256 is another one; choose another --name"
        )
    return InstalledModel(
        name=name,
        family=entry.family if entry else family_of(header),
        title=entry.title if entry else header.name or file.stem,
        licence=entry.licence if entry else "unknown",
        size=size,
        sha256=sha256,
        origin=str(file.absolute()),
    )


def _is_here(model: InstalledModel) -> bool:
    if not storage.is_installed(model.name):
        return False
    if storage.find_installed(model.name).sha256 != model.sha256:
        raise NotImportedError(
            f"There is another model called {model.name}; choose another --name "
            f"or remove it with: fimble models remove {model.name}"
        )
    return True


def _copy(file: Path, model: InstalledModel, progress: Progress) -> None:
    final = storage.original_file(model.name)
    final.parent.mkdir(parents=True, exist_ok=True)
    check_space(final.parent, model.size)
    partial = final.with_name(f"{final.name}.partial")
    try:
        with file.open("rb") as source, partial.open("wb") as target:
            sha256 = storage.copy(source, target, model.size, progress)
        if sha256 != model.sha256:
            raise NotImportedError(f"{file} changed while it was copied; try again")
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)
    storage.record(model)


def _name_from(file: Path) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip("-._") or "imported"


def family_of(header: Header) -> str | None:
    """Return the prompt format for a file that is not in the catalogue, by what its header calls the model."""
    text = f"{header.architecture} {header.name}".lower()
    patterns = catalogue().families
    return next((family for family, pattern in patterns.items() if re.search(pattern, text)), None)
