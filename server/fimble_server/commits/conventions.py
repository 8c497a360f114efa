"""What a repository says itself about its messages: commitlint's rules, `commit.template`, the contributing guide.

They are read as text, never run: a configuration in JavaScript is searched for its rules.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fimble_server.commits.repository import Repository

_COMMITLINT = (
    ".commitlintrc", ".commitlintrc.json", ".commitlintrc.yaml", ".commitlintrc.yml", ".commitlintrc.js",
    ".commitlintrc.cjs", ".commitlintrc.mjs", ".commitlintrc.ts", "commitlint.config.js", "commitlint.config.cjs",
    "commitlint.config.mjs", "commitlint.config.ts", ".cz.toml", ".czrc",
)  # fmt: skip
_GUIDES = ("CONTRIBUTING.md", "CONTRIBUTING.rst", "CONTRIBUTING", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md")
_LARGEST_FILE = 256 * 1024
_RULE = r"[\"']?{name}[\"']?\s*[:=]\s*(?P<value>(?:(?![\w\"']+-[\w-]+[\"']?\s*:)[\s\S]){{0,2000}})"
_WORD = re.compile(r"[\"']([a-z][a-z0-9-]*)[\"']|^\s*(?:-\s+)+([a-z][a-z0-9-]*)\s*$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])(\d{2,3})(?![\w.])")
_LEVELS = frozenset({"always", "never"})
_KEY = re.compile(r"[A-Z][A-Za-z-]+:\s*")


@dataclass(frozen=True, slots=True)
class Conventions:
    """Rules that are written down; lengths are in characters, 0 for no rule."""

    is_conventional: bool = False
    types: tuple[str, ...] = ()
    subject_limit: int = 0
    body_width: int = 0
    is_signed_off: bool = False
    fields: tuple[str, ...] = ()
    """What the template wants filled in at the end, such as "Issue:"."""


def conventions(repository: Repository) -> Conventions:
    """Read what there is; a file that cannot be read says nothing."""
    rules = "\n".join(_texts(repository.root, _COMMITLINT))
    package = "\n".join(_texts(repository.root, ("package.json",)))
    rules += package[package.find('"commitlint"') :] if '"commitlint"' in package else ""
    guides = "\n".join(_texts(repository.root, _GUIDES))
    template = _template(repository)
    return Conventions(
        is_conventional=bool(rules)
        or "conventionalcommits.org" in guides
        or "conventional commits" in guides.lower()
        or re.search(r"<?type>?\(<?scope>?\)\s*!?:", template) is not None,
        types=tuple(
            word for pair in _WORD.findall(_rule(rules, "type-enum")) for word in pair if word and word not in _LEVELS
        ),
        subject_limit=_number(_rule(rules, "header-max-length")),
        body_width=_number(_rule(rules, "body-max-line-length")),
        is_signed_off="Signed-off-by" in guides or "git commit -s" in guides,
        fields=tuple(
            line.strip() for line in template.split("\n") if not line.startswith("#") and _KEY.fullmatch(line.strip())
        ),
    )


def _texts(root: Path, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if text := _read(root / name):
            yield text


def _read(path: Path) -> str:
    try:
        # A repository can hold a link to a device: only a file is opened, and only so much of it read.
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE).decode("utf-8", "replace")
    except OSError:
        return ""


def _template(repository: Repository) -> str:
    name = repository.setting("commit.template")
    return _read(repository.root / os.path.expanduser(name)) if name else ""  # noqa: PTH111 - unlike pathlib's it never raises


def _rule(text: str, name: str) -> str:
    """Return what follows the name of a rule, up to the next rule."""
    found = re.search(_RULE.format(name=re.escape(name)), text)
    return found["value"] if found else ""


def _number(text: str) -> int:
    found = _NUMBER.search(text)
    return int(found[1]) if found else 0
