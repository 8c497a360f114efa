"""Commands on code as data: what is asked of the model, with which context, and where its answer goes.

A command is a Markdown file: settings between two lines of `---`, one `name: value` a line, then the text for the
model, in which `{language}`, `{name}` and `{instruction}` stand for what is known at the place. A repository adds its
own in `.fimble/commands/NAME.md`, or puts them in the place of those of the same name. They are text for the model
and nothing else: no setting of theirs runs anything.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

Result = Literal["replace", "comments", "documentation", "tests", "file", "prose", "diagnostics"]
"""Where the answer goes: in the place of the code; its comments into the code; above or into the definition; into the
file of tests; into a new file; to the reader; to the lines that it speaks of."""
Context = Literal["definitions", "diagnostics"]
"""What the model sees beside the code: signatures of what the code uses, what tools complain of in it."""
Need = Literal["no", "optional", "required"]

FOLDER = Path(".fimble") / "commands"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_SETTING = re.compile(r"([a-z]+):[ \t]*(.*)")
_TITLE = re.compile(r"[^\W_][^\x00-\x1f\x7f]{0,59}")
_KIND = re.compile(r"(?:quickfix|refactor|source)(?:\.[a-zA-Z]+)*")
_MOST_BYTES = 16_384
_MOST_COMMANDS = 100


class CommandError(Exception):
    """A file is no command; the message is one sentence that names the file and what is wrong."""


@dataclass(frozen=True)
class Command:
    """Something a user can ask for by name."""

    name: str
    title: str
    template: str
    result: Result = "replace"
    context: tuple[Context, ...] = get_args(Context)
    instruction: Need = "no"
    """Whether the user's own words belong to it."""
    kind: str = "refactor.rewrite"
    """The kind of code action that it is in an editor."""
    temperature: float = 0.0
    missing: str = ""
    """What is asked where a body or what a TODO is for is missing: the answer goes on from there."""
    anew: str = ""
    """What is asked where the code would stay what it is, and has documentation: to write its body from that."""
    from_repository: bool = False

    def text(self, template: str | None = None, **known: str) -> str:
        """Return the text for the model, or that of another template; what else stands in braces is its own."""
        pattern = re.compile("|".join(rf"\{{{name}\}}" for name in known))
        return pattern.sub(lambda found: known[found.group()[1:-1]], template or self.template).strip()


@cache
def built_in_commands() -> dict[str, Command]:
    """Return the commands that come with Fimble, by name."""
    folder = files(__package__) / "commands"
    found = {item.name.removesuffix(".md"): item.read_text(encoding="utf-8") for item in folder.iterdir()}
    return {name: parse_command(name, text) for name, text in sorted(found.items())}


def load_commands(root: Path | None) -> tuple[dict[str, Command], list[str]]:
    """Return all commands by name, a repository's over the built-in ones, and a sentence for each unusable file."""
    commands, complaints = dict(built_in_commands()), list[str]()
    for path in _command_files(root) if root else ():
        try:
            command = parse_command(path.stem, _read(path), from_repository=True)
        except CommandError as error:
            complaints.append(str(error))
        else:
            commands[command.name] = command
    return commands, complaints


def parse_command(name: str, text: str, *, from_repository: bool = False) -> Command:
    """Read a command.

    Raises:
        CommandError: it has another form than described above.

    """
    where = f"the command {FOLDER.as_posix()}/{name}.md"
    if _NAME.fullmatch(name) is None:
        raise CommandError(f"{where} has no name for a command: use small letters, digits and hyphens")
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != "---" or "---" not in (ends := [line.rstrip() for line in lines[1:]]):
        raise CommandError(f"{where} does not begin with its settings between two lines of ---")
    end = ends.index("---") + 1
    settings = dict(_settings(where, lines[1:end]))
    template = "\n".join(lines[end + 1 :]).strip()
    if "title" not in settings:
        raise CommandError(f"{where} has no title")
    if not template:
        raise CommandError(f"{where} has no text for the model")
    return Command(name=name, template=template, from_repository=from_repository, **settings)


def _settings(where: str, lines: Iterable[str]) -> Iterable[tuple[str, Any]]:
    seen = set()
    for line in lines:
        if not line.strip():
            continue
        match = _SETTING.fullmatch(line.rstrip())
        if match is None:
            raise CommandError(f"{where}: {line.strip()!r} is no setting; write name: value")
        name, value = match[1], match[2].strip()
        if name in seen:
            raise CommandError(f"{where} sets {name} twice")
        seen.add(name)
        if name not in _READERS:
            raise CommandError(f"{where}: there is no setting {name}; there are {', '.join(_READERS)}")
        try:
            yield name, _READERS[name](value)
        except ValueError as error:
            raise CommandError(f"{where}: {name} is {value!r}; {error}") from None


def _one_of(values: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in values:
            raise ValueError(f"it is one of {', '.join(values)}")
        return value

    return read


def _some_of(values: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in value.split(",") if part.strip())
        if not set(found) <= set(values):
            raise ValueError(f"it lists some of {', '.join(values)}")
        return found

    return read


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise ValueError(f"it is {what}")
        return value

    return read


def _temperature(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 2:  # noqa: PLR2004 - what samplers know
        raise ValueError("it is a number from 0 to 2")
    return number


_READERS: dict[str, Callable[[str], Any]] = {
    "title": _matching(_TITLE, "a line of up to 60 characters"),
    "result": _one_of(get_args(Result)),
    "context": _some_of(get_args(Context)),
    "instruction": _one_of(get_args(Need)),
    "kind": _matching(_KIND, "a kind of code action, such as quickfix or refactor.rewrite"),
    "temperature": _temperature,
    "missing": str,
    "anew": str,
}


def _command_files(root: Path) -> list[Path]:
    folder = root / FOLDER
    try:
        found = sorted(path for path in folder.glob("*.md") if path.is_file())
    except OSError:
        return []
    return found[:_MOST_COMMANDS]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise CommandError(f"the command {path} is larger than {_MOST_BYTES} bytes")
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the command {path} cannot be read: {error}") from None
