from fimble_indexer.storage.store import Store
from fimble_server.chat.answers import told
from fimble_server.chat.questions import Prepared, prepare


def answer(store: Store, question: str) -> tuple[str, list[tuple[str, int, int]]]:
    prepared = prepare(store, question, 3000)
    assert prepared.turns == ()
    given = told(prepared)
    return given.text, [(citation.path, citation.start_line, citation.end_line) for citation in given.citations]


def test_callers_are_those_of_the_graph(store: Store) -> None:
    text, citations = answer(store, "Who calls plan_day?")
    assert text.split("\n") == [
        "`plan_day` [1] is used in 2 places of 2 files.",
        "- `plan_week` in `bakery/plan.py`, line 12 [2]",
        "- `test_a_day` in `tests/test_plan.py`, line 5 [3]",
    ]
    assert citations == [("bakery/plan.py", 3, 8), ("bakery/plan.py", 11, 12), ("tests/test_plan.py", 4, 5)]


def test_a_change_reaches_callers_their_callers_and_tests(store: Store) -> None:
    text, _ = answer(store, "What breaks if I change Oven.bake?")
    direct, _, rest = text.partition("and through these:")
    assert "`plan_day` in `bakery/plan.py`, line 8" in direct
    assert "`plan_week` in `bakery/plan.py`, line 12" in rest


def test_namesakes_are_told_apart(store: Store) -> None:
    text, _ = answer(store, "who uses Oven.preheat")
    assert "`Oven.bake`" in text
    assert "`plan_day`" in text
    assert "`preheat`" in answer(store, "who uses preheat")[0]
    assert "Others are called so, too" in answer(store, "who uses preheat")[0]


def test_what_nobody_uses_is_said_so(store: Store) -> None:
    assert "is used nowhere" in answer(store, "who calls plan_week?")[0]


def test_files_that_depend_on_a_file(store: Store) -> None:
    text, citations = answer(store, "What breaks if I change bakery/oven.py?")
    assert text.split("\n")[1].startswith("- `bakery/plan.py` [2]")
    assert citations[1] == ("bakery/plan.py", 0, 1) or citations[1][0] == "bakery/plan.py"


def test_a_question_for_callers_of_nothing_known_is_one_for_the_model(store: Store) -> None:
    prepared: Prepared = prepare(store, "who uses the oven to bake loaves?", 3000)
    assert prepared.turns
