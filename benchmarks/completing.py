"""Lines completed by the real engine, and what came of it, kept so that a run that was cut short can go on."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from fimble_indexer.storage.store import Store
from fimble_prompts.candidates import Activity
from fimble_prompts.context import find_snippets
from fimble_prompts.fim import Snippet, prefix_window, set_anchor
from fimble_prompts.place import Place
from fimble_prompts.sources import Source
from fimble_server.engine.client import LocalEngine
from fimble_server.engine.protocol import Complete, Stop
from fimble_server.models.chosen import ChosenModel
from fimble_server.prompting import AnchoredDocument, PromptMaker
from fimble_server.suggest import CHARACTERS_PER_TOKEN

TYPED_OF_NAME = 2
_NAME = re.compile(r"\b[^\W\d]\w{3,}")


@dataclass(frozen=True)
class Item:
    """A line to complete from a column on; `needs` tells what its next name, `name`, is."""

    corpus: str
    path: str
    line: int
    column: int
    target: str
    needs: str
    name: str


def names_in(line: str) -> list[tuple[str, int]]:
    """List the names of a line that say something, each with the column at which somebody has begun to type it."""
    found = [(match.group(), match.start() + TYPED_OF_NAME) for match in _NAME.finditer(line)]
    return list({name: (name, column) for name, column in reversed(found)}.values())[::-1]


@dataclass(frozen=True)
class Outcome:
    """The answer to an item with some sources, and what it cost; `comparison` names the set of sources."""

    item: Item
    comparison: str
    answer: str
    context_tokens: int
    sources: tuple[str, ...]
    context_ms: float


@dataclass(frozen=True)
class Session:
    """The engine with the model that is measured, and the sizes of the prompt's parts in tokens."""

    engine: LocalEngine
    model: ChosenModel
    prefix_tokens: int
    suffix_tokens: int
    context_tokens: int

    async def outcomes(
        self,
        item: Item,
        store: Store,
        text: str,
        offset: int,
        comparisons: dict[str, tuple[Source, ...]],
        activity: Activity | None = None,
    ) -> list[Outcome]:
        """Complete an item with each set of sources."""
        answers: dict[tuple[Snippet, ...], str] = {}  # sources that find nothing need no answer of their own
        outcomes = []
        for name, sources in comparisons.items():
            start = offset - len(prefix_window(text[:offset], self._characters(self.prefix_tokens)))
            place = Place.of(item.path, text, offset, window_start=start)
            started = perf_counter()
            snippets = find_snippets(
                store, place, limit=self._characters(self.context_tokens), sources=sources, activity=activity
            )
            milliseconds = 1000 * (perf_counter() - started)
            if snippets not in answers:
                answers[snippets] = await self._complete(place, snippets)
            size = sum(len(snippet.text) + len(snippet.path) for snippet in snippets)
            found = tuple(dict.fromkeys(snippet.source for snippet in snippets))
            tokens = int(size / CHARACTERS_PER_TOKEN)
            outcomes.append(Outcome(item, name, answers[snippets], tokens, found, milliseconds))
        return outcomes

    async def _complete(self, place: Place, snippets: tuple[Snippet, ...]) -> str:
        """Return the rest of the line as the model writes it, however long that takes."""
        maker = PromptMaker(
            self.model.fim,
            prefix_limit=self._characters(self.prefix_tokens),
            suffix_limit=self._characters(self.suffix_tokens),
        )
        document = AnchoredDocument(place.path, set_anchor(place.text, place.offset, snippets))
        typed = document.anchor.typed(place.text, place.offset, len(place.text)) or ""
        prompt = next(maker.prompts(document, place.text, place.offset, typed, affordable=0, explicit=True))
        completion = await self.engine.complete(
            Complete(
                id=0,
                document="benchmark",
                prompts=(prompt,),
                stop=Stop(),
                stop_tokens=self.model.fim.stops,
                prefill_ms=1e6,
                decode_ms=1e6,
            )
        )
        assert completion is not None
        return completion.candidates[0].text if completion.candidates else ""

    def _characters(self, tokens: int) -> int:
        return int(tokens * CHARACTERS_PER_TOKEN)


def read_outcomes(file: Path | None) -> list[Outcome]:
    """Return what an earlier run has kept; nothing if there was none."""
    if file is None or not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Outcome(**{**row, "item": Item(**row["item"]), "sources": tuple(row["sources"])}) for row in rows]


def append_outcomes(file: Path | None, outcomes: list[Outcome]) -> None:
    """Keep outcomes, one JSON object a line."""
    if file is not None:
        with file.open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(asdict(outcome)) + "\n" for outcome in outcomes)
