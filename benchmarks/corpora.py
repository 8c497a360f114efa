"""Source trees of published packages, pinned by version and hash in `corpora.toml`.

`python benchmarks/corpora.py [NAME ...]` fetches them (all, if none is named) and prints where they are. pip and npm
say where a package lies, so that the user's own index settings apply; nothing of a package is built or run.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import httpx
from platformdirs import user_cache_path

_TABLE = Path(__file__).with_name("corpora.toml")
_TIMEOUT_SECONDS = 120
_FOUND_LINK = re.compile(r"Found link (\S+)")


class CorpusError(Exception):
    """A corpus cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Corpus:
    """One published archive. `folder` is where in it the tree begins."""

    name: str
    registry: str
    package: str
    version: str
    sha256: str
    language: str
    folder: str = "."


def corpora() -> dict[str, Corpus]:
    """Return all corpora by name."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {name: Corpus(name, **entry) for name, entry in table.items()}


def fetch(name: str) -> Path:
    """Return the folder of a corpus, fetched, verified and unpacked at the first call.

    Raises:
        CorpusError: there is no such corpus, the registry cannot be reached, or the archive is not the pinned one.

    """
    if name not in corpora():
        raise CorpusError(f"there is no corpus {name!r} in {_TABLE.name}; known are {', '.join(corpora())}")
    return unpacked(corpora()[name])


def unpacked(corpus: Corpus) -> Path:
    """Return the folder of a published archive, fetched, verified and unpacked at the first call; as `fetch`."""
    home = Path(os.environ.get("FIMBLE_CORPORA") or user_cache_path("fimble-benchmarks"))
    target = home / f"{corpus.name}-{corpus.version}-{corpus.sha256[:12]}"
    if not target.exists():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as temporary:
            tree = Path(temporary) / "tree"
            archive = Path(temporary) / "archive"
            archive.write_bytes(_download(corpus))
            with tarfile.open(archive) as members:
                members.extractall(tree, filter="data")
            (top,) = tree.iterdir()  # both registries put everything below one folder
            shutil.move(top, target)
    return target / corpus.folder


def _download(corpus: Corpus) -> bytes:
    url = (_locate_sdist if corpus.registry == "pypi" else _locate_tarball)(corpus.package, corpus.version)
    try:
        content = httpx.get(url, follow_redirects=True, timeout=_TIMEOUT_SECONDS).raise_for_status().content
    except httpx.HTTPError as error:
        raise CorpusError(f"{corpus.name} cannot be fetched: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != corpus.sha256:
        raise CorpusError(f"{corpus.name}: the archive's SHA-256 is {digest}, not {corpus.sha256}")
    return content


def _locate_sdist(package: str, version: str) -> str:
    """Find an sdist's address in what pip says while it looks for versions: no other command tells it unbuilt."""
    command = [sys.executable, "-m", "pip", "index", "versions", package, "--no-binary=:all:", "--pre", "-vv"]
    for line in _run(command).splitlines():
        if (link := _FOUND_LINK.search(line)) and line.endswith(f", version: {version}"):
            return link[1].partition("#")[0]
    raise CorpusError(f"the Python package index has no source archive of {package} {version}")


def _locate_tarball(package: str, version: str) -> str:
    return str(json.loads(_run(["npm", "view", f"{package}@{version}", "dist.tarball", "--json"])))


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise CorpusError(f"{command[0]} is needed to fetch this corpus: install it") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip().rpartition("\n")[2]
        raise CorpusError(f"{' '.join(command[:5])} failed: {reason}") from error
    return done.stdout


def main() -> int:
    try:
        for name in sys.argv[1:] or corpora():
            print(name, fetch(name))
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
