"""Whatever a file holds, it costs no worker its life: random text of a language's own tokens, and broken code."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fimble_indexer.building.pool import Pool
from fimble_indexer.building.understand import Task
from fimble_indexer.files.listing import content_belongs
from fimble_indexer.syntax.languages import languages
from language_samples import LANGUAGES

SEPARATORS = ("", " ", "\n", "\n    ")
ODDITIES = ("\r\n", "\t", "\ufeff", "é", "\U0001f600", "\x0c", "0", "1.5e9", "name", "_", "'", '"', "\\", "`")


@pytest.fixture(scope="module")
def worker() -> Iterator[Pool]:
    """One process; a grammar that crashes takes down this one and not the tests."""
    with Pool(1, seconds=30) as pool:
        yield pool


@cache
def tokens(language: str) -> list[str]:
    """Return the words and signs that a grammar knows, those of a sample, and what belongs nowhere."""
    grammar = languages()[language].load_grammar()
    kinds = range(grammar.node_kind_count)
    own = {grammar.node_kind_for_id(kind) for kind in kinds if not grammar.node_kind_is_named(kind)} - {None}
    return sorted({*map(str, own), *LANGUAGES[language][0].split(), *ODDITIES})


def texts(language: str) -> st.SearchStrategy[str]:
    """Draw texts that are hard on a language: of its tokens, of a few of them again and again, and of broken code."""
    token = st.sampled_from(tokens(language))
    separator = st.sampled_from(SEPARATORS)
    sample = LANGUAGES[language][0]
    place = st.integers(0, len(sample))
    some = st.builds(str.join, separator, st.lists(token, max_size=60))
    few = st.builds(str.join, separator, st.lists(token, min_size=1, max_size=4))
    repeated = st.builds(repeat, few, separator, st.sampled_from([10, 100, 1000]), some)
    damaged = st.builds(lambda start, end, middle: sample[:start] + middle + sample[end:], place, place, some)
    return some | repeated | damaged | st.builds(str.__add__, damaged, repeated)


def repeat(unit: str, end: str, count: int, rest: str) -> str:
    """Repeat a text on lines that are not too long for a person's, and add another one."""
    units = [unit] * count
    return "\n".join(end.join(units[start : start + 20]) for start in range(0, count, 20)) + rest


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_text_costs_a_worker_its_life(language: str, worker: Pool, data: st.DataObject) -> None:
    text = data.draw(texts(language))
    path = f"file{languages()[language].extensions[0]}"

    (understood,) = worker.understand(Path(), [Task(path, text.encode())])

    assert not understood.failed
    assert (understood.language == language) == content_belongs(text.encode())
