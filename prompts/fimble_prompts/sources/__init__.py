"""The sources of context by name; each is a function from a place to candidates, in the module of its kind."""

from typing import Literal

Source = Literal[
    "head",
    "imports",
    "types",
    "definitions",
    "counterpart",
    "callers",
    "similar",
    "edits",
    "views",
    "yanked",
    "diagnostics",
]
DEFAULT_SOURCES: tuple[Source, ...] = ("head", "imports", "types", "similar")
"""Those that earn their tokens, by `benchmarks/context.py`."""
