import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.retrieval.graph import Graph, rank_definitions, rank_files
from fimble_indexer.storage.store import Store

Files = Mapping[str, str]
Indexed = Callable[[Files], Store]

SHOP = {
    "cart.py": "class Cart:\n    def total(self): ...\n",
    "mail.py": "def send_mail(text): ...\n",
    "checkout.py": "from cart import Cart\ndef checkout():\n    return Cart().total()\n",
    "notice.py": "from mail import send_mail\ndef notify():\n    send_mail('x')\n",
    "other.py": "def unrelated(): ...\n",
    "guide.md": "# Nothing\n",
}


def ranks(store: Store, *focus: str) -> dict[str, float]:
    return dict(rank_files(store, focus))


def test_an_empty_index_ranks_nothing(indexed: Indexed) -> None:
    store = indexed({})

    assert rank_files(store) == rank_files(store, ["missing.py"], ["missing"]) == []
    assert rank_definitions(store) == []


@pytest.mark.parametrize("source", ["", "def f(): f()\n", "import a\nfrom a import f\nf()\n"])
def test_one_file_has_the_whole_rank(indexed: Indexed, source: str) -> None:
    ((path, rank),) = rank_files(indexed({"a.py": source}))

    assert path == "a.py"
    assert rank == pytest.approx(1)


def test_what_others_use_ranks_higher(indexed: Indexed) -> None:
    found = ranks(indexed(SHOP))

    assert found["cart.py"] > found["checkout.py"] > found["other.py"]
    assert found["mail.py"] > found["notice.py"]


@pytest.mark.parametrize(
    ("focus", "near", "far"), [("checkout.py", "cart.py", "mail.py"), ("mail.py", "notice.py", "cart.py")]
)
def test_focus_moves_its_neighbours_up(indexed: Indexed, focus: str, near: str, far: str) -> None:
    store = indexed(SHOP)
    everywhere, focused = ranks(store), ranks(store, focus)

    assert focused[near] > everywhere[near]
    assert focused[far] < everywhere[far]
    assert focused[near] > focused[far]
    assert max(focused, key=focused.__getitem__) == focus


def test_unknown_focus_is_no_focus(indexed: Indexed) -> None:
    store = indexed(SHOP)

    assert rank_files(store, ["missing.py"]) == rank_files(store)


def test_names_that_are_asked_for_are_a_focus(indexed: Indexed) -> None:
    store = indexed(SHOP)

    assert rank_files(store, names=["send_mail"])[0][0] == "mail.py"
    assert rank_definitions(store, names=["notify"])[0].definition.name == "send_mail"


def test_definitions_that_the_focus_uses_come_first(indexed: Indexed) -> None:
    names = [hit.definition.name for hit in rank_definitions(indexed(SHOP), ["checkout.py"])]

    assert names[0] == "Cart"
    assert names.index("total") < names.index("unrelated")


def test_an_import_decides_between_namesakes(indexed: Indexed) -> None:
    store = indexed(
        {
            "a/tools.py": "def convert(): ...\n",
            "b/tools.py": "def convert(): ...\n",
            "use/it.py": "from b.tools import convert\nconvert()\n",
        }
    )

    found = ranks(store, "use/it.py")
    assert found["b/tools.py"] > 1.5 * found["a/tools.py"]


def test_a_name_means_nothing_in_another_language(indexed: Indexed) -> None:
    store = indexed(
        {"a.py": "render_page()\n", "b.js": "function render_page() {}\n", "c.py": "def render_page(): ...\n"}
    )

    found = ranks(store, "a.py")
    assert found["c.py"] > 10 * found["b.js"]


def test_cyclic_imports_end(indexed: Indexed) -> None:
    cycle = {
        f"m{i}.py": f"from m{(i + 1) % 5} import f{(i + 1) % 5}\ndef f{i}():\n    f{(i + 1) % 5}()\n" for i in range(5)
    }

    found = ranks(indexed(cycle))
    assert sum(found.values()) == pytest.approx(1)
    assert max(found.values()) == pytest.approx(min(found.values()))


def test_a_name_that_is_defined_and_used_everywhere_costs_little(indexed: Indexed) -> None:
    store = indexed(
        {f"p{n % 50}/m{n}.py": "def setup(): ...\n" if n % 2 else "setup()\nsetup()\n" for n in range(5000)}
    )
    started = time.process_time()
    found = rank_files(store, ["p0/m0.py"])
    seconds = time.process_time() - started

    assert len(found) == 5000
    assert seconds < 2  # 2,500 times 2,500 edges would take minutes


@settings(deadline=None)  # each example makes a database
@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")), st.sets(st.integers(0, 5))),
        min_size=1,
        max_size=6,
    ),
    st.sets(st.integers(0, 5)),
)
def test_ranks_are_shares_and_always_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    write_files: Callable[[Store, Files], None],
    files: list[tuple[set[str], set[str], set[int]]],
    focus: set[int],
) -> None:
    sources = {}
    for number, (defined, used, imported) in enumerate(files):
        lines = [f"import m{other}" for other in sorted(imported)]
        lines += [f"def {name * 5}(): ..." for name in sorted(defined)]
        lines += [f"{name * 5}()" for name in sorted(used)]
        sources[f"m{number}.py"] = "\n".join(lines)
    with Store.open(tmp_path_factory.mktemp("graph") / "index.db") as store:
        write_files(store, sources)
        focused = [f"m{number}.py" for number in sorted(focus)]

        found = rank_files(store, focused)

        assert found == rank_files(store, focused)
        assert sorted(path for path, _ in found) == sorted(sources)
        assert sum(rank for _, rank in found) == pytest.approx(1)
        assert all(rank >= 0 for _, rank in found)
        graph = Graph.load(store)
        for hit, score in graph.rank_definitions(store, graph.rank(focused), 100):
            assert hit.definition in store.definitions_of(hit.path)
            assert score > 0
