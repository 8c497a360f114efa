"""Texts to complete that leave no doubt about the answer."""

ADD = '''def add(first: int, second: int) -> int:
    """Return the sum of first and second."""
    return first + second


def subtract(first: int, second: int) -> int:
    """Return the difference of first and second."""
    return '''
"""Goes on with `first - second`."""
