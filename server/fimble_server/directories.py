"""Where Fimble keeps its files; nothing is written anywhere else but in the workspace, and there only on request.

`FIMBLE_HOME` moves all of them under one folder, for portable installations and for tests.
"""

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

import platformdirs

from fimble_server.errors import FimbleError

_APPLICATION = "fimble"
# A Unix socket's whole path has to fit into 108 bytes, less on some systems (unix(7)).
_LONGEST_SOCKET_FOLDER = 80


def _home() -> Path | None:
    home = os.environ.get("FIMBLE_HOME")
    return Path(home).absolute() if home else None


def config_directory() -> Path:
    """Return the folder of the user's settings file."""
    return home / "config" if (home := _home()) else platformdirs.user_config_path(_APPLICATION)


def data_directory() -> Path:
    """Return the folder of the models: large files, kept until the user removes them."""
    return home / "data" if (home := _home()) else platformdirs.user_data_path(_APPLICATION, appauthor=False)


def cache_directory() -> Path:
    """Return the folder of the indexes: disposable, made again when missing."""
    return home / "cache" if (home := _home()) else platformdirs.user_cache_path(_APPLICATION, appauthor=False)


def state_directory() -> Path:
    """Return the folder of conversations: the user's own words, kept until the user removes them."""
    return home / "state" if (home := _home()) else platformdirs.user_state_path(_APPLICATION, appauthor=False)


def log_directory() -> Path:
    """Return the folder of the engine's log."""
    return home / "log" if (home := _home()) else platformdirs.user_log_path(_APPLICATION, appauthor=False)


def runtime_directory() -> Path:
    """Return the folder of the engine's socket and lock, created with mode 0700 and owned by this user.

    Raises:
        FimbleError: the folder cannot be made, or is another user's, so that its socket cannot be trusted.

    """
    directory = _runtime_directory()
    if len(os.fsencode(directory)) > _LONGEST_SOCKET_FOLDER or not _can_create(directory):
        directory = _in_temporary_folder(directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            # Not followed: in a shared folder somebody else may have put a link there before.
            facts = directory.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
                raise FimbleError(
                    f"{directory} is not a folder of yours; remove it or set FIMBLE_HOME to another folder"
                )
            directory.chmod(0o700)
    except OSError as error:
        raise FimbleError(f"{directory} cannot be used for the engine's socket: {error.strerror}") from error
    return directory


def _runtime_directory() -> Path:
    if home := _home():
        return home / "run"
    if sys.platform == "linux" and "XDG_RUNTIME_DIR" not in os.environ:
        # No login session made one; the specification leaves the replacement to the application.
        return cache_directory() / "run"
    return platformdirs.user_runtime_path(_APPLICATION, appauthor=False)


def _can_create(directory: Path) -> bool:
    existing = next(folder for folder in (directory, *directory.parents) if folder.exists())
    return os.access(existing, os.W_OK)


def _in_temporary_folder(directory: Path) -> Path:
    """Return a short folder that stands for `directory`, the same in every process of this user."""
    # A plain hash of the path keeps two FIMBLE_HOMEs apart; it guards nothing.

    digest = hashlib.blake2s(os.fsencode(directory), digest_size=6).hexdigest()
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"fimble-{user}-{digest}"
