"""Words for full-text search: identifiers, whole and split into sub-words, without their endings."""

import re
from functools import lru_cache

import Stemmer

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_SUB_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[^\W\d_a-z]+(?![^\W\d_A-Z])|\d+")
_SPACED = {code: " " for code in range(128) if not re.match(r"\w", chr(code))}
_STEMMER = Stemmer.Stemmer("english")
_MAX_LENGTH = 64  # characters; what is longer is no name
_MAX_REMEMBERED = 1 << 16  # identifiers


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
    if len(_tokens) > _MAX_REMEMBERED:
        _tokens.clear()
    # Nearly all code is ASCII, which is split at spaces in a fifth of the time of a regular expression.
    pieces = text.translate(_SPACED).split() if text.isascii() else identifiers(text)
    return " ".join(filter(None, map(_tokens.__getitem__, pieces)))


class _Tokens(dict[str, str]):
    """The tokens of words met before, with spaces between them: half of the time of a cache of functools."""

    def __missing__(self, word: str) -> str:
        tokens = self[word] = " ".join(token for name in identifiers(word) for token in split_identifier(name))
        return tokens


_tokens = _Tokens()
