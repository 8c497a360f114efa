"""Where the statements of bodies begin: what is said about them goes above those lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.trees import syntax_tree

_MAX_SECONDS = 1.0  # somebody waits for the answer
_BODY = re.compile("block|body|statement|suite|do_group|then|program|source|module|translation_unit|chunk")
# What goes on with a statement that stands above it, what only looks like a statement, and what is not of a body.
_NONE = re.compile(
    "string|comment|else|elif|except|catch|finally|ensure|rescue|clause|case|label|function|method|class|decorated"
    "|annotation|attribute|import|export|package|interface|struct|impl|template|preproc"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a statement, 0-based, from `start_line` to before `end_line`, and what its grammar calls it."""

    start_line: int
    end_line: int
    kind: str


def statements(source: bytes, language: Language) -> list[Statement]:
    """Return the statements that are the first of their lines, one a line, in the order of the source.

    None are known of a source that is too large or takes too long.
    """
    tree = syntax_tree(source, language, seconds=_MAX_SECONDS)
    if tree is None:
        return []
    lines = source.split(b"\n")
    found: dict[int, Statement] = {}
    for node in _named(tree):
        start, end = node.start_point, node.end_point
        if lines[start.row][: start.column].strip() or node.parent is None or not _BODY.search(node.parent.type):
            continue
        if node.is_error or node.parent.start_point == node.parent.end_point or _NONE.search(node.type):
            found.pop(start.row, None)
            continue
        found[start.row] = Statement(start.row, end.row + bool(end.column), node.type)
    return [found[row] for row in sorted(found)]


def _named(tree: tree_sitter.Tree) -> Iterator[tree_sitter.Node]:
    """Yield the named nodes, those in others right behind them."""
    cursor = tree.walk()
    is_new = True
    while True:
        node = cursor.node
        if is_new and node is not None and node.is_named:
            yield node
        if (is_new and cursor.goto_first_child()) or cursor.goto_next_sibling():
            is_new = True
        elif cursor.goto_parent():
            is_new = False
        else:
            return
