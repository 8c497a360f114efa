"""What is wrong with an edit: code that parsed before and does not parse any more."""

import ast
import warnings

from fimble_indexer.files.secrets import REDACTED
from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.parse import error_lines
from fimble_server.edits.changes import plain


def syntax_problem(before: str, after: str, language: Language | None) -> str | None:
    """Say in one sentence what an edit of a whole file has broken; None if it parses no worse than before.

    The line in the sentence counts from 1, in the text after the edit.
    """
    if language is None:
        return None
    lines = errors_in(after, language)
    if lines and len(lines) > len(errors_in(before, language)):
        return f"the code does not parse any more: there is a syntax error in line {lines[0] + 1}"
    if language.name == "python" and (error := _python_error(after)) and _python_error(before) is None:
        return f"the code does not parse any more: {error}"
    return None


def hidden_secret(code: str) -> str | None:
    """Say that new code stands for a secret which the model was not shown; None if it does not."""
    return "the code has a secret in it, which was not shown to the model" if REDACTED in code else None


def errors_in(text: str, language: Language) -> list[int]:
    """List the 0-based lines of the syntax errors of a text, whatever its lines end with."""
    return error_lines(plain(text).encode(), language)


def _python_error(source: str) -> str | None:
    """Return what Python's own parser objects to, which is stricter with indentation than the grammar."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in strings, which are no errors
            ast.parse(plain(source).removeprefix("\ufeff"))
    except SyntaxError as error:
        return f"{error.msg} in line {error.lineno or 1}"
    except (ValueError, RecursionError, MemoryError):  # what it cannot tell: very deep code
        return None
    return None
