"""Whether a message says something of a file."""

import re
from collections.abc import Iterable
from posixpath import dirname

from fimble_server.commits.facts import Facts

_FEW_CHARACTERS = 3
_SHORT_COMMIT = 7


def covers(text: str, facts: Facts) -> bool:
    """Tell whether a text names a file, or one of the symbols, dependencies or folders that are changed with it."""
    lowered = text.lower()
    stem = facts.name.partition(".")[0] or facts.name
    names = [facts.name, stem, facts.change.old_path.rpartition("/")[2]]
    names += [symbol.rpartition(".")[2] for symbol in facts.symbols]
    names += [one.name or one.new for one in facts.dependencies]
    if facts.change.is_submodule:
        names.append(facts.change.new_blob[:_SHORT_COMMIT])
    if any(len(name) >= _FEW_CHARACTERS and _names(lowered, name.lower()) for name in names):
        return True
    return any(_names(lowered, f"{folder}/:") for folder in _above(dirname(facts.path).lower()))


def _above(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = dirname(folder)
    yield "."


def _names(text: str, name: str) -> bool:
    return name in text and re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", text) is not None
