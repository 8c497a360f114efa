import pytest

from fimble_server.engine.speed import Speed


def test_without_a_measurement_nothing_can_be_evaluated_in_time() -> None:
    assert Speed().tokens_within(1000) == 0


def test_the_first_measurement_counts_as_it_is() -> None:
    speed = Speed()
    speed.evaluated(64, 0.32)
    assert speed.prefill_tokens_per_second == pytest.approx(200)
    assert speed.tokens_within(500) == 100


def test_later_measurements_move_the_average_towards_them() -> None:
    speed = Speed()
    speed.evaluated(100, 1.0)
    speed.evaluated(200, 1.0)
    assert 100 < speed.prefill_tokens_per_second < 200
    for _ in range(50):
        speed.evaluated(200, 1.0)
    assert speed.prefill_tokens_per_second == pytest.approx(200, rel=0.01)


def test_single_tokens_are_measured_apart_from_prompts() -> None:
    speed = Speed()
    speed.evaluated(1, 0.025)
    assert speed.token_ms == pytest.approx(25)
    assert speed.prefill_tokens_per_second == 0


def test_a_small_batch_tells_nothing_of_the_speed_of_prompts() -> None:
    speed = Speed()
    speed.evaluated(64, 0.32)
    speed.evaluated(4, 0.04)
    assert speed.prefill_tokens_per_second == pytest.approx(200)
    assert speed.token_ms == 0
