"""Completions with a model whose every step is known: what a request gets of what an earlier one began."""

from collections.abc import Generator
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakes import FakeContext, FakeModel
from fimble_server.engine.completion import Completer
from fimble_server.engine.draft import Draft
from fimble_server.engine.protocol import Complete, Completion, Prompt, Segment, Stop, Text
from fimble_server.engine.sequences import SequenceCache

if TYPE_CHECKING:
    from fimble_server.engine.llama import Context, Model

LINE = Stop()
BEFORE = "def subtract(first, second):\n    "
DIFFERENCE = BEFORE + "return first - second\n    # done\ntotal = 1\n"
OTHER = BEFORE + "raise NotImplementedError\n"
WORDS = ("return", " first", " second", " -", "raise", " Not", "Implemented", "Error", "tur")


class Scene:
    """A completer whose requests can be given up at any step."""

    def __init__(
        self, *, cuttable: bool = True, sequences: int = 4, texts: tuple[str, ...] = (DIFFERENCE, OTHER)
    ) -> None:
        self.model = FakeModel(texts, WORDS)
        self.context = FakeContext(1000, cuttable=cuttable, model=self.model)
        self.completer = Completer(cast("Model", self.model), SequenceCache(cast("Context", self.context), sequences))

    def begin(self, typed: str, written: str = "", **options: Any) -> Generator[Text | None, None, Completion]:
        """Serve a streamed request until it has written that much; then it may be closed."""
        steps = self.completer.complete(request(typed, stream=True, **options))
        text = ""
        while len(text) < len(written):
            text += piece.text if (piece := next(steps)) is not None else ""
        assert text == written
        return steps

    def answer(self, typed: str, **options: Any) -> Completion:
        return finish(self.completer.complete(request(typed, **options)))

    def prepare(self, typed: str, steps: int = 1000, **options: Any) -> None:
        """Do so many steps of what is done behind an answer."""
        ahead = self.completer.prepare(request(typed, **options), "short", lambda: 16)
        for _ in islice(ahead, steps):
            pass
        ahead.close()


def request(typed: str, *, before: str = BEFORE, document: str = "a", stop: Stop = LINE, **options: Any) -> Complete:
    values = {"prefill_ms": 60_000.0, "decode_ms": 60_000.0, **options}
    prompt = Prompt("short", (Segment(before),), typed)
    return Complete(1, document, (prompt,), stop, **values)


def finish(steps: Generator[Text | None, None, Completion]) -> Completion:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("Completion", end.value)


def text_of(completion: Completion) -> str:
    (candidate,) = completion.candidates
    assert candidate.finished
    return candidate.text


@pytest.mark.parametrize("typed", ["return", "return f", "return first", "return first ", "return first - sec"])
def test_what_was_given_up_is_continued_where_the_user_types_it(typed: str) -> None:
    scene = Scene()
    scene.begin("retur", "n first - second").close()
    steps_before = len(scene.context.decoded)
    continued = scene.answer(typed)
    assert scene.context.decoded[steps_before:] == [1], "the token that was written last, and nothing else"
    fresh = Scene().answer(typed)
    assert typed + text_of(continued) == typed + text_of(fresh) == "return first - second"
    assert (continued.evaluated_tokens, continued.continued_tokens, continued.generated_tokens) == (1, 6, 1)
    assert continued.cached_tokens == len(scene.model.tokenize(BEFORE)) + 6


def test_the_scores_are_those_of_what_is_left() -> None:
    scene = Scene()
    scene.begin("", "return first -").close()
    (candidate,) = scene.answer("return f").candidates
    assert [end for end, _ in candidate.scores] == [5 - 1, 6, 13, 14]


def test_typing_something_else_begins_anew() -> None:
    scene = Scene()
    scene.begin("r", "eturn first").close()
    completion = scene.answer("ra")
    assert text_of(completion) == "ise NotImplementedError"
    assert completion.continued_tokens == 0


def test_typing_faster_than_the_model_writes_begins_anew_in_what_is_cached() -> None:
    scene = Scene()
    scene.begin("", "return").close()
    completion = scene.answer("return first")
    assert text_of(completion) == " - second"
    assert completion.continued_tokens == 0
    assert completion.cached_tokens == len(scene.model.tokenize(BEFORE))


def test_the_users_second_thought_finds_the_first_draft() -> None:
    scene = Scene()
    scene.begin("r", "eturn first").close()
    scene.completer.complete(request("ra")).close()
    assert scene.answer("re").continued_tokens == 2


@pytest.mark.parametrize(
    ("typed", "since"), [("re", 0), ("ret", None), ("return", 4), ("return f", 6), ("return first", None)]
)
def test_a_doubtful_token_that_is_typed_in_part_begins_anew(typed: str, since: int | None) -> None:
    prompt = request("re").prompts[0]
    draft = Draft("a#short", prompt, [1, 2, 3], b"", "turn first", [(4, -2.0), (10, -0.1)])
    assert draft.typed_since(request(typed).prompts[0]) == since


def test_a_shorter_typed_text_begins_anew() -> None:
    scene = Scene()
    scene.begin("return", " first").close()
    assert scene.answer("ret").continued_tokens == 0


def test_a_prompt_with_another_text_begins_anew() -> None:
    scene = Scene(texts=("\nx = 1\n", "\ny = 1\n x = 2\n"))
    scene.begin("", "x = ", before="\n").close()
    completion = scene.answer("x", before="\ny = 1\n ")
    assert text_of(completion) == " = 2"
    assert completion.continued_tokens == 0


def test_another_document_with_the_same_text_begins_anew() -> None:
    scene = Scene()
    scene.begin("r", "eturn first").close()
    assert scene.answer("re", document="b").continued_tokens == 0


def test_documents_take_turns() -> None:
    scene = Scene(texts=(DIFFERENCE, "\nx = first\n"))
    for typed, length in (("r", 5), ("re", 4), ("ret", 3)):
        scene.begin(typed, "return"[-length:]).close()
        assert text_of(scene.answer("x", document="b", before="\n")) == " = first"
    assert text_of(scene.answer("return")) == " first - second"


def test_an_answer_that_came_too_late_is_given_again_without_a_step() -> None:
    scene = Scene()
    assert text_of(scene.answer("ret")) == "urn first - second"
    steps_before = len(scene.context.decoded)
    completion = scene.answer("retu")
    assert text_of(completion) == "rn first - second"
    assert len(scene.context.decoded) == steps_before
    assert (completion.evaluated_tokens, completion.generated_tokens) == (0, 0)


def test_a_text_that_the_model_ended_is_given_again() -> None:
    scene = Scene(texts=(BEFORE + "return first",))
    assert text_of(scene.answer("ret")) == "urn first"
    assert text_of(scene.answer("retu")) == "rn first"


def test_a_line_is_answered_from_a_block_that_is_being_written() -> None:
    scene = Scene()
    scene.begin("", "return first - second\n    # d", stop=Stop("block", 4, 5)).close()
    assert text_of(scene.answer("ret")) == "urn first - second"


def test_a_block_goes_on_behind_a_line() -> None:
    scene = Scene()
    scene.begin("", "return first -").close()
    assert text_of(scene.answer("ret", stop=Stop("block", 4, 5))) == "urn first - second\n    # done"


def test_the_time_of_a_continued_text_counts_from_its_beginning() -> None:
    scene = Scene()
    scene.begin("", "return first - second\n    # d", stop=Stop("block", 4, 5)).close()
    (candidate,) = scene.answer("return first - second\n    ", decode_ms=0.0).candidates
    assert (candidate.text, candidate.finished) == ("# do", False)


def test_an_answer_that_was_cut_short_is_not_continued() -> None:
    scene = Scene()
    (candidate,) = scene.answer("", maximum_tokens=2).candidates
    assert (candidate.text, candidate.finished) == ("return first", False)
    completion = scene.answer("ret")
    assert text_of(completion) == "urn first - second"
    assert completion.continued_tokens == 0


def test_a_continued_text_may_be_as_long_as_a_new_one() -> None:
    scene = Scene()
    scene.begin("", "return first", maximum_tokens=3).close()
    (candidate,) = scene.answer("return f", maximum_tokens=3).candidates
    assert candidate.text == "irst - second"


def test_only_new_text_is_streamed() -> None:
    scene = Scene()
    scene.begin("", "return first").close()
    pieces = []
    steps = scene.completer.complete(request("return", stream=True))
    while True:
        try:
            pieces.append(next(steps))
        except StopIteration:
            break
    assert "".join(piece.text for piece in pieces if piece) == " first - second"


def test_several_candidates_are_written_for_themselves() -> None:
    scene = Scene()
    scene.begin("r", "eturn first").close()
    completion = scene.answer("re", candidates=2)
    assert completion.continued_tokens == 0
    assert completion.candidates[0].text == "turn first - second"


def test_what_others_evicted_is_evaluated_again() -> None:
    scene = Scene(sequences=1)
    scene.begin("ret", "urn first").close()
    assert scene.completer._cache.take("b", [1, 2, 3]).tokens == []
    completion = scene.answer("retu")
    assert text_of(completion) == "rn first - second"
    assert completion.cached_tokens == 0
    assert completion.continued_tokens == 4


def test_a_memory_that_cannot_be_cut_is_no_obstacle() -> None:
    scene = Scene(cuttable=False)
    scene.begin("r", "eturn").close()
    scene.begin("re", "turn first").close()
    assert text_of(scene.answer("ret")) == "urn first - second"
    assert text_of(scene.answer("ra")) == "ise NotImplementedError"


LINE_BEHIND = "return first - second\n    "


@pytest.mark.parametrize("typed", ["", "return first - second"])
def test_the_line_behind_an_answer_is_written_ahead(typed: str) -> None:
    scene = Scene()
    assert typed + text_of(scene.answer(typed)) == "return first - second"
    scene.prepare(typed)
    decoded = len(scene.context.decoded)
    ahead = scene.answer(LINE_BEHIND)
    assert text_of(ahead) == "# done"
    assert (ahead.generated_tokens, len(scene.context.decoded)) == (0, decoded)


def test_a_line_that_is_ahead_in_part_is_continued() -> None:
    scene = Scene()
    scene.answer("")
    scene.prepare("", steps=len("\n    # d"))
    ahead = scene.answer(LINE_BEHIND)
    assert text_of(ahead) == "# done"
    assert 0 < ahead.generated_tokens < len("# done\n")


def test_nothing_is_written_ahead_of_what_is_not_shown_or_unlikely() -> None:
    scene = Scene(texts=(DIFFERENCE, BEFORE + "return first - second\n    pass\n"))
    scene.begin("", "return").close()
    decoded = len(scene.context.decoded)
    scene.prepare("")
    assert len(scene.context.decoded) == decoded, "the answer was given up"
    scene.answer("", minimum_line=-0.3)
    decoded = len(scene.context.decoded)
    scene.prepare("", minimum_line=-0.000001)
    assert len(scene.context.decoded) < decoded + len("\n    # d"), "its first token is too unlikely"


def test_nothing_is_written_behind_the_end() -> None:
    scene = Scene(texts=(BEFORE + "pass\n",))
    scene.answer("")
    scene.prepare("")
    decoded = len(scene.context.decoded)
    scene.prepare("")
    assert len(scene.context.decoded) == decoded
