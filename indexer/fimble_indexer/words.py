"""Words for full-text search: identifiers, whole and split into sub-words."""

import re
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_SUB_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[^\W\d_a-z]+(?![^\W\d_A-Z])|\d+")
_MAX_LENGTH = 64  # characters; what is longer is no name


def identifiers(text: str) -> list[str]:
    """List the identifiers of ``text`` in order, with repetitions."""
    return _IDENTIFIER.findall(text)


def split_identifier(identifier: str) -> tuple[str, ...]:
    """Give the lower case tokens of an identifier, the whole first: getHTTPUrl -> gethttpurl, get, http, url."""
    whole = identifier.lower()
    if len(whole) > _MAX_LENGTH:
        return ()
    parts = [part.lower() for part in _SUB_WORD.findall(identifier)]
    return (whole, *(part for part in parts if part != whole and len(part) > 1))


def words(text: str) -> str:
    """Give the tokens of all identifiers of ``text``, separated by spaces, for the full-text tables."""
    return " ".join(map(_tokens, identifiers(text)))


@lru_cache(maxsize=1 << 14)
def _tokens(identifier: str) -> str:
    return " ".join(split_identifier(identifier))
