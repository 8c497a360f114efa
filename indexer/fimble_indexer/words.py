"""Words for full-text search: identifiers, whole and split into sub-words, without their endings."""

import re
from functools import lru_cache

import Stemmer

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_SUB_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[^\W\d_a-z]+(?![^\W\d_A-Z])|\d+")
_STEMMER = Stemmer.Stemmer("english")
_MAX_LENGTH = 64  # characters; what is longer is no name


def identifiers(text: str) -> list[str]:
    """List the identifiers of ``text`` in order, with repetitions."""
    return _IDENTIFIER.findall(text)


def split_identifier(identifier: str) -> tuple[str, ...]:
    """Give the lower case tokens of an identifier, the whole first: getHTTPUrls -> gethttpurls, get, http, url.

    Sub-words, and an identifier that is one word, lose their English endings: "retries" and "retry" are one token.
    """
    whole = identifier.lower()
    if len(whole) > _MAX_LENGTH:
        return ()
    parts = [part.lower() for part in _SUB_WORD.findall(identifier)]
    if parts == [whole]:
        return (_stem(whole),)
    return (whole, *(_stem(part) for part in parts if part != whole and len(part) > 1))


@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def words(text: str) -> str:
    """Give the tokens of all identifiers of ``text``, separated by spaces, for the full-text tables."""
    return " ".join(map(_tokens, identifiers(text)))


@lru_cache(maxsize=1 << 16)
def _tokens(identifier: str) -> str:
    return " ".join(split_identifier(identifier))
