"""What is changed in a repository since its last commit, as a text for a model."""

import os
from pathlib import Path

from fimble_indexer.files.secrets import is_secret_file
from fimble_server.commits.repository import open_repository

_OPTIONS = ("-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short")
_MOST_FILES = 100
_MOST_BYTES = 200_000


def working_diff(root: Path) -> str:
    """Return the beginning of the changes of tracked files, without those that hold secrets.

    Raises:
        FimbleError: there is no repository, or nothing was committed in it yet.

    """
    repository = open_repository(root)
    names = repository.output("diff-index", "--name-only", "-z", "HEAD").split(b"\0")
    paths = [path for name in names if name and not is_secret_file(path := os.fsdecode(name))]
    if not paths:
        return ""
    command = ("--literal-pathspecs", "diff-index", *_OPTIONS, "HEAD", "--", *paths[:_MOST_FILES])
    with repository.stream(*command) as output:
        return output.read(_MOST_BYTES).decode("utf-8", "replace")
