"""Token healing: the boundary between what was typed and what is generated need not fall between two tokens.

A word cut in the middle is tokenised differently from the whole word, and a model trained on whole words completes
the cut one badly. So the last tokens typed are taken back, and generation may only produce tokens that agree with
the bytes taken back until those are spelled out again. See "Token healing" in arXiv 2403.08688.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LONGEST_TAKEN_BACK = 2
"""Tokens; a word of more pieces has enough of them left to be recognised."""


class Healer:
    """The vocabulary, sorted by the bytes of its tokens."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        """Sort the vocabulary; empty pieces (control tokens) never agree with typed text."""
        pairs = sorted((piece, token) for token, piece in enumerate(pieces) if piece)
        self._pieces = [piece for piece, _ in pairs]
        self._tokens = np.array([token for _, token in pairs], dtype=np.int64)
        self._by_token = pieces
        self._longest = max(map(len, self._pieces))

    def take_back(self, typed: Sequence[int]) -> tuple[list[int], bytes]:
        """Split typed tokens into those to keep and the bytes of those to generate again.

        The last token always goes. The one before goes too if the word goes on across the boundary.
        """
        kept = list(typed)
        pending = b""
        for _ in range(min(_LONGEST_TAKEN_BACK, len(kept))):
            piece = self._by_token[kept[-1]]
            if pending and not (_inside_word(pending[:1]) and _inside_word(piece[-1:])):
                break
            pending = piece + pending
            kept.pop()
        return kept, pending

    def agreeing(self, pending: bytes) -> NDArray[np.int64]:
        """Return the tokens that begin with `pending`, and those that `pending` begins with."""
        start = bisect_left(self._pieces, pending)
        end = bisect_left(self._pieces, True, start, key=lambda piece: not piece.startswith(pending))  # noqa: FBT003 - the key's value
        beginnings = [pending[:length] for length in range(1, min(len(pending), self._longest + 1))]
        shorter = [
            self._tokens[bisect_left(self._pieces, beginning) : bisect_right(self._pieces, beginning)]
            for beginning in beginnings
        ]
        return np.concatenate([self._tokens[start:end], *shorter])


def _inside_word(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_" or byte >= b"\x80"
