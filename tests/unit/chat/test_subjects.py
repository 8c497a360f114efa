import pytest

from fimble_indexer.retrieval.search import SymbolHit
from fimble_indexer.storage.store import Store
from fimble_server.chat import subjects
from fimble_server.chat.subjects import named_definitions, named_files


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("who calls plan_day?", ["plan_day"]),
        ("who calls `bake`", ["Oven.bake"]),
        ("who calls Oven.preheat", ["Oven.preheat"]),
        ("who calls Oven#preheat", ["Oven.preheat"]),
        ("what is preheat() for", ["preheat", "Oven.preheat"]),
        ("how does an Oven work", ["Oven"]),
        ("how do I bake", []),
        ("what does missing_name do", []),
    ],
)
def test_definitions_are_found_by_the_names_in_a_text(store: Store, text: str, names: list[str]) -> None:
    assert [hit.definition.qualified_name for hit in named_definitions(store, text)] == names


def test_a_plain_word_is_a_name_only_where_one_is_expected(store: Store) -> None:
    assert named_definitions(store, "who likes bake") == []
    assert [hit.definition.name for hit in named_definitions(store, "the bake method", any_word=True)] == ["bake"]


@pytest.mark.parametrize("text", ["what imports bakery/oven.py", "what imports oven.py?", "./bakery/oven.py"])
def test_files_are_found_by_the_end_of_their_path(store: Store, text: str) -> None:
    assert named_files(store, text) == ["bakery/oven.py"]


def test_a_path_that_does_not_exist_names_no_file(store: Store) -> None:
    assert named_files(store, "what imports kitchen/oven.py or /etc/passwd") == []


def test_of_a_log_that_was_pasted_not_every_name_is_looked_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def find(_store: Store, name: str, _most: int) -> list[SymbolHit]:
        looked_up.append(name)
        return []

    monkeypatch.setattr(subjects, "find_symbols", find)
    named_definitions(store, " ".join(f"at some_name_{number // 2}()" for number in range(1000)))
    assert looked_up == [f"some_name_{number}" for number in range(len(looked_up))]
    assert len(looked_up) <= 100
