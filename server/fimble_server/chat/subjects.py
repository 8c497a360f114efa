"""What of a repository a question names: definitions and files."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from fimble_indexer.retrieval.search import SymbolHit, find_symbols
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.definitions import DATA_KINDS

_QUOTED = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[^\W\d]\w*(?:(?:\.|::|#)[^\W\d]\w*)*")
_PATH = re.compile(r"[\w@.+-]+(?:/[\w@.+-]+)+|[\w@+-]+\.[A-Za-z]\w{0,4}\b")
_LOOKS_LIKE_CODE = re.compile(r"[^\W_]_+[^\W_]|[a-z\d][A-Z]|[A-Z]{2,}[a-z]|\.|::|#|\A_")
_MOST_NAMESAKES = 8
_MOST_NAMES = 50
"""That are looked up: a text can be a log that somebody has pasted."""


def looks_like_code(name: str) -> bool:
    """Tell whether a word has the form of a name in code, which no English word has."""
    return bool(_LOOKS_LIKE_CODE.search(name))


def named_definitions(store: Store, text: str, *, any_word: bool = False) -> list[SymbolHit]:
    """List the definitions that a text names, those of one name together and the first name first.

    Words that no sentence has otherwise count (in backticks, `snake_case`, `camelCase`, `Class.method`, with brackets
    behind them), and so does a capitalised name; with ``any_word`` each word that is spelled as a definition is.
    """
    hits: dict[SymbolHit, None] = {}
    for name in islice(dict.fromkeys(_names(text, any_word=any_word)), _MOST_NAMES):
        last = re.split(r"\.|::|#", name)[-1]
        found = [
            hit for hit in find_symbols(store, name.replace("#", "."), _MOST_NAMESAKES) if hit.definition.name == last
        ]
        hits |= dict.fromkeys(hit for hit in found if hit.definition.kind not in DATA_KINDS)
    return list(hits)


def named_files(store: Store, text: str) -> list[str]:
    """List the files that a text names by a path or the end of one, those that are named first before others."""
    written = [match.removeprefix("./") for match in _PATH.findall(text)]
    if not written:
        return []
    called = defaultdict[str, list[str]](list)
    for path in store.paths():
        called[path.rpartition("/")[2]].append(path)
    return list(
        dict.fromkeys(
            path
            for name in written
            for path in called.get(name.rpartition("/")[2], ())
            if path == name or path.endswith(f"/{name}")
        )
    )


def _names(text: str, *, any_word: bool) -> Iterator[str]:
    """Yield the names in backticks first, then the others in their order."""
    for quoted in _QUOTED.findall(text):
        yield from _NAME.findall(quoted)
    plain = _QUOTED.sub(" ", text)
    for match in _NAME.finditer(plain):
        name = match.group()
        is_called = plain.startswith("(", match.end())
        is_capitalised = name[0].isupper() and match.start() > 0
        if any_word or is_called or is_capitalised or looks_like_code(name):
            yield name
