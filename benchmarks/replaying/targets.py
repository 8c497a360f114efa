"""Targets: pieces of published code that are taken out of a tree and typed again, chosen by syntax.

A target is code that a person types: inside a function or class, made of whole pieces of syntax, in a file that is
neither generated nor minified. Comments, documentation and rows of data are left alone.
"""

import random
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import tree_sitter

from fimble_indexer.files.listing import list_files, read_source
from fimble_indexer.files.secrets import redact
from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_indexer.syntax.parse import parse

Kind = Literal["line", "lines", "rest", "inside", "body"]
KINDS: dict[Kind, str] = {
    "line": "one line",
    "lines": "two to five consecutive lines",
    "rest": "from the middle of a line to its end",
    "inside": "between brackets, with text behind it on the line",
    "body": "the whole body of a small function",
}
_WEIGHTS = {"line": 3, "lines": 3, "rest": 2, "inside": 1, "body": 2}
_ENCLOSING = frozenset({"class", "enum", "function", "interface", "method", "struct", "trait"})
_MOST_LINES = 5
_MOST_BODY_LINES = 8
_SHORTEST, _LONGEST = 8, 600  # characters of a target
_LONGEST_LINE = 120
_LARGEST_TABLE = 8
"""Lines of a literal of many elements; a longer one is data."""
_TABLE = re.compile(r"array|dictionary|^list$|^object$|^set$|tuple|initializer_list|literal_value|element_list")
_NOT_CODE = re.compile(r"comment|^string|heredoc|^text$")
_GENERATED = re.compile(r"generated (by|from|file|code|with)|do not edit|@generated|auto-?generated", re.IGNORECASE)
_HEAD = 2000
"""Characters at the beginning of a file, where a generator says so."""
_FUNCTION = re.compile(r"function|method|constructor|func_literal|closure|lambda")
_LONG_TEXT = re.compile(r'"""|\'\'\'|/\*')
_BUILT = frozenset(
    {"build", "cjs", "dist", "esm", "external", "generated", "out", "third_party", "umd", "vendor", "vendored"}
)
"""Folders of built code, and of code that others wrote."""
_DATA = frozenset({"fixtures", "i18n", "locale", "locales", "resources", "snapshots", "testdata"})
_WORD_START = re.compile(r"(?<=\W)\w|(?<=[\s(\[{.,=])\S")
_PROSE = frozenset({"css", "html", "json", "markdown", "sql", "toml", "yaml"})


@dataclass(frozen=True)
class Target:
    """A piece of a file. Offsets count characters of the file's text; `path` is relative to the tree, with "/"."""

    path: str
    language: str
    kind: Kind
    start: int
    end: int
    text: str

    @property
    def lines(self) -> int:
        """How many lines the target covers."""
        return self.text.count("\n") + 1


def choose_targets(root: Path, count: int, seed: int, languages: Collection[str] = ()) -> list[Target]:
    """Choose up to `count` targets, one a file, always the same ones for a tree and seed; no `languages` means all."""
    randomness = random.Random(seed)
    paths = sorted(f.path for f in list_files(root) if _is_code(f.path, languages) and not is_built(root, f.path))
    randomness.shuffle(paths)
    chosen: list[Target] = []
    for path in paths:
        if len(chosen) == count:
            break
        kinds = _shuffled_kinds(randomness)
        found = find_targets(root, path)
        for kind in kinds:
            if candidates := [target for target in found if target.kind == kind]:
                chosen.append(randomness.choice(candidates))
                break
    return chosen


def find_targets(root: Path, path: str) -> list[Target]:
    """Return every possible target of a file; none if the file is not code that a person types."""
    language = language_for_path(path)
    content = read_source(root, path)
    if language is None or content is None:
        return []
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return []
    if "\r" in text or _GENERATED.search(text, 0, _HEAD):
        return []
    source = _Source(path, language, text, content)
    return [target for target in _candidates(source) if _is_typed_by_hand(target, source)]


@dataclass(frozen=True)
class _Source:
    path: str
    language: Language
    text: str
    content: bytes

    def offset(self, byte: int) -> int:
        return len(self.content[:byte].decode("utf-8", "ignore"))

    def target(self, kind: Kind, start: int, end: int) -> Target:
        """Make a target of a range of bytes."""
        text = self.content[start:end].decode("utf-8", "ignore")
        offset = self.offset(start)
        return Target(self.path, self.language.name, kind, offset, offset + len(text), text)


def _candidates(source: _Source) -> Iterator[Target]:
    definitions = [d for d in parse(source.content, source.language).definitions if d.kind in _ENCLOSING]
    inner = {line for d in definitions for line in range(d.start_line + 1, d.end_line)}
    tree = tree_sitter.Parser(source.language.load_grammar()).parse(source.content)
    if tree.root_node.has_error:
        return  # a grammar that does not know the code cannot tell where its pieces end
    lines = source.content.split(b"\n")
    for node in _nodes(tree.root_node):
        first, last = node.start_point.row, node.end_point.row
        if first not in inner or last not in inner:
            continue
        if _FUNCTION.search(node.type) and (body := node.child_by_field_name("body")) is not None:
            yield from _body(source, body)
        if _starts_line(node, lines):
            yield from _whole_lines(source, node, lines)
        if first == last and node.type.startswith(("argument", "parameters", "formal_parameters")):
            yield from _inside(source, node, lines)


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield all named nodes that are code, without what is inside data tables."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if _NOT_CODE.search(node.type) or _is_table(node):
            continue
        yield node
        waiting.extend(reversed(node.named_children))


def _is_table(node: tree_sitter.Node) -> bool:
    return node.end_point.row - node.start_point.row >= _LARGEST_TABLE and bool(_TABLE.search(node.type))


def _whole_lines(source: _Source, node: tree_sitter.Node, lines: list[bytes]) -> Iterator[Target]:
    """Yield one line, and runs of siblings that cover up to five lines."""
    last: tree_sitter.Node | None = node
    while last is not None and last.end_point.row - node.start_point.row < _MOST_LINES and not _is_prose(last):
        end = _line_end(last, lines)
        if end is not None:
            many = last.end_point.row > node.start_point.row
            yield source.target("lines" if many else "line", node.start_byte, end)
            if not many:
                yield from _rest(source, node, end)
        last = last.next_named_sibling


def _rest(source: _Source, node: tree_sitter.Node, end: int) -> Iterator[Target]:
    """Yield the rest of a line from the beginnings of its words, but for the first and for those of prose."""
    text = source.content[node.start_byte : end].decode("utf-8", "ignore")
    for match in _WORD_START.finditer(text, 1):
        start = node.start_byte + len(text[: match.start()].encode())
        found = node.descendant_for_byte_range(start, start)
        while found is not None and found != node and not _NOT_CODE.search(found.type):
            found = found.parent
        if found == node:
            yield source.target("rest", start, end)


def _inside(source: _Source, node: tree_sitter.Node, lines: list[bytes]) -> Iterator[Target]:
    """Yield what stands between the brackets of one line, if more follows there than punctuation."""
    behind = lines[node.end_point.row][node.end_point.column :]
    if node.named_children and re.search(rb"\w", behind):
        yield source.target("inside", node.start_byte + 1, node.end_byte - 1)


def _body(source: _Source, body: tree_sitter.Node) -> Iterator[Target]:
    """Yield the statements of a small body, without the documentation that stands before them."""
    statements = [node for node in body.named_children if not _NOT_CODE.search(node.type)]
    if statements and _is_prose(statements[0]):
        statements = statements[1:]
    if not statements:
        return
    first, last = statements[0], statements[-1]
    lines = source.content.split(b"\n")
    end = _line_end(last, lines)
    small = last.end_point.row - first.start_point.row < _MOST_BODY_LINES
    if end is not None and small and _starts_line(first, lines):
        yield source.target("body", first.start_byte, end)


def _starts_line(node: tree_sitter.Node, lines: list[bytes]) -> bool:
    return not lines[node.start_point.row][: node.start_point.column].strip()


def _line_end(node: tree_sitter.Node, lines: list[bytes]) -> int | None:
    """Return the byte where the line of the node's end ends; None if more follows there than punctuation."""
    line = lines[node.end_point.row]
    if line[node.end_point.column :].strip() not in {b"", b";", b",", b":", b"{"}:
        return None
    return node.end_byte - node.end_point.column + len(line.rstrip())


def _is_prose(node: tree_sitter.Node) -> bool:
    """Tell whether a node is a comment or a documentation string."""
    children = node.named_children
    return bool(_NOT_CODE.search(node.type)) or (len(children) == 1 and bool(_NOT_CODE.search(children[0].type)))


def _is_typed_by_hand(target: Target, source: _Source) -> bool:
    lines = target.text.split("\n")
    mark = source.language.line_comment
    return (
        _SHORTEST <= len(target.text) <= _LONGEST
        and all(len(line) <= _LONGEST_LINE for line in lines)
        and not any(mark and mark in line for line in lines)
        and not _LONG_TEXT.search(target.text)
        and sum(map(str.isalpha, target.text)) >= 0.4 * len(re.sub(r"\s", "", target.text))
        and redact(target.text) == target.text
    )


def _is_code(path: str, languages: Collection[str]) -> bool:
    language = language_for_path(path)
    if language is None or language.name in _PROSE or (languages and language.name not in languages):
        return False
    stub = path.endswith(".pyi") or ".d." in path
    return not stub and not _folders(path) & _DATA


def is_built(root: Path, path: str) -> bool:
    """Tell whether a file was built from others, or is a copy of somebody else's: by its folders, or its declarations.

    JavaScript that a compiler wrote has its declarations beside it.
    """
    file = root / path
    declarations = (file.with_suffix(suffix) for suffix in (".d.ts", ".d.cts", ".d.mts"))
    compiled = file.suffix in {".js", ".cjs", ".mjs"} and any(declaration.exists() for declaration in declarations)
    return compiled or bool(_folders(path) & _BUILT)


def _folders(path: str) -> set[str]:
    return {part.lower() for part in PurePosixPath(path).parts[:-1]}


def _shuffled_kinds(randomness: random.Random) -> list[Kind]:
    """Return all kinds in random order, each first as often as its weight says."""
    return sorted(KINDS, key=lambda kind: randomness.random() ** (1 / _WEIGHTS[kind]), reverse=True)
