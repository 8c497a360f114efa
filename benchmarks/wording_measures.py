"""How close one text comes to another by its words.

ROUGE-L: the F-measure of the longest common subsequence (Lin, 2004, https://aclanthology.org/W04-1013/), with recall
and precision alike. B-Norm: sentence BLEU-4 in lower case, words and punctuation apart, one added to the counts of all
but single words (Lin and Och, 2004, https://aclanthology.org/C04-1072/); of the variants in use the one that agrees
best with people on commit messages (Tao et al., 2021, https://arxiv.org/abs/2107.05373).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONGEST_NGRAM = 4


def tokens(text: str) -> list[str]:
    """Return words and punctuation marks in lower case."""
    return _TOKEN.findall(text.lower())


def rouge_l(text: str, reference: str) -> float:
    """Return a share between 0 and 1."""
    said, meant = tokens(text), tokens(reference)
    common = _longest_common_subsequence(said, meant)
    return 2 * common / (len(said) + len(meant)) if common else 0.0


def b_norm(text: str, reference: str) -> float:
    """Return a share between 0 and 1."""
    said, meant = tokens(text), tokens(reference)
    if not said:
        return 0.0
    logarithm = 0.0
    for length in range(1, _LONGEST_NGRAM + 1):
        mine, theirs = _ngrams(said, length), _ngrams(meant, length)
        smoothing = float(length > 1)
        right = (mine & theirs).total() + smoothing
        if not right:
            return 0.0
        logarithm += math.log(right / (mine.total() + smoothing))
    brevity = min(0.0, 1 - (len(meant) + 1) / (len(said) + 1))
    return math.exp(logarithm / _LONGEST_NGRAM + brevity)


def _ngrams(items: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(items[start : start + length]) for start in range(len(items) - length + 1))


def _longest_common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for item in one:
        above = 0
        for column, candidate in enumerate(other, start=1):
            above, row[column] = row[column], above + 1 if item == candidate else max(row[column], row[column - 1])
    return row[-1]
