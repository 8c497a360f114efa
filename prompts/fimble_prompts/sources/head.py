"""What the prompt's window cuts off the file itself: its imports, and the headers of the blocks around the cursor."""

from collections.abc import Iterator

from fimble_indexer.storage.store import Store
from fimble_prompts.candidates import Activity, Candidate
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place

_LONGEST_STATEMENT = 30
"""Lines of one import statement."""
_OPENING, _CLOSING = "([{", ")]}"
_SLOWNESS = 0.05
"""How much less each statement is worth than the one before: of a file's imports, none is much better."""


def head(_store: Store, place: Place, _activity: Activity) -> Iterator[Candidate]:
    """Yield the file's own lines that the model needs and does not see, each on one line."""
    lines = place.text[: place.window_start].split("\n")[:-1]
    numbers = sorted({item.line for item in place.symbols.imports if item.line < len(lines)})
    scopes = [place.text.count("\n", 0, start) for start, _ in place.scopes if start < place.window_start]
    statements = [(number, _statement(lines, number)) for number in [*scopes, *numbers]]
    for rank, (number, text) in enumerate(dict.fromkeys(statements)):
        snippet = Snippet(place.path, number, number + 1, text, "head")
        yield Candidate(snippet, 1 / (1 + _SLOWNESS * rank), is_signature=True)


def _statement(lines: list[str], number: int) -> str:
    """Join the lines of a statement until its brackets are closed."""
    depth, parts = 0, []
    for line in lines[number : number + _LONGEST_STATEMENT]:
        parts.append(line.strip())
        depth += sum(line.count(bracket) for bracket in _OPENING) - sum(line.count(bracket) for bracket in _CLOSING)
        if depth <= 0:
            break
    return " ".join(parts)
