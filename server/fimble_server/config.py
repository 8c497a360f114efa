"""Typed settings: the user's file, the workspace's file, the editor's settings, each over the one before.

A setting that does not fit falls back to what it was before, and the reason is told; the rest still counts.
A workspace comes from somebody else, so its file may set only what can do no harm (`WORKSPACE_SECTIONS`).
"""

import reprlib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fimble_prompts.sources import DEFAULT_SOURCES, Source
from fimble_server.directories import config_directory
from fimble_server.engine.options import EngineOptions

WORKSPACE_FILE = Path(".fimble") / "settings.toml"
_LARGEST_FILE = 64 * 1024
WORKSPACE_SECTIONS = frozenset({"completion", "index"})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CompletionSettings(_Section):
    """Completion while typing."""

    enabled: bool = Field(default=True, description="Suggest while typing; an explicit request is always answered.")
    disabled_languages: tuple[str, ...] = Field(
        (), description='Languages without suggestions while typing, by name: "markdown", "python".'
    )
    prefix_tokens: int = Field(512, ge=64, le=16384, description="Tokens of the file before the cursor, at most.")
    suffix_tokens: int = Field(128, ge=0, le=4096, description="Tokens of the file after the cursor, at most.")
    context_tokens: int = Field(768, ge=0, le=8192, description="Tokens of other files of the repository, at most.")
    context_sources: tuple[Source, ...] = Field(
        DEFAULT_SOURCES, description="Where code of other files comes from; leave a name out to switch it off."
    )
    first_answer_ms: int = Field(
        500,
        ge=50,
        le=10000,
        description="Time to read code after a jump before the first answer; more waits behind it.",
    )
    explicit_answer_ms: int = Field(
        3000, ge=50, le=60000, description="The same for an explicit request, which is worth more of a wait."
    )
    line_ms: int = Field(400, ge=50, le=10000, description="Time to write a one-line suggestion.")
    block_ms: int = Field(1500, ge=50, le=60000, description="Time to write a suggestion of several lines.")
    block_lines: int = Field(12, ge=1, le=200, description="Lines of a suggestion, at most.")
    candidates: int = Field(3, ge=1, le=10, description="Suggestions to choose from on an explicit request.")
    prepare: Literal["always", "on mains", "never"] = Field(
        "on mains", description="Read more code behind the first answer at a place; on battery that costs power."
    )
    minimum_probability: float = Field(
        0.1, ge=0, le=1, description="While typing, show nothing whose first line the model holds for less likely."
    )


class ChatSettings(_Section):
    """Questions and conversations."""

    excerpt_tokens: int = Field(
        640,
        ge=100,
        le=32768,
        description="Tokens of the repository that a question is answered from, at most; more are read longer.",
    )
    mention_tokens: int = Field(
        1500, ge=100, le=32768, description="Tokens of what a message mentions (files, a selection, a diff), at most."
    )
    earlier_tokens: int = Field(
        1000, ge=0, le=32768, description="Tokens of earlier turns that are told again with a new message, at most."
    )
    answer_tokens: int = Field(512, ge=16, le=8192, description="Tokens of an answer, at most.")
    keep_history: bool = Field(default=True, description="Keep conversations on disk, for each workspace apart.")


class EngineSettings(_Section):
    """The process that runs the model; a change restarts it."""

    context_tokens: int = Field(8192, ge=1024, le=131072, description="Tokens kept in memory for all windows together.")
    threads: int = Field(0, ge=0, le=256, description="Threads that compute; 0 for one a physical core.")
    idle_minutes: float = Field(30.0, ge=1, description="End the engine, and free its memory, after this long unused.")

    def options(self) -> EngineOptions:
        """Return what the engine process is started with."""
        return EngineOptions(context_tokens=self.context_tokens, threads=self.threads, idle_minutes=self.idle_minutes)


class IndexSettings(_Section):
    """The index of the workspace."""

    enabled: bool = Field(default=True, description="Index the workspace and use other files as context.")
    workers: int = Field(
        0, ge=0, le=256, description="Processes that parse at a time; 0 for one to every two processors."
    )


class CommitSettings(_Section):
    """Commit messages."""

    prompt_tokens: int = Field(700, ge=100, le=8192, description="Tokens of the diff that the model reads, at most.")
    candidates: int = Field(4, ge=1, le=10, description="Subjects that the model writes to choose from.")
    seconds: float = Field(45.0, ge=1, le=600, description="Time for a message; then it says what is known by then.")
    hook_seconds: float = Field(20.0, ge=1, le=120, description="The same while `git commit` waits for its hook.")


class Settings(_Section):
    """All settings; the field names are those of the settings files and of the editors' `fimble` section."""

    model: str = Field(
        default="", description="Name of an installed model, or the path of a GGUF file; empty for the default model."
    )
    trusted: bool = Field(
        default=True,
        description=(
            "Read a workspace's `.fimble` folder: its settings and its commands. VS Code decides this by itself."
        ),
    )
    completion: CompletionSettings = Field(default_factory=CompletionSettings)
    chat: ChatSettings = Field(default_factory=ChatSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    index: IndexSettings = Field(default_factory=IndexSettings)
    commit: CommitSettings = Field(default_factory=CommitSettings)


def user_file() -> Path:
    """Return the user's settings file, which need not exist."""
    return config_directory() / "settings.toml"


def load_settings(workspace: Path | None = None, editor: Mapping[str, Any] | None = None) -> tuple[Settings, list[str]]:
    """Merge all sources; returns the settings and one sentence for each part that could not be used."""
    complaints: list[str] = []
    settings = Settings()
    sources: list[tuple[str, Mapping[str, Any]]] = [(str(user_file()), _read_toml(user_file(), complaints))]
    editor = editor or {}
    # What does not fit is complained of below; until it is mended the workspace's file stays closed.
    is_trusted = editor.get("trusted", sources[0][1].get("trusted", True)) is True
    if workspace is not None and is_trusted:
        file = workspace / WORKSPACE_FILE
        found = _read_toml(file, complaints)
        complaints += [
            f"{file}: a workspace cannot set {name!r}; set it in {user_file()}"
            for name in found
            if name not in WORKSPACE_SECTIONS
        ]
        sources.append((str(file), {name: found[name] for name in found if name in WORKSPACE_SECTIONS}))
    sources.append(("the editor's settings", editor))
    for source, data in sources:
        for path, value in _leaves(data):
            settings = _with(settings, path, value, source, complaints)
    return settings, complaints


def _read_toml(path: Path, complaints: list[str]) -> dict[str, Any]:
    try:
        # A repository can hold a link to a device: only a file is opened, and only so much of it read.
        if not path.is_file():
            if path.exists():
                complaints.append(f"{path} cannot be read (it is no file); its settings are not used")
            return {}
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            complaints.append(f"{path} is larger than {_LARGEST_FILE} bytes; its settings are not used")
            return {}
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        complaints.append(f"{path} cannot be read ({error}); its settings are not used")
        return {}


def _leaves(data: Mapping[str, Any], parents: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Yield every single setting, in a section or in none, so that one wrong value does not take others with it."""
    for name, value in data.items():
        if isinstance(value, Mapping) and not parents:
            yield from _leaves(value, (name,))
        elif value is not None:
            yield (*parents, name), value


def _with(settings: Settings, path: tuple[str, ...], value: Any, source: str, complaints: list[str]) -> Settings:
    data = settings.model_dump()
    target = data
    for name in path[:-1]:
        target = target.setdefault(name, {})
        if not isinstance(target, dict):
            complaints.append(f"{source}: there is no setting {'.'.join(path)}")
            return settings
    target[path[-1]] = value
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        problem = error.errors()[0]
        if problem["type"] == "extra_forbidden":
            complaints.append(f"{source}: there is no setting {'.'.join(path)}")
        else:
            complaints.append(f"{source}: {'.'.join(path)} = {reprlib.repr(value)}: {problem['msg']}")
        return settings
