"""llama-server, the peer of the typing replay: built from source, and started as llama.vim recommends.

    python benchmarks/llama_server.py build FOLDER [--jobs N]
    python benchmarks/llama_server.py run FOLDER [--model NAME] [--threads N] [--port PORT]

Its sources are inside the source archive of llama-cpp-python, the version and hash that `requirements.lock` pins for
Fimble: both engines run the same llama.cpp. CMake and a C++ compiler are needed. `run` serves the model that Fimble
would choose, or the GGUF file that `--model` names, until it is interrupted.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from corpora import Corpus, CorpusError, unpacked
from fimble_server.config import Settings
from fimble_server.errors import FimbleError
from fimble_server.models.chosen import choose_model

_LOCK = Path(__file__).parent.parent / "requirements.lock"
_PINNED = re.compile(r"^llama-cpp-python==(\S+) \\\n((?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_BUILD_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
)
_PORT = 8012
_RECOMMENDED = ("-fa", "on", "-ub", "1024", "-b", "1024", "--ctx-size", "0", "--cache-reuse", "256")
"""What llama.vim's README starts every one of its models with; what it says of video memory has no meaning here."""


class BuildError(Exception):
    """The server cannot be built or started; the message says why."""


def sources() -> Path:
    """Return the folder of the llama.cpp sources, fetched and verified at the first call.

    Raises:
        CorpusError: the archive cannot be had, or is not the pinned one.
        BuildError: the lock file pins no archive.

    """
    pinned = _PINNED.search(_LOCK.read_text(encoding="utf-8"))
    digests = _DIGEST.findall(pinned[2]) if pinned else []
    if pinned is None or len(digests) != 1:
        raise BuildError(f"{_LOCK.name} does not pin one source archive of llama-cpp-python")
    archive = Corpus("llama-cpp-python", "pypi", "llama-cpp-python", pinned[1], digests[0], "cpp", "vendor/llama.cpp")
    return unpacked(archive)


def build(folder: Path, jobs: int) -> None:
    """Build the server below a folder; what is built already is left. Raises `BuildError` and `CorpusError`."""
    if binary(folder).exists():
        return
    for command in (
        ["cmake", "-S", str(sources()), "-B", str(folder), *_BUILD_OPTIONS],
        ["cmake", "--build", str(folder), "--target", "llama-server", "-j", str(jobs)],
    ):
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError as error:
            raise BuildError("CMake is needed to build llama-server: install it") from error
        except subprocess.CalledProcessError as error:
            raise BuildError(f"llama-server could not be built: {' '.join(command[:2])} failed") from error


def binary(folder: Path) -> Path:
    """Return where the server is below the folder it was built in."""
    return folder / "bin" / ("llama-server.exe" if sys.platform == "win32" else "llama-server")


def run_command(folder: Path, model: Path, threads: int, port: int) -> list[str]:
    """Return the command that serves a model on this machine alone. Raises `BuildError` if nothing is built."""
    if not binary(folder).exists():
        raise BuildError(f"{folder} holds no llama-server: build it first")
    number = str(threads)
    return [
        str(binary(folder)),
        *("--model", str(model), "--host", "127.0.0.1", "--port", str(port)),
        *("--threads", number, "--threads-batch", number),
        *_RECOMMENDED,
    ]


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments; build, or turn into the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build the server")
    building.add_argument("folder", type=Path)
    building.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    running = commands.add_parser("run", help="start the server")
    running.add_argument("folder", type=Path)
    running.add_argument("--model", default="", help="an installed model, or the path of a GGUF file")
    running.add_argument("--threads", type=int, default=Settings().engine.options().effective_threads)
    running.add_argument("--port", type=int, default=_PORT)
    arguments = parser.parse_args(given)
    try:
        if arguments.command == "build":
            build(arguments.folder, arguments.jobs)
        else:
            model = choose_model(arguments.model).path
            command = run_command(arguments.folder, model, arguments.threads, arguments.port)
            os.execv(command[0], command)
    except (BuildError, CorpusError, FimbleError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
