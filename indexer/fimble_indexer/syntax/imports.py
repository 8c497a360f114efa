"""Import statements, from the text of their parts to one record per imported name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_QUOTES = "\"'`<>"
_SEPARATORS = ("::", "\\", ".")
_RENAMED = re.compile(r" as | ?=> ?")
# Where importing is a call like any other, these are the functions that do it (JavaScript, Lua, Ruby, Bash).
_IMPORTING_FUNCTIONS = frozenset({"require", "require_relative", "load", "source", "."})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name.

    ``module`` is written as in the source ("a.b", "./x", "crate::a", "lib/x.h"). ``name`` is None when the whole
    module is imported and "*" when all its names are. ``alias`` is the local name where it differs. ``line`` is
    0-based.
    """

    module: str
    name: str | None
    alias: str | None
    line: int


def imports_from_parts(parts: Mapping[str, str], line: int) -> Iterator[Import]:
    """Build the imports of one query match.

    ``parts`` maps the captures "module", "name", "alias", "default", "by", "path" and "prefix" (without their
    leading "import.") to source text. A path holds module and name in one, perhaps behind the word "import", and may
    hold a group: ``a::{b, c as d}``.
    """
    if "by" in parts and parts["by"] not in _IMPORTING_FUNCTIONS:
        return
    if "path" in parts:
        prefix = parts.get("prefix")
        text = f"{prefix}\\{parts['path']}" if prefix else parts["path"]
        for names, alias in _expand_path(text):
            module, separator, name = _split_last(names)
            yield Import(module, name, alias, line) if separator else Import(name, None, alias, line)
        return
    module = parts.get("module", "").strip(_QUOTES)
    if not module:
        return
    alias = parts.get("alias")
    if "default" in parts:
        yield Import(module, "default", parts["default"], line)
    else:
        yield Import(module, parts.get("name"), alias, line)


def _expand_path(text: str) -> Iterator[tuple[str, str | None]]:
    """Expand the groups of a path: ``a::{b, c::{d as e}}`` gives ``a::b`` and ``a::c::d`` with the alias ``e``."""
    prefixes = [""]  # what stands before each group that is open
    current = ""
    for character in f"{' '.join(text.split()).removeprefix('import ')},":
        if character == "{":
            prefixes.append(prefixes[-1] + current.lstrip())
            current = ""
        elif character in ",}":
            if path := current.strip():
                names, *alias = _RENAMED.split(path, maxsplit=1)
                yield _plain_path(prefixes[-1] + names.strip()), alias[0].strip() if alias else None
            current = ""
            if character == "}" and len(prefixes) > 1:
                prefixes.pop()
        else:
            current += character


def _plain_path(path: str) -> str:
    """Read Rust's ``a::b::{self}`` as ``a::b``, and Scala's ``a._`` as ``a.*``."""
    return f"{path[:-1]}*" if path.endswith("._") else path.removesuffix("::self")


def _split_last(path: str) -> tuple[str, str, str]:
    for separator in _SEPARATORS:
        if separator in path:
            module, _, name = path.rpartition(separator)
            return module, separator, name
    return "", "", path
