"""What a repository itself says about its files: which git ignores, and which it calls generated or vendored.

Semantics: https://git-scm.com/docs/gitignore and https://git-scm.com/docs/gitattributes.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from fimble_indexer.files.gitignore import Patterns

_IGNORE_FILES = (".gitignore", ".fimbleignore")
_GIT_SECONDS = 5.0


class Rules:
    """Rules from files in the workspace, and from those above it if it is a folder of a repository.

    ``read`` gives the rules that stand in a folder, and is asked once for each. The deepest folder with a matching rule
    decides, then ``general``, which hold from the top of the repository. A rule for a folder says nothing of what is in
    it: whoever walks into a folder asks about the folder first.
    """

    def __init__(
        self,
        root: Path,
        read: Callable[[Path], Patterns],
        general: Callable[[Path], Iterable[Patterns]] = lambda _top: (),
    ) -> None:
        self._root = root
        self._read = read
        self._patterns: dict[str, Patterns] = {}
        self._above: list[tuple[str, Patterns]] = []  # each with the path from there to the workspace
        folder = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links
        top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)
        if top is None:
            return  # no repository: files above the workspace mean nothing
        prefix = ""
        while folder != top:
            prefix = f"{folder.name}/{prefix}"
            folder = folder.parent
            self._above.append((prefix, read(folder)))
        self._above += [(prefix, patterns) for patterns in general(top)]

    def match(self, path: str) -> bool:
        """Tell whether the rules hold for ``path``, relative to the workspace and with a final "/" for a folder."""
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            if folder not in self._patterns:
                self._patterns[folder] = self._read(self._root / folder)
            inner = path[len(folder) + 1 :] if folder else path
            if (decision := self._patterns[folder].decide(inner)) is not None:
                return decision
        for prefix, patterns in self._above:
            if (decision := patterns.decide(prefix + path)) is not None:
                return decision
        return False


def ignore_rules(root: Path) -> Rules:
    """Gather what git ignores, and what ``.fimbleignore`` files name, which are read after the ``.gitignore`` beside.

    The name of git's own excludes file is asked for once in a process.
    """
    return Rules(
        root,
        lambda folder: Patterns(line for name in _IGNORE_FILES for line in _lines(folder / name)),
        lambda top: (Patterns(_lines(_git_folder(top) / "info" / "exclude")), Patterns(_lines(_excludes_file(top)))),
    )


def foreign_rules(root: Path) -> Rules:
    """Gather which files ``.gitattributes`` call generated or vendored, as GitHub reads them.

    https://github.com/github-linguist/linguist/blob/main/docs/overrides.md
    """
    return Rules(root, lambda folder: Patterns(_foreign_patterns(_lines(folder / ".gitattributes"))))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return []
    return [line.removesuffix("\r") for line in text.split("\n")]


def _foreign_patterns(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        pattern, *attributes = line.split() or [""]
        if pattern.startswith(("#", "!", "[attr]", '"')):
            continue
        for attribute in attributes:
            name, _, value = attribute.lstrip("-!").partition("=")
            if name in {"linguist-generated", "linguist-vendored"}:
                is_unset = attribute.startswith(("-", "!")) or value.lower() == "false"
                yield f"!{pattern}" if is_unset else pattern


def _git_folder(top: Path) -> Path:
    """Find the folder with git's own files; in a linked work tree ``.git`` is a file that leads to it."""
    git = top / ".git"
    try:
        git = top / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        return git / (git / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        return git


@lru_cache(maxsize=64)
def _excludes_file(top: Path) -> Path:
    """Find the user's own ignore file; without git it is where git would look for it."""
    command = ["git", "-C", str(top), "config", "--get", "--type=path", "core.excludesFile"]
    try:
        name = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        name = b""
    if stripped := os.fsdecode(name).removesuffix("\n"):
        return top / stripped
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "git" / "ignore"
