"""The cache of sequences against a model of llama.cpp's: what it believes to be evaluated is."""

from typing import cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes import FakeContext
from fimble_server.engine.llama import Context, LlamaError
from fimble_server.engine.sequences import SequenceCache, Slot, common_prefix

CAPACITY = 120
SEQUENCES = 3
OWNERS = st.sampled_from(["a", "b", "c", "d", "e"])
STEMS = [list(range(first, first + 60)) for first in (0, 0, 1000)]
PROMPTS = st.builds(
    lambda stem, length, tail: stem[:length] + tail,
    st.sampled_from(STEMS),
    st.integers(0, 60),
    st.lists(st.integers(5000, 5002), min_size=1, max_size=70),
)


def make(capacity: int = CAPACITY, sequences: int = SEQUENCES, *, cuttable: bool = True) -> SequenceCache:
    return SequenceCache(cast("Context", FakeContext(capacity, cuttable=cuttable)), sequences)


def context_of(cache: SequenceCache) -> FakeContext:
    return cast("FakeContext", cache.context)


def fill(cache: SequenceCache, owner: str, tokens: list[int], chunk: int = 16) -> Slot:
    slot = cache.take(owner, tokens)
    for _ in cache.evaluate(slot, tokens, chunk):
        pass
    return slot


class SequenceCacheMachine(RuleBasedStateMachine):
    """Any order of calls, with generations (pinned slots) going on beside completions."""

    @initialize(cuttable=st.booleans())
    def start(self, cuttable: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        self.cache = make(cuttable=cuttable)
        self.context = context_of(self.cache)
        self.slots = self.cache._slots
        self.pinned: dict[int, list[int]] = {}

    @rule(owner=OWNERS, prompt=PROMPTS, chunk=st.integers(1, 40), steps=st.integers(0, 5), pin=st.booleans())
    def take_and_evaluate(self, owner: str, prompt: list[int], chunk: int, steps: int, pin: bool) -> None:  # noqa: FBT001
        try:
            slot = self.cache.take(owner, prompt)
        except LlamaError:
            assert len(prompt) > CAPACITY or len(self.pinned) == SEQUENCES
            return
        assert slot.owner == owner
        assert not slot.pinned
        assert slot.tokens == prompt[: len(slot.tokens)]
        assert len(slot.tokens) < len(prompt)
        evaluation = self.cache.evaluate(slot, prompt, chunk)
        try:
            for _ in range(steps):
                next(evaluation)
        except StopIteration:
            assert slot.tokens == prompt
            assert self.context.logits_of == slot.sequence
        except LlamaError:
            assert sum(map(len, self.pinned.values())) + len(prompt) > CAPACITY
        evaluation.close()  # type: ignore[attr-defined]  # a generator, though typed as what callers need of it
        if pin:
            slot.pinned = True
            self.pinned[slot.sequence] = list(slot.tokens)

    @precondition(lambda self: self.context.cells)
    @rule(data=st.data(), token=st.integers(0, 100))
    def append(self, data: st.DataObject, token: int) -> None:
        slot = data.draw(st.sampled_from([slot for slot in self.slots if slot.tokens]))
        before = list(slot.tokens)
        try:
            self.cache.append(slot, token)
        except LlamaError:
            assert slot.tokens == before
            return
        assert slot.tokens == [*before, token]
        if slot.pinned:
            self.pinned[slot.sequence].append(token)

    @rule(data=st.data(), length=st.integers(0, 80))
    def cut(self, data: st.DataObject, length: int) -> None:
        slot = data.draw(st.sampled_from(self.slots))
        if not slot.pinned:
            before = list(slot.tokens)
            self.cache.cut(slot, length)
            assert slot.tokens == (before[:length] if self.context.cuttable or length >= len(before) else [])

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(self.slots))
        if not slot.pinned:
            self.cache.release(slot)
            assert slot.tokens == []

    @precondition(lambda self: self.pinned)
    @rule(data=st.data())
    def unpin(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.pinned)))
        del self.pinned[sequence]
        self.slots[sequence].pinned = False

    @invariant()
    def every_slot_holds_what_the_cache_holds(self) -> None:
        for slot in self.slots:
            assert slot.tokens == self.context.held(slot.sequence)

    @invariant()
    def the_count_is_an_upper_bound_and_capacity_is_kept(self) -> None:
        assert len(self.context.cells) <= CAPACITY
        assert len(self.context.cells) <= self.cache.used
        assert self.cache.live == sum(1 for slot in self.slots if slot.tokens)

    @invariant()
    def pinned_slots_survive(self) -> None:
        for sequence, tokens in self.pinned.items():
            assert self.context.held(sequence) == tokens


TestSequenceCache = SequenceCacheMachine.TestCase
TestSequenceCache.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize(
    ("first", "second", "length"),
    [([], [1], 0), ([1, 2], [1, 2], 2), ([1, 2, 3], [1, 2], 2), ([1, 2, 3], [1, 5, 3], 1), ([2], [1], 0)],
)
def test_a_common_prefix_is_what_both_begin_with(first: list[int], second: list[int], length: int) -> None:
    assert common_prefix(first, second) == length
    assert common_prefix(tuple(first), second) == length


def test_a_keystroke_evaluates_only_what_is_new() -> None:
    cache = make()
    fill(cache, "a", list(range(50)))
    slot = cache.take("a", [*range(50), 77])
    assert len(slot.tokens) == 50


def test_the_same_prompt_again_evaluates_its_last_token_for_the_logits() -> None:
    cache = make()
    fill(cache, "a", list(range(50)))
    context_of(cache).decoded.clear()
    fill(cache, "a", list(range(50)))
    assert context_of(cache).decoded == [1]


def test_another_document_shares_a_long_beginning_without_evaluation() -> None:
    cache = make()
    first = fill(cache, "a", list(range(40)))
    second = cache.take("b", [*range(30), 99])
    assert second is not first
    assert second.tokens == list(range(30))
    assert first.tokens == list(range(40))


def test_a_short_common_beginning_is_not_worth_a_copy() -> None:
    cache = make()
    fill(cache, "a", list(range(40)))
    assert cache.take("b", [*range(5), 99]).tokens == []


def test_the_longest_unused_sequence_makes_room() -> None:
    cache = make()
    kept, old = fill(cache, "a", list(range(100, 150))), fill(cache, "b", list(range(200, 250)))
    fill(cache, "a", list(range(100, 150)))
    fill(cache, "c", list(range(300, 350)))
    assert old.tokens == []
    assert len(kept.tokens) == 50


def test_more_owners_than_sequences_take_over_the_longest_unused() -> None:
    cache = make()
    slots = [fill(cache, owner, [number * 100, 1]) for number, owner in enumerate("abc")]
    assert fill(cache, "d", [900, 1]) is slots[0]
    assert fill(cache, "b", [100, 1, 2]) is slots[1]


def test_an_evaluation_yields_between_chunks_but_not_behind_the_last() -> None:
    cache = make()
    slot = cache.take("a", list(range(40)))
    seen = [len(slot.tokens) for _ in cache.evaluate(slot, list(range(40)), 16)]
    assert seen == [16, 32]
    assert context_of(cache).decoded == [16, 16, 8]


def test_a_prompt_that_was_given_up_half_way_goes_on_where_it_stopped() -> None:
    cache = make()
    prompt = list(range(60))
    evaluation = cache.evaluate(cache.take("a", prompt), prompt, 16)
    next(evaluation)
    assert len(cache.take("a", prompt).tokens) == 16
    assert cache.cached(prompt) == 16


def test_a_memory_that_cannot_be_cut_is_evaluated_anew() -> None:
    cache = make(cuttable=False)
    slot = fill(cache, "a", list(range(50)))
    assert fill(cache, "a", [*range(40), 99]) is slot
    assert slot.tokens == [*range(40), 99]


def test_a_prompt_longer_than_the_cache_is_refused() -> None:
    with pytest.raises(LlamaError, match="does not fit into 120 tokens"):
        make().take("a", list(range(121)))


def test_without_a_free_sequence_the_request_is_refused() -> None:
    cache = make(sequences=1)
    fill(cache, "a", [1, 2]).pinned = True
    with pytest.raises(LlamaError, match="busy"):
        cache.take("b", [1, 3])


def test_a_single_sequence_serves_everybody_in_turn() -> None:
    cache = make(sequences=1)
    for owner in "abc":
        assert fill(cache, owner, [ord(owner), 1]).owner == owner


def test_a_new_request_of_a_conversation_leaves_the_running_answer_alone() -> None:
    cache = make()
    running = fill(cache, "chat", [1, 2, 3])
    running.pinned = True
    assert cache.take("chat", [1, 2, 4]) is not running
    assert running.tokens == [1, 2, 3]
