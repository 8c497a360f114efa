"""Where the user has just been: code that was edited or looked at a moment ago."""

from collections.abc import Iterable, Iterator

from fimble_indexer.storage.store import Store
from fimble_prompts.candidates import Activity, Candidate
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place


def edits(_store: Store, place: Place, activity: Activity) -> Iterator[Candidate]:
    """Yield the code around the last edits elsewhere, the newest first."""
    return _elsewhere(place, activity.edits, "edits")


def views(_store: Store, place: Place, activity: Activity) -> Iterator[Candidate]:
    """Yield the code that was on the screen last, the newest first."""
    return _elsewhere(place, activity.views, "views")


def _elsewhere(place: Place, snippets: Iterable[Snippet], source: str) -> Iterator[Candidate]:
    others = [snippet for snippet in snippets if snippet.path != place.path]
    for rank, snippet in enumerate(others):
        text = snippet.text.replace("\r\n", "\n")
        yield Candidate(Snippet(snippet.path, snippet.start_line, snippet.end_line, text, source), 1 / (1 + rank))
