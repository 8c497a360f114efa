from collections.abc import Callable, Mapping

import pytest

from fimble_indexer.retrieval.repository_map import repository_map
from fimble_indexer.storage.store import Store

Indexed = Callable[[Mapping[str, str]], Store]

FILES = {
    "cart.py": "class Cart:\n    class Line:\n        def price(self): ...\n    def total(self): ...\n",
    "shop/checkout.py": "from cart import Cart\ndef checkout():\n    return Cart().total()\n",
    "shop/mail.py": "def send_mail(text):\n    ...\n",
    "guide.md": "# Guide\n",
}


def rendered(store: Store, characters: int = 10_000, **options: list[str]) -> str:
    return "".join(file.render() for file in repository_map(store, characters, **options))


def test_everything_is_on_a_map_that_is_large_enough(indexed: Indexed) -> None:
    assert rendered(indexed(FILES)) == (
        "cart.py:\n"
        "    class Cart\n"
        "        class Line\n"
        "            def price(self)\n"
        "        def total(self)\n"
        "shop/checkout.py:\n"
        "    def checkout()\n"
        "shop/mail.py:\n"
        "    def send_mail(text)\n"
    )


@pytest.mark.parametrize("characters", [-1, 0, 1, 20, 24, 50, 80, 100, 150, 1000])
def test_budget_holds_and_members_keep_what_encloses_them(indexed: Indexed, characters: int) -> None:
    store = indexed(FILES)
    text = rendered(store, characters)

    assert len(text) <= max(characters, 0)
    assert text == rendered(store, characters)
    if "total" in text:
        assert "class Cart" in text


def test_what_is_used_most_comes_first(indexed: Indexed) -> None:
    assert rendered(indexed(FILES), 30) == "cart.py:\n    class Cart\n"


def test_only_these_paths(indexed: Indexed) -> None:
    store = indexed(FILES)

    assert [file.path for file in repository_map(store, 1000, within=["shop"])] == ["shop/checkout.py", "shop/mail.py"]
    assert [file.path for file in repository_map(store, 1000, within=["shop/mail.py", "cart.py"])] == [
        "cart.py",
        "shop/mail.py",
    ]
    assert repository_map(store, 1000, within=["sho"]) == []


def test_focus_chooses_what_matters_to_it(indexed: Indexed) -> None:
    store = indexed(FILES)

    assert "send_mail" not in rendered(store, 60, focus=["shop/checkout.py"])
    assert "send_mail" in rendered(store, 60, focus=["shop/mail.py"])


def test_long_signatures_are_cut(indexed: Indexed) -> None:
    store = indexed({"a.py": f"def f({', '.join(f'argument{i}' for i in range(50))}): ...\n"})

    (_, line) = rendered(store).splitlines()
    assert len(line) < 200
    assert line.endswith("...")


def test_an_empty_index_has_an_empty_map(indexed: Indexed) -> None:
    assert repository_map(indexed({}), 1000) == []


def test_what_is_not_exported_comes_last(indexed: Indexed) -> None:
    store = indexed({"main.go": "package main\nfunc helper() {}\nfunc Serve() { helper() }\nfunc main() { Serve() }\n"})

    assert rendered(store) == "main.go:\n    func helper()\n    func Serve()\n    func main()\n"
    assert rendered(store, 30) == "main.go:\n    func Serve()\n"
