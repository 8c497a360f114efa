"""Changes applied as an editor does."""

from collections.abc import Iterable

from fimble_server.edits.changes import Change


def apply_changes(text: str, changes: Iterable[Change]) -> str:
    """Return the text with the changes, which stand in its order and do not overlap."""
    pieces: list[str] = []
    position = 0
    for change in changes:
        pieces += [text[position : change.start], change.text]
        position = change.end
    return "".join([*pieces, text[position:]])
