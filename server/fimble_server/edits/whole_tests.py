"""Tests that a small model would write without end: where they are enough, and what of them is whole."""

import re

from fimble_indexer.syntax.languages import Language
from fimble_indexer.words import identifiers
from fimble_server.edits.checks import errors_in, syntax_problem

_PIECE = re.compile(r"\n\s*\n(?=\S)")
"""Between two tests that stand at the top of their file."""
_CLAIM = re.compile(r"assert|expect|should|\bt\.(?:Error|Fatal|Fail)", re.IGNORECASE)
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_MOST_ALIKE = 5
"""Lines with the same names in them: more of them say nothing new."""
_SHORTEST_ALIKE = 2
"""Names in such a line."""
_MOST_LEFT_OUT = 40
"""Lines of an answer that was cut off which may be left out."""
_CLOSINGS = ("", "\n}", "\n});", "\nend", "\n  end\nend", "\n    }\n}")


def is_repetitive(code: str) -> bool:
    """Tell whether code has come to lines that differ in nothing but their values, as small models write on and on."""
    names = [frozenset(identifiers(_STRING.sub("", line))) for line in code.split("\n")[:-1]]
    return bool(names) and len(names[-1]) >= _SHORTEST_ALIKE and names.count(names[-1]) > _MOST_ALIKE


def whole_tests(code: str, language: Language) -> str:
    """Return what is whole of tests that were cut off; empty if nothing is.

    Of a single test that is as many lines as parse with what closes its last block, if they claim something.
    """
    gaps = list(_PIECE.finditer(code))
    if gaps:
        return code[: gaps[-1].start()]
    lines = code.split("\n")[:-1]
    lines = [
        line for line, before in zip(lines, ["", *lines], strict=False) if line != before or not _CLAIM.search(line)
    ]
    for end in range(len(lines), max(0, len(lines) - _MOST_LEFT_OUT), -1):
        for closing in _CLOSINGS:
            ended = "\n".join(lines[:end]).rstrip() + closing
            if _CLAIM.search(ended) and not errors_in(ended, language) and not syntax_problem("", ended, language):
                return ended
    return ""
