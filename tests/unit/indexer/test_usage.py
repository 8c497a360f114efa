from collections.abc import Callable, Mapping

import pytest

from fimble_indexer.retrieval.search import SymbolHit, find_symbols
from fimble_indexer.retrieval.usage import callers_of, dependents
from fimble_indexer.storage.store import Store

Indexed = Callable[[Mapping[str, str]], Store]

FILES = {
    "bank/money.py": "def convert(amount):\n    return amount\n\ndef double(amount):\n    return convert(amount) * 2\n",
    "bank/desk.py": "def pay():\n    convert(1)\n",
    "web/page.py": "from bank.money import convert\nclass Page:\n    def show(self):\n        convert(2)\nconvert(3)\n",
    "video/codec.py": "def convert(film): ...\n",
    "video/film.py": "from video.codec import convert\nconvert('x')\n",
    "far/away.py": "def guess(tool):\n    tool.convert(4)\n",
}


@pytest.fixture
def store(indexed: Indexed) -> Store:
    return indexed(FILES)


def hit(store: Store, path: str, name: str) -> SymbolHit:
    return next(found for found in find_symbols(store, name) if found.path == path)


def test_callers_are_found_with_what_is_around_them(store: Store) -> None:
    uses = callers_of(store, hit(store, "bank/money.py", "convert"))

    assert [(use.path, use.line, use.within and use.within.qualified_name, use.is_sure) for use in uses] == [
        ("bank/money.py", 4, "double", True),
        ("bank/desk.py", 1, "pay", True),
        ("web/page.py", 3, "Page.show", True),
        ("web/page.py", 4, None, True),
        ("far/away.py", 1, "guess", False),
    ]


def test_limit_keeps_the_sure_ones(store: Store) -> None:
    assert all(use.is_sure for use in callers_of(store, hit(store, "bank/money.py", "convert"), limit=4))


def test_a_namesake_that_is_imported_is_another_one(store: Store) -> None:
    paths = {use.path for use in callers_of(store, hit(store, "video/codec.py", "convert"))}

    assert paths == {"video/film.py", "far/away.py"}


def test_what_nobody_uses_has_no_callers(store: Store) -> None:
    assert callers_of(store, hit(store, "bank/money.py", "double")) == []


def test_dependents_are_those_that_use_it(store: Store) -> None:
    found = dict(dependents(store, "bank/money.py"))

    assert set(found) == {"bank/desk.py", "web/page.py", "video/film.py", "far/away.py"}
    assert found["web/page.py"] > found["far/away.py"]
    assert next(iter(found)) == "web/page.py"


@pytest.mark.parametrize("path", ["missing.py", "far/away.py"])
def test_nothing_depends_on_it(store: Store, path: str) -> None:
    assert dependents(store, path) == []
