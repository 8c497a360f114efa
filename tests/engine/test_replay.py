"""The typing replay from end to end, with the real server and the real model: that it works, not how fast."""

import json
from pathlib import Path

import pytest

import replay
from replaying.measures import MEASURES

EASY = '''"""Sums."""


def add_numbers(first_number, second_number):
    """Return the sum of both numbers."""
    return first_number + second_number


def subtract_numbers(first_number, second_number):
    """Return the difference of both numbers."""
    return first_number - second_number


def multiply_numbers(first_number, second_number):
    """Return the product of both numbers."""
    return first_number * second_number
'''


@pytest.mark.usefixtures("model")
def test_an_easy_target_is_taken_when_time_stands_still(tmp_path: Path) -> None:
    tree = tmp_path / "easy"
    tree.mkdir()
    (tree / "sums.py").write_text(EASY)
    found, keys, html = tmp_path / "found.json", tmp_path / "keys.jsonl", tmp_path / "found.html"
    paths = ["--json", str(found), "--keys", str(keys), "--html", str(html)]
    assert replay.main([str(tree), "--targets", "1", "--still", *paths]) == 0
    data = json.loads(found.read_text())
    (outcome,) = data["outcomes"]
    assert outcome["accepted"] >= 1
    assert outcome["pressed_keys"] < outcome["baseline_keys"]
    assert outcome["evaluated_tokens"] > 0
    assert outcome["decoded_tokens"] >= outcome["evaluated_tokens"]
    assert outcome["cpu_seconds"] > 0
    assert data["peak_bytes"]["fimble"] > 100 << 20
    assert data["keys_per_second"] is None
    assert len(data["model"]["sha256"]) == 64
    assert set(MEASURES) <= set(data["summary"]["fimble"]["all"])
    (line,) = keys.read_text().splitlines()
    assert len(json.loads(line)["keys"]) == outcome["pressed_keys"]
    assert (tree / "sums.py").read_text() == EASY, "only the copy was typed in"
    assert html.stat().st_size > 10_000


@pytest.mark.usefixtures("model")
def test_targets_of_real_code_are_typed_at_speed(workspace: Path, tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    assert replay.main([str(workspace), "--targets", "2", "--speed", "40", "--rest", "0.1", "--json", str(found)]) == 0
    data = json.loads(found.read_text())
    assert len(data["outcomes"]) == 2
    for outcome in data["outcomes"]:
        assert 0 < outcome["pressed_keys"] <= outcome["baseline_keys"]
        assert outcome["requests"] >= outcome["pressed_keys"]
        assert outcome["accepted"] <= outcome["shown"]
        assert len(outcome["cold_ms"]) == 1
