"""From outcomes to sums, intervals and a report."""

import json
from pathlib import Path

import pytest

import replay
from replaying.measures import Outcome, as_data, from_data, outcome, summarise
from replaying.screen import Shown
from replaying.targets import Target
from replaying.user import Key, Request, Typed

TARGET = Target("a.py", "python", "line", 0, 10, "0123456789")
TYPED = Typed(
    keys=[Key("type", 0, None), Key("type", 1, "wrong"), Key("line", 2, "23456789")],
    baseline=10,
    word_keys_saved=1,
    shown=[
        Shown("wrong", 1, word_right=False, line_right=False),
        Shown("2", 2, word_right=True, line_right=True, accepted=True),
    ],
    requests=[
        Request(500.0, cold=True, origin="model", evaluated_tokens=100, generated_tokens=5),
        Request(None, cold=False, origin="superseded"),
        Request(80.0, cold=False, origin="model", evaluated_tokens=2, generated_tokens=4, first_token_ms=30.0),
        Request(1.0, cold=False, origin="typed-through"),
        Request(900.0, cold=False, origin="ahead", evaluated_tokens=3, generated_tokens=0),
    ],
)


def outcomes() -> list[Outcome]:
    return [
        outcome(engine, "tree", TARGET, TYPED, repeated=False, cpu_seconds=0.5, decoded_tokens=120)
        for engine in ("fimble", "llama-server")
    ]


def test_measures_are_sums_over_targets() -> None:
    found = summarise(outcomes(), 1)["fimble"]["all"]
    assert {name: found[name]["value"] for name in ("saved", "saved_with_words", "precision", "line_right")} == {
        "saved": 0.7,
        "saved_with_words": 0.8,
        "precision": 0.5,
        "line_right": 0.5,
    }
    assert found["shown_per_six_characters"]["value"] == 1.2
    assert found["evaluated_tokens_per_key"]["value"] == 35
    assert found["decoded_tokens_per_key"]["value"] == 40
    assert found["cpu_seconds_per_character"]["value"] == 0.05
    assert found["saved"]["low"] == found["saved"]["high"] == 0.7


def test_what_was_never_answered_counts_as_late() -> None:
    found = summarise(outcomes(), 1)["fimble"]["all"]
    assert found["cold_ms_p50"]["value"] == 500
    assert found["warm_ms_p50"]["value"] == 80, "of 1, 80 and never"
    assert found["first_token_ms_p50"]["value"] is None, "of 30 and never"
    assert found["model_ms_p95"]["value"] is None


def test_outcomes_survive_json() -> None:
    assert [from_data(json.loads(json.dumps(as_data(item)))) for item in outcomes()] == outcomes()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    found = {
        "date": "2026-01-01",
        "machine": {"processor": "<b>fast</b>", "cores": 2, "memory_bytes": 1 << 33, "system": "Linux"},
        "versions": {"fimble": "1"},
        "model": {"file": "a.gguf", "sha256": "00"},
        "peer": None,
        "seed": 1,
        "keys_per_second": 5.0,
        "seconds_before_first_key": 1.0,
        "settings": {},
        "trees": [{"name": "tree"}],
        "peak_bytes": {"fimble": 1 << 20},
        "outcomes": [as_data(item) for item in outcomes()],
    }
    path = tmp_path / "replay.json"
    path.write_text(json.dumps(found))
    return path


def test_a_report_is_made_of_the_json_alone(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = written.with_suffix(".html")
    assert replay.main(["--from", str(written), "--html", str(html)]) == 0
    page = html.read_text()
    assert "70.0 % (70.0 % to 70.0 %)" in page
    assert page.count("<svg") == 5
    assert "currentColor" in page
    assert page.count(' id="figure') == 0, "names are there once"
    assert "<script" not in page
    assert "<b>fast" not in page
    assert not any(f'{attribute}="http' in page for attribute in ("src", "href"))
    assert '"saved": 0.7' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a folder"),
        (["/nowhere/at/all"], "is no folder"),
        (["--corpus", "nothing"], "there is no corpus 'nothing'"),
        ([".", "--engine", "llama-server", "http://127.0.0.1:9"], "onnect"),
        (["--from", "/nowhere.json"], "No such file"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main(arguments) == 2
    captured = capsys.readouterr().err
    assert says in captured
    assert captured.count("\n") == 1


def test_json_that_is_no_replay_is_refused(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("[]", "{}", "not json", '{"seed": 1, "outcomes": [{}]}'):
        written.write_text(content)
        assert replay.main(["--from", str(written)]) == 2
        assert "is no result of a replay" in capsys.readouterr().err
