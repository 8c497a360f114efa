"""Paths relative to the root of a workspace, with "/"; "" is the root."""

from collections.abc import Iterator


def folder_of(path: str) -> str:
    """Return the folder that holds ``path``."""
    return path.rpartition("/")[0]


def upwards(folder: str) -> Iterator[str]:
    """Yield ``folder`` and every folder around it, the root last."""
    while folder:
        yield folder
        folder = folder_of(folder)
    yield ""


def join(*parts: str) -> str:
    """Join and normalise paths; what would lead above the root stays at it."""
    joined: list[str] = []
    for part in "/".join(parts).split("/"):
        if part == "..":
            del joined[-1:]
        elif part not in {"", "."}:
            joined.append(part)
    return "/".join(joined)
