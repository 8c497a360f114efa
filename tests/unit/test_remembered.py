from fakes import candidate
from fimble_server.remembered import Answers


def remembering(*answers: tuple[str, str]) -> Answers:
    known = Answers()
    for typed, text in answers:
        known.learn(typed, (candidate(text),))
    return known


def text_for(known: Answers, typed: str) -> tuple[str, str] | None:
    found = known.recall(typed)
    return (found[0][0].text, found[1]) if found else None


def test_the_same_place_gets_the_same_answer() -> None:
    assert text_for(remembering(("re", "turn x")), "re") == ("turn x", "remembered")


def test_that_nothing_was_said_is_remembered_as_well() -> None:
    known = Answers()
    known.learn("re", ())
    assert known.recall("re") == ((), "remembered")
    assert known.recall("ret") is None


def test_typing_what_was_suggested_leaves_the_rest_of_it() -> None:
    known = remembering(("re", "turn x"))
    assert text_for(known, "return") == (" x", "typed-through")


def test_a_suggestion_that_was_typed_to_its_end_is_no_answer() -> None:
    assert remembering(("re", "turn")).recall("return") is None


def test_typing_something_else_is_not_known() -> None:
    known = remembering(("re", "turn x"))
    assert known.recall("red") is None
    assert known.recall("r") is None


def test_what_was_said_last_counts() -> None:
    known = remembering(("r", "eturn x"), ("re", "turn y"))
    assert text_for(known, "return ") == ("y", "typed-through")


def test_an_older_answer_counts_where_the_newer_was_not_followed() -> None:
    known = remembering(("r", "eturn x"), ("re", "peat"))
    assert text_for(known, "return ") == ("x", "typed-through")


def test_any_of_several_candidates_may_be_typed_along() -> None:
    known = Answers()
    known.learn("re", (candidate("turn x"), candidate("peat()")))
    assert text_for(known, "repe") == ("at()", "typed-through")


def test_what_is_left_keeps_its_own_scores() -> None:
    known = Answers()
    known.learn("", (candidate("ab", -1.0, -0.1),))
    found = known.recall("a")
    assert found is not None
    assert found[0][0].scores == ((1, -0.1),)


def test_only_the_newest_answers_are_kept() -> None:
    known = remembering(*((f"{number};", "x") for number in range(1000)))
    assert known.recall("0;") is None
    assert known.recall("999;") is not None
