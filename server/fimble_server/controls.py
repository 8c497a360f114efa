"""Text of others without the characters that steer what shows it: a terminal can be made to do more than to show."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_controls(text: str) -> str:
    """Return a text without control characters, but for tabs and line ends, and without those that hide or turn text.

    Each character counts by itself: of a text in pieces the pieces are the same.
    """
    return _CONTROL.sub("", text)
