from collections.abc import Sequence
from pathlib import Path

import pytest

from fimble_indexer.storage.store import Store
from fimble_prompts.excerpts import Excerpt
from fimble_prompts.questions import answer_grammar
from fimble_server.chat.answers import checked, told
from fimble_server.chat.citations import cite
from fimble_server.chat.names import MARK, mark_unknown
from fimble_server.chat.questions import NOT_FOUND, Prepared, prepare

OVEN = Excerpt("bakery/oven.py", 8, 13, "def preheat(self, celsius):\n    raise ValueError(celsius)")
PLAN = Excerpt("bakery/plan.py", 3, 8, "def plan_day(orders):\n    oven.preheat(200)\n    return oven.bake(orders)")
BOTH = (OVEN, PLAN)


def test_excerpts_are_lines_of_the_file_under_their_numbers(store: Store) -> None:
    prepared = prepare(store, "Where is the temperature of the oven checked?", 3000)
    first = prepared.excerpts[0]
    assert first.path == "bakery/oven.py"
    assert "preheat" in first.text
    assert first.name == "Oven.preheat"
    assert f"[1] `Oven.preheat` in {first.place}\n```\n{first.text}\n```" in prepared.turns[-1].content


def test_excerpts_keep_to_the_budget(store: Store) -> None:
    prepared = prepare(store, "how is the oven preheated and the day planned", 300)
    assert prepared.excerpts
    assert sum(len(excerpt.text) for excerpt in prepared.excerpts) <= 300


def test_an_overview_starts_where_the_readme_says_something(store: Store) -> None:
    prepared = prepare(store, "What does this project do?", 3000)
    assert prepared.excerpts[0].text.startswith("A program that plans")


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Where is the Kubernetes operator deployed?", "“Kubernetes”, “operator”, “deployed”"),
        ("how are GPU kernels compiled", "“GPU”, “kernels”, “compiled”"),
        ("Where is the oven sold on Mars?", "“sold”, “Mars”"),
    ],
)
def test_what_the_repository_does_not_have_is_not_found_without_a_model(
    store: Store, question: str, missing: str
) -> None:
    prepared = prepare(store, question, 3000)
    assert prepared.turns == ()
    assert prepared.told.startswith(f"{NOT_FOUND} no file of this repository has {missing}.")


def test_what_is_closest_to_a_question_without_an_answer_is_cited(store: Store) -> None:
    prepared = prepare(store, "Where is the oven sold on Mars?", 3000)
    assert "`bakery/oven.py` [1]" in prepared.told
    assert told(prepared).citations[0].path == "bakery/oven.py"


def test_an_empty_repository_answers_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty.db") as empty:
        for question in ("What does this project do?", "where is x", "who calls y", "?"):
            assert prepare(empty, question, 3000).told.startswith(NOT_FOUND)


@pytest.mark.parametrize(
    ("answer", "expected", "numbers"),
    [
        ("The oven is preheated. [1]", "The oven is preheated [1].", (1,)),
        ("It is planned [2].", "It is planned [2].", (2,)),
        ("It is planned [2], [1].", "It is planned, [2] [1].", (2, 1)),
        ("It is planned [7].", "It is planned.", ()),
        ("`preheat` raises a ValueError for celsius.", "`preheat` raises a ValueError for celsius [1].", (1,)),
        ("It is nice.", "It is nice.", ()),
        ("It is in bakery/plan.py.", "It is in bakery/plan.py [2].", (2,)),
        (
            "It heats, i.e. it uses celsius, self and ValueError.",
            "It heats, i.e. it uses celsius, self and ValueError [1].",
            (1,),
        ),
        (
            "It uses orders and oven. It raises a ValueError for celsius.",
            "It uses orders and oven [2]. It raises a ValueError for celsius [1].",
            (2, 1),
        ),
        ("```python\nx[1] = 2\n```\n", "```python\nx[1] = 2\n```\n", ()),
        ("See [the site](x).", "See [the site](x).", ()),
        ("", "", ()),
    ],
)
def test_citations_are_of_excerpts_that_were_given(answer: str, expected: str, numbers: Sequence[int]) -> None:
    cited = cite(answer, BOTH)
    assert (cited.text, cited.numbers) == (expected, tuple(numbers))


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Call `plan_day` and Oven.bake().", []),
        ("Call `plan_month`.", ["plan_month"]),
        ("Call `Oven.freeze()`.", ["freeze"]),
        ("Call plan_year() or BakeryOven.", ["plan_year", "BakeryOven"]),
        ("The APIs of e.g. this module.", []),
        ("It is in `bakery/oven.py` and in `bakery/fridge.py`.", ["bakery/fridge.py"]),
        ("It is in oven.py and fridge.py.", ["fridge.py"]),
        ("It is in `bakery/` and `cellar/`.", ["cellar/"]),
        ("Each day/week has `plan_day/plan_week`.", []),
        ("`MAXIMUM_CELSIUS` and `maximum_celsius`", ["maximum_celsius"]),
        ("", []),
    ],
)
def test_names_that_are_nowhere_are_marked(store: Store, text: str, unknown: list[str]) -> None:
    marked, names = mark_unknown(store, text)
    assert names == unknown
    assert marked.count(MARK) == len(unknown)
    assert marked.replace(MARK, "") == text


def test_a_code_block_is_left_as_it_is_and_its_unknown_names_are_listed(store: Store) -> None:
    text = "So:\n```python\nplan_month(`x`)\n```\nand `plan_day`."
    marked, names = mark_unknown(store, text)
    assert marked == text
    assert names == ["plan_month"]


def test_an_answer_is_checked_as_a_whole(store: Store) -> None:
    prepared = Prepared(BOTH, task="explanation")
    answer = checked(store, "`preheat` checks the celsius [1][9]. `cool_down` follows [3].", prepared)
    text, also = answer.text.split("\n\n")
    assert text == f"`preheat` checks the celsius [1]. `cool_down`{MARK} follows."
    assert also == "See also `bakery/plan.py` [2]."
    assert [citation.number for citation in answer.citations] == [1, 2]
    assert answer.unknown_names == ("cool_down",)


def test_an_answer_that_nothing_supports_is_said_to_be_so(store: Store) -> None:
    answer = checked(store, "It is nice.", Prepared(BOTH, task="explanation"))
    first, note, places = answer.text.split("\n\n")
    assert first == "It is nice."
    assert note.startswith("Nothing that was read supports this answer.")
    assert places == "- `bakery/oven.py` [1]\n- `bakery/plan.py` [2]"
    assert [citation.number for citation in answer.citations] == [1, 2]


def test_of_a_place_the_model_only_chooses_which(store: Store) -> None:
    prepared = prepare(store, "Where is the temperature of the oven checked?", 3000)
    names = [f"{excerpt.title} [{number}]" for number, excerpt in enumerate(prepared.excerpts, 1)]
    assert any(name.startswith("`bakery/plan.py` [") for name in names), "what is in no definition has its path"
    assert prepared.grammar == "root ::= " + " | ".join(f'"{name}"' for name in names)
    answer = checked(store, names[0], prepared)
    first, also = answer.text.split("\n\n")
    assert first == "`Oven.preheat` in `bakery/oven.py` [1]: Bring the oven to a temperature, in degrees Celsius."
    assert also.startswith("See also ")
    assert {citation.number for citation in answer.citations} <= set(range(1, 4))


def test_a_path_of_any_characters_is_a_literal_of_the_grammar() -> None:
    grammar = answer_grammar([Excerpt('a"\\\n.py', 0, 1, "x", name="f")], "place")
    assert grammar == 'root ::= "`f` in `a\\"\\\\\\x0A.py` [1]"'


def test_documentation_that_is_shown_leads_nowhere(store: Store) -> None:
    excerpt = Excerpt("a`[x](command:y)`.py", 0, 1, "x", name="f", doc="See ![x](http://evil.example).")
    answer = checked(store, "[1]", Prepared((excerpt,), task="place"))
    assert answer.text == "`f` in `a`[x]\\(command:y)`.py` [1]: See ![x]\\(http://evil.example)."
