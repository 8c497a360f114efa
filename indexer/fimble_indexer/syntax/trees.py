"""Source text to syntax trees, within bounds of size and time that hold for any source.

No Python recursion follows the depth of the code.
"""

import time
from functools import lru_cache

import tree_sitter

from fimble_indexer.syntax.languages import Language

_MAX_BYTES = 4_000_000  # a larger file is most likely generated, and would hold up all others
_MAX_SYNTAX_DEPTH = 200  # nodes; what is nested deeper is not looked at
_MAX_UNCLOSED = 10_000
_MAX_LOOSE_TOKENS = 10_000
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"))
_READ_BYTES = 1 << 9


def query_cursor(query: tree_sitter.Query) -> tree_sitter.QueryCursor:
    """Bound the work of a query, which otherwise grows with the square of the code's depth.

    A progress callback would be the better bound, but py-tree-sitter 0.26.1 crashes on one.
    """
    cursor = tree_sitter.QueryCursor(query, match_limit=1 << 16)
    cursor.set_max_start_depth(_MAX_SYNTAX_DEPTH)
    return cursor


def syntax_tree(
    source: bytes, language: Language, *, seconds: float, is_resident: bool = False
) -> tree_sitter.Tree | None:
    """Return the tree of a source, or None if it is too large or takes longer than so many seconds.

    A process that parses much the same again and again says ``is_resident``, as ``parse`` explains.
    """
    if len(source) > _MAX_BYTES or _is_unbalanced(source) or language.is_too_much(source):
        return None
    deadline = time.monotonic() + seconds

    def read(offset: int, _point: object) -> bytes:
        # Slices of bytes, not of a memoryview, which py-tree-sitter 0.26.1 does not keep alive. Small ones: a lexer
        # that fails asks anew at every byte, and does so without a call of is_late. Lines that are empty make it end.
        end = source.find(b"\n", offset, offset + _READ_BYTES) + 1 if is_resident else 0
        part = source[offset : end or offset + _READ_BYTES]
        if time.monotonic() > deadline:
            return b"\n" * len(part)
        return _same(part) if is_resident else part

    def is_late(_offset: int, _has_error: object) -> bool:
        return time.monotonic() > deadline

    try:
        tree = tree_sitter.Parser(language.load_grammar()).parse(read, progress_callback=is_late)
    except ValueError:  # is_late stopped it
        return None
    return None if time.monotonic() > deadline or _is_rubble(tree) else tree


@lru_cache(maxsize=1 << 14)
def _same(line: bytes) -> bytes:
    """Return the same object for the same line: py-tree-sitter 0.26.1 never frees what it was given to read.

    A document that is parsed again and again would otherwise cost its whole size each time.
    """
    return line


def _is_unbalanced(source: bytes) -> bool:
    """Tell code with so many unclosed brackets that grammars take the square of their number, or crash on it."""
    return any(source.count(opening) - source.count(closing) > _MAX_UNCLOSED for opening, closing in _BRACKETS)


def _is_rubble(tree: tree_sitter.Tree) -> bool:
    """Tell broken code with so many loose tokens in a row that a query takes the square of their number."""
    root = tree.root_node
    if not root.has_error:
        return False
    errors = [root, *(child for child in root.children if child.is_error)]
    return any(node.child_count - node.named_child_count > _MAX_LOOSE_TOKENS for node in errors)
