"""Names in an answer that no file of the repository has: a model invents them, and they are marked."""

import re
from collections.abc import Iterator
from itertools import pairwise

from fimble_indexer.storage.store import Store
from fimble_indexer.words import split_identifier
from fimble_server.chat.subjects import looks_like_code

MARK = " (not in the repository)"
_FENCE = re.compile(r"^```.*?^```[^\n]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(?P<code>[^`\n]+)`|(?<![\w./])(?P<bare>[^\W\d][\w./]*\w)(?P<call>\(\))?")
_NAME = re.compile(r"[^\W\d]\w*")
_PATH = re.compile(
    r"[\w@+-][\w./@+-]*\.(?:py|pyi|md|rst|txt|toml|json|ya?ml|cfg|ini|[jt]sx?|rs|go|java|cc?|cpp|hh?)|[\w.@+-]+(?:/[\w.@+-]+)*/"
)
_ABBREVIATION = re.compile(r"[A-Z]{2,}s|(?:\w\.)+\w")
_LOOKED_THROUGH = 60
"""Chunks that hold a name by its stem: in one of them it is spelled exactly so, or nowhere."""


def mark_unknown(store: Store, text: str) -> tuple[str, list[str]]:
    """Return a text with a mark behind what is in the form of code and nowhere in the repository, and these names.

    A name that stands in a code block is listed and not marked: a block is there to be copied.
    """
    known: dict[str, bool] = {}
    pieces: list[str] = []
    position = 0
    for match, is_in_block in _spans(text):
        names = _names(match["code"] or match["bare"])
        for name in names:
            if name not in known:
                known[name] = _exists(store, name)
        if not is_in_block and not all(known[name] for name in names):
            pieces += [text[position : match.end()], MARK]
            position = match.end()
    return "".join([*pieces, text[position:]]), [name for name, exists in known.items() if not exists]


def _spans(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield what is in the form of code, in its order, and whether it is in a code block."""
    blocks = [block.span() for block in _FENCE.finditer(text)]
    edges = [0, *(edge for block in blocks for edge in block), len(text)]
    for number, (start, end) in enumerate(pairwise(edges)):
        for match in _SPAN.finditer(text, start, end):
            if match["code"] or match["call"] or _is_name(match["bare"]):
                yield match, number % 2 == 1


def _is_name(word: str) -> bool:
    return looks_like_code(word) and not _ABBREVIATION.fullmatch(word)


def _names(code: str) -> list[str]:
    """List the names in a piece of code, or the path that it is."""
    return [code] if _PATH.fullmatch(code) else [name for name in _NAME.findall(code) if len(name) > 1]


def _exists(store: Store, name: str) -> bool:
    """Tell whether any file spells the name so, or is called so."""
    if _PATH.fullmatch(name):
        wanted = f"/{name.strip('/')}/"
        return any(wanted in f"/{path}/" for path in store.paths())
    if store.references_to(name, 1) or any(found.name == name for _, found in store.definitions_named(name, 1)):
        return True
    tokens = split_identifier(name)[:1]
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    if store.chunk_frequencies(tokens):
        return any(word.search(chunk.text) for _, chunk, _ in store.chunks_matching(tokens, _LOOKED_THROUGH))
    return any(word.search(path) for path in store.paths())
