"""The repository that a message is written for: where it is, what state it is in, and git itself as a process.

Only plumbing commands are run, with external diff and text conversion programs switched off: a message must not depend
on a user's display options, and nothing that a repository names is started.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fimble_server.errors import FimbleError

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else the import fails where git is not installed
import git

_OPERATIONS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
_SECONDS = 120
"""A git command that takes longer is given up."""
_LARGEST_BLOB = 1_000_000
"""Bytes; what is larger was hardly written by hand."""
_NAMES_IN_AN_ERROR = 5


class RepositoryError(FimbleError):
    """There is no repository, or git cannot tell what is asked."""


@dataclass(frozen=True)
class Repository:
    """A repository with files checked out."""

    root: Path
    """The top of the working tree, which may be one of several."""
    git_directory: Path
    """The folder of this working tree's own state."""
    environment: dict[str, str] = field(default_factory=dict)
    """What git is told beside the user's environment, such as another index."""

    def output(self, *arguments: str, ok: Sequence[int] = (0,)) -> bytes:
        """Return what a git command prints.

        Raises:
            RepositoryError: it ends with an exit code that is not `ok`.

        """
        try:
            status, output, error = self._git.execute(
                ["git", *arguments],
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=None if os.name == "nt" else _SECONDS,
                env=self._variables,
            )
        except (git.CommandError, OSError) as problem:
            raise self._problem(arguments, problem) from problem
        if status not in ok:
            reason = str(error).strip().splitlines()
            raise RepositoryError(f"git {arguments[0]} failed: {reason[-1] if reason else f'exit code {status}'}")
        return bytes(output)

    def text(self, *arguments: str, ok: Sequence[int] = (0,)) -> str:
        """Return what a git command prints, as text without the final line feed; raises `RepositoryError`."""
        return self.output(*arguments, ok=ok).decode("utf-8", "replace").removesuffix("\n")

    @contextmanager
    def stream(self, *arguments: str) -> Iterator[IO[bytes]]:
        """Yield what a git command prints while it prints it; what is not read is not made.

        Raises:
            RepositoryError: git cannot be run.

        """
        try:
            process = self._git.execute(["git", *arguments], as_process=True, env=self._variables)
        except (git.CommandError, OSError) as problem:
            raise self._problem(arguments, problem) from problem
        running = process.proc  # `process` has to live as long: GitPython ends what nobody refers to
        assert running is not None
        with running:
            assert running.stdout is not None
            try:
                yield running.stdout
            finally:
                running.kill()

    @contextmanager
    def contents(self) -> Iterator[Callable[[str], bytes | None]]:
        """Yield what reads a blob by its name: None for one that is missing or larger than is worth reading."""
        reader = self._git
        reader.update_environment(**self._variables)

        def read(blob: str) -> bytes | None:
            try:
                size = reader.get_object_header(blob)[2]
                return bytes(reader.get_object_data(blob)[3]) if size <= _LARGEST_BLOB else None
            except (ValueError, git.GitError, OSError):
                return None

        try:
            yield read
        finally:
            reader.clear_cache()  # ends the process

    def setting(self, name: str) -> str:
        """Return a value of git's configuration, "" without one."""
        return self.text("config", "--get", name, ok=(0, 1))

    def path(self, name: str) -> Path:
        """Return where a file or folder of git's own is, such as "hooks" or "MERGE_MSG"."""
        return self.root / self.text("rev-parse", "--git-path", name)

    def operation(self) -> str | None:
        """Return what git is in the middle of: merge, cherry-pick, revert, rebase, or None."""
        return next((what for name, what in _OPERATIONS.items() if (self.git_directory / name).exists()), None)

    def branch(self) -> str | None:
        """Return the name of the branch; None for a detached head."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1, 128)) or None

    def commit(self, revision: str) -> str | None:
        """Return the name of a commit, None if there is none such, as for HEAD before the first one."""
        return (
            self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", ok=(0, 1, 128))
            or None
        )

    def empty_tree(self) -> str:
        """Return the name of the tree without files, in the repository's own hash."""
        return self.text("mktree")

    @contextmanager
    def with_all_changes(self) -> Iterator["Repository"]:
        """Yield the repository as `git commit --all` would see it; the user's index is left as it is.

        Raises:
            RepositoryError: there are conflicts, or a changed file cannot be read.

        """
        self.refuse_conflicts()
        with tempfile.TemporaryDirectory(prefix="fimble-") as folder:
            index = Path(self.environment.get("GIT_INDEX_FILE", str(self.path("index"))))
            copy = Path(folder) / "index"
            if index.exists():
                # With its time, by which git knows files that changed right after they were staged.
                shutil.copy2(index, copy)
            changed = Repository(self.root, self.git_directory, {**self.environment, "GIT_INDEX_FILE": str(copy)})
            changed.output("add", "--update", "--", ".")
            yield changed

    def refuse_conflicts(self) -> None:
        """Raise `RepositoryError` if files are left unmerged."""
        entries = self.output("ls-files", "--unmerged", "-z").split(b"\0")
        names = sorted({entry.partition(b"\t")[2] for entry in entries if entry})
        if names:
            shown = ", ".join(readable(name) for name in names[:_NAMES_IN_AN_ERROR])
            more = f" and {len(names) - _NAMES_IN_AN_ERROR} more" if len(names) > _NAMES_IN_AN_ERROR else ""
            raise RepositoryError(f"there are conflicts in {shown}{more}; resolve them and stage the files first")

    def _problem(self, arguments: Sequence[str], problem: Exception) -> RepositoryError:
        if isinstance(problem, git.GitCommandNotFound):
            return RepositoryError("git is not installed, or not where the PATH says")
        return RepositoryError(f"git {arguments[0]} could not be run in {self.root}: {problem}")

    @property
    def _git(self) -> git.Git:
        return git.Git(str(self.root))

    @property
    def _variables(self) -> dict[str, str]:
        # Messages in English, no lock taken for a mere look, nothing fetched for it, no prompt.
        return {
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            **self.environment,
        }


def open_repository(folder: Path) -> Repository:
    """Find the repository that a folder belongs to.

    Raises:
        RepositoryError: there is none, it has no working tree, or git does not trust or find it.

    """
    try:
        with git.Repo(folder, search_parent_directories=True) as found:
            root, directory = found.working_tree_dir, Path(found.git_dir)
    except git.NoSuchPathError:
        raise RepositoryError(f"{folder} is no folder") from None
    except git.InvalidGitRepositoryError:
        raise RepositoryError(f"{folder} is in no git repository") from None
    except (git.GitError, OSError) as error:
        raise RepositoryError(f"the repository of {folder} cannot be read: {error}") from error
    if root is None:
        raise RepositoryError(f"{directory} is a bare repository; there is nothing to commit in it")
    repository = Repository(Path(root), directory, _own_environment(Path(root), directory))
    repository.text("rev-parse", "--git-dir")  # says why, if git refuses what GitPython takes
    return repository


def _own_environment(root: Path, directory: Path) -> dict[str, str]:
    """Return what keeps git in this repository where the environment points to another one.

    An editor that `git commit` has started hands the commit's variables on to all that it starts.
    """
    own = directory.resolve()
    inherited = os.environ.get("GIT_DIR")
    index = os.environ.get("GIT_INDEX_FILE")
    is_other = inherited is not None and Path(inherited).resolve() != own
    if not is_other and (index is None or (root / index).resolve().is_relative_to(own)):
        return {}
    return {"GIT_DIR": str(own), "GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": str(own / "index")}


def readable(name: bytes) -> str:
    """Return a path as text for people and prompts: one line, whatever bytes are in it."""
    text = name.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(mark if mark.isprintable() else "?" for mark in text)
