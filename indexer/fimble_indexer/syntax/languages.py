"""The languages Fimble understands, read from ``languages.toml``.

A grammar is loaded on first use: importing this module costs no grammar.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from itertools import islice
from pathlib import PurePath
from typing import Any

import tree_sitter

from fimble_indexer.syntax.exports import ExportRule


@dataclass(frozen=True, slots=True)
class Language:
    """One programming language.

    ``ids`` are what editors call it, its name among them. ``block_openers`` are the endings of a line after which an
    indented block follows. ``line_comment`` is None where a comment needs an end as well, or where there are none.
    """

    name: str
    extensions: tuple[str, ...]
    line_comment: str | None
    block_openers: tuple[str, ...]
    filenames: tuple[str, ...]
    ids: tuple[str, ...]
    grammar: str
    queries: tuple[str, ...]
    exports: ExportRule
    limits: tuple[tuple[re.Pattern[bytes], int], ...]

    dialect: tuple[re.Pattern[bytes], str] | None
    unread: re.Pattern[bytes] | None

    def dialect_of(self, source: bytes) -> "Language":
        """Return the language of a source whose name stands for two: a header of C may be one of C++."""
        if self.dialect is None or self.dialect[0].search(source) is None:
            return self
        return languages()[self.dialect[1]]

    def readable(self, source: bytes) -> bytes:
        """Put spaces in the place of words that the grammar takes for something else, such as macros before a type."""
        if self.unread is None:
            return source
        return self.unread.sub(lambda found: b" " * len(found[0]), source)

    def is_too_much(self, source: bytes) -> bool:
        """Tell a source that the grammar crashes on, or takes the square of its length for."""
        return any(sum(1 for _ in islice(pattern.finditer(source), most + 1)) > most for pattern, most in self.limits)

    def load_grammar(self) -> tree_sitter.Language:
        """Load the grammar; the same object every time. Raises ImportError if its wheel is not installed."""
        return _load_grammar(self.grammar)

    def load_query(self) -> tree_sitter.Query:
        """Compile the query that ``parse`` runs; the same object every time."""
        return _load_query(self)


def language_for_path(path: str | PurePath) -> Language | None:
    """Tell the language of a file by its name alone; None for a file that is not code."""
    return _language_of_name(path.name if isinstance(path, PurePath) else path.rpartition("/")[2])


def language_named(name: str) -> Language | None:
    """Find a language by its name in ``languages.toml``, such as "python" or "tsx"."""
    return languages().get(name)


@cache
def languages_by_id() -> dict[str, Language]:
    """Return every language by what editors call it, such as "python" or "typescriptreact"."""
    return {language_id: language for language in languages().values() for language_id in language.ids}


@lru_cache(maxsize=1 << 12)
def _language_of_name(name: str) -> Language | None:
    by_filename, by_extension = _names()
    return by_filename.get(name.lower()) or by_extension.get(PurePath(name.lower()).suffix)


@cache
def languages() -> dict[str, Language]:
    """Return every language by name."""
    table = tomllib.loads((files(__package__) / "languages.toml").read_text(encoding="utf-8"))
    return {
        name: Language(
            name=name,
            extensions=tuple(entry["extensions"]),
            line_comment=entry.get("line_comment"),
            block_openers=tuple(entry["block_openers"]),
            filenames=tuple(entry.get("filenames", ())),
            ids=(name, *entry.get("ids", ())),
            grammar=entry["grammar"],
            queries=tuple(entry["queries"]),
            unread=re.compile(entry["unread"].encode()) if "unread" in entry else None,
            dialect=_dialect(entry.get("dialect")),
            limits=tuple((re.compile(pattern.encode()), most) for pattern, most in entry.get("limits", {}).items()),
            exports=_export_rule(entry.get("exports", {})),
        )
        for name, entry in table.items()
    }


def _export_rule(entry: dict[str, Any]) -> ExportRule:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return ExportRule(**values)


def _dialect(entry: dict[str, str] | None) -> tuple[re.Pattern[bytes], str] | None:
    return None if entry is None else (re.compile(entry["pattern"].encode()), entry["language"])


@cache
def _names() -> tuple[dict[str, Language], dict[str, Language]]:
    by_filename = {name: language for language in languages().values() for name in language.filenames}
    by_extension = {suffix: language for language in languages().values() for suffix in language.extensions}
    return by_filename, by_extension


@cache
def _load_grammar(grammar: str) -> tree_sitter.Language:
    module, _, function = grammar.partition(":")
    return tree_sitter.Language(getattr(import_module(module), function)())


@cache
def _load_query(language: Language) -> tree_sitter.Query:
    folder = files(__package__) / "queries"
    text = "\n".join((folder / f"{name}.scm").read_text(encoding="utf-8") for name in language.queries)
    return tree_sitter.Query(language.load_grammar(), text)
