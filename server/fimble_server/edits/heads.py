"""The head of code that a model goes on from: up to what is missing in it, or to where a documented body begins."""

import ast
import re
import warnings

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.outline import outline

_PLACEHOLDER = re.compile(
    r"(?:#|//|--)\s*(?:TODO|FIXME)\W*|\.\.\.|pass|raise NotImplementedError\b.*|(?:todo|unimplemented)!\(.*|TODO\(.*\)"
    r"|throw new \w*(?:Error|Exception)\(.*(?i:todo|not.?implemented).*"
)
_PROMISE = re.compile(r"(?:#|//|--)\s*(?:TODO|FIXME)\W*\w.*")
_CLOSING = re.compile(r"[})\];,]*|end|" + _PLACEHOLDER.pattern)
_LONGEST_BODY = 30
"""Lines; a small model writes more of them worse than they were."""
_EMPTY_BODY = re.compile(r"\{\s*\}[;\s]*\Z")


def missing_head(code: str, language: Language) -> str | None:
    """Return the lines of code up to what is missing at its end: a body, or what a TODO is for; None where nothing is.

    They end with a line feed: behind blanks a model would begin within a word as it knows it. Where code follows, it is
    not the end that is missing, and what follows would be lost.
    """
    lines = code.split("\n")
    for number, line in enumerate(lines):
        is_promise = _PROMISE.fullmatch(line.strip()) is not None
        if not is_promise and (number == 0 or not _PLACEHOLDER.fullmatch(line.strip().rstrip(";"))):
            continue
        if all(_CLOSING.fullmatch(below.strip()) for below in lines[number + 1 :]):
            return "\n".join([*lines[: number + is_promise], ""])
    if language.name == "python":
        return _head_with_docstring(code, has_body=False)
    if empty := _EMPTY_BODY.search(code):
        return f"{code[: empty.start() + 1]}\n"
    return None


def documented_head(code: str, language: Language) -> str | None:
    """Return the code of a definition up to where its body begins, with documentation, so that it can be gone on with.

    None where it has no documentation, where no body is found in it, or one too long to be thrown away.
    """
    head = (
        _head_with_docstring(code, has_body=True) if language.name == "python" else _head_with_comment(code, language)
    )
    return head if head is not None and code.count("\n") - head.count("\n") <= _LONGEST_BODY else None


def _head_with_comment(code: str, language: Language) -> str | None:
    source = code.encode()
    found = outline(source, language)
    item = found.items[0] if found and len(found.items) == 1 else None
    if item is None or item.body is None or not item.comments or source[item.body.start : item.body.start + 1] != b"{":
        return None
    return f"{source[: item.body.start + 1].decode()}\n"


def _head_with_docstring(code: str, *, has_body: bool) -> str | None:
    """Return a function of Python up to the end of its docstring, if it has one, and more or no more than that."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in strings, which are no errors
            function = ast.parse(code).body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError, IndexError):
        return None
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or ast.get_docstring(function) is None:
        return None
    docstring, *body = function.body
    if bool(body) != has_body:
        return None
    return "\n".join([*code.split("\n")[: docstring.end_lineno], ""])
