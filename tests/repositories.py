"""Repositories that tests work in as users do."""

import os
import subprocess
from pathlib import Path

from fimble_server.commits.changes import Change, staged_changes
from fimble_server.commits.compose import Suggestion, suggest_message
from fimble_server.commits.repository import Repository, open_repository
from fimble_server.config import CommitSettings


class Git:
    """A repository that a test works in as a user does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self("init", "--quiet", "--initial-branch=main")
        for name, value in (
            ("user.name", "Test"),
            ("user.email", "test@example.invalid"),
            ("commit.gpgsign", "false"),
            ("core.autocrlf", "false"),
            ("protocol.file.allow", "always"),
        ):
            self("config", name, value)

    def __call__(self, *arguments: str, ok: bool = True, **environment: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **environment},
        )
        assert done.returncode == 0 or not ok, done.stderr
        return done.stdout.rstrip("\n")

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def stage(self, path: str, content: str | bytes) -> None:
        self.write(path, content)
        self("add", "--", path)

    def commit(self, message: str, **files: str) -> None:
        for name, content in files.items():
            self.stage(name.replace("__", "/"), content)
        self("commit", "--quiet", "--allow-empty", "-m", message)

    @property
    def repository(self) -> Repository:
        return open_repository(self.root)

    def changes(self) -> dict[str, Change]:
        return {change.path: change for change in staged_changes(self.repository)}

    async def suggest(self, *, amend: bool = False) -> Suggestion:
        """Ask for a message without a model."""
        return await suggest_message(self.repository, None, CommitSettings(), amend=amend)
