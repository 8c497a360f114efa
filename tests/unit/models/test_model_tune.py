from collections.abc import Sequence
from pathlib import Path

import pytest

from fimble_server.models import storage, tune
from fimble_server.models.children import ChildError, convert, measure
from fimble_server.models.gguf import Tensor
from fimble_server.models.importing import import_file
from fimble_server.models.layouts import Layout, layouts
from fimble_server.models.measurements import Answer, Item, Speed, Tuning
from fimble_server.models.quality import compare, loses_lines
from fimble_server.models.samples import cut_items
from model_source import gguf


def answers(shift: float = 0.0, exact: int = 20) -> list[Answer]:
    """A hundred answers that differ from the plain ones by `shift` nats a token, give or take a little."""
    return [
        Answer(log_probability=-10 + 10 * (shift + 0.01 * (index % 3 - 1)), tokens=10, exact=index < exact)
        for index in range(99)
    ]


def speed(milliseconds: float) -> Speed:
    return Speed(prefill_64=1000 * 64 / milliseconds, prefill_256=1, token_ms=1, batch_of_4_ms=1)


class Laboratory:
    """Stands for the engine's processes: layouts by name with a speed in milliseconds and answers."""

    def __init__(self, original: float, **results: tuple[float, list[Answer]]) -> None:
        self.original = original
        self.results = results
        self.measured: list[str] = []

    def convert(self, source: Path, target: Path, layout: Layout, threads: int) -> None:
        if layout.name not in self.results:
            raise ChildError("no kernel")
        target.write_text(layout.name, encoding="utf-8")

    def measure(self, file: Path, threads: int, items: Sequence[Item] = ()) -> tuple[Speed, list[Answer]]:
        if file == storage.original_file("mine"):
            return speed(self.original), answers() if items else []
        name = file.read_text(encoding="utf-8")
        if items:
            self.measured.append(name)
        milliseconds, given = self.results[name]
        return speed(milliseconds), given if items else []


def run(laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tuning:
    file = tmp_path / "file.gguf"
    file.write_bytes(gguf())
    import_file(file, "mine", progress=lambda _done, _total: None, notify=lambda _line: None)
    monkeypatch.setattr(tune, "layouts", lambda: tuple(Layout(name, "Q4_0") for name in ("exotic", "fast", "middling")))
    monkeypatch.setattr(Layout, "changes", lambda _layout, _tensor: True)
    monkeypatch.setattr(tune, "convert", laboratory.convert)
    monkeypatch.setattr(tune, "measure", laboratory.measure)
    tuning = tune.tune("mine", notify=lambda _line: None)
    assert storage.find_installed("mine").tuning == tuning
    return tuning


def verdicts(tuning: Tuning) -> dict[str, str]:
    return {candidate.layout: candidate.verdict for candidate in tuning.candidates}


def test_the_first_that_is_faster_and_loses_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory = Laboratory(100, middling=(80, answers()), fast=(50, answers(-0.01)))
    tuning = run(laboratory, tmp_path, monkeypatch)
    assert verdicts(tuning) == {"exotic": "does not work: no kernel", "fast": "kept"}
    assert storage.model_file("mine").name == "mine-fast.gguf"
    assert {path.name for path in storage.model_directory("mine").iterdir()} == {
        "mine.gguf",
        "mine-fast.gguf",
        "model.json",
    }


def test_the_next_one_is_kept_where_the_first_loses_quality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory = Laboratory(100, fast=(50, answers(-0.3)), middling=(80, answers()))
    tuning = run(laboratory, tmp_path, monkeypatch)
    assert verdicts(tuning)["fast"] == "loses quality"
    assert storage.model_file("mine").name == "mine-middling.gguf"


def test_the_original_runs_where_nothing_is_gained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory = Laboratory(100, fast=(95, answers()), middling=(50, answers(exact=0)))
    tuning = run(laboratory, tmp_path, monkeypatch)
    assert verdicts(tuning)["fast"] == "not faster"
    assert verdicts(tuning)["middling"] == "loses quality"
    assert laboratory.measured == ["middling"]
    assert storage.model_file("mine") == storage.original_file("mine")
    assert storage.is_tuned("mine")
    assert not list(storage.model_directory("mine").glob("*.partial"))


def test_an_interruption_leaves_the_original_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory = Laboratory(100, fast=(50, answers()))

    def interrupted(*_arguments: object) -> tuple[Speed, list[Answer]]:
        raise KeyboardInterrupt

    monkeypatch.setattr(tune, "compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(laboratory, tmp_path, monkeypatch)
    assert storage.model_file("mine") == storage.original_file("mine")
    assert {path.name for path in storage.model_directory("mine").iterdir()} == {"mine.gguf", "model.json"}


def test_a_model_that_cannot_run_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.gguf"
    file.write_bytes(gguf())
    import_file(file, "mine", progress=lambda _done, _total: None, notify=lambda _line: None)
    with pytest.raises(storage.DamagedModelError, match=r"^mine cannot run on this machine: [^\n]+$"):
        tune.tune("mine", notify=lambda _line: None)


def test_the_interval_covers_the_difference() -> None:
    quality = compare(answers(), answers(-0.02))
    assert quality.difference == pytest.approx(-0.02)
    assert quality.low <= quality.difference <= quality.high
    assert (quality.items, quality.tokens, quality.original_exact, quality.lost, quality.gained) == (99, 990, 20, 0, 0)


@pytest.mark.parametrize(("lost", "gained", "expected"), [(0, 0, False), (4, 0, False), (5, 0, True), (10, 6, False)])
def test_lines_are_lost_only_beyond_chance(lost: int, gained: int, expected: bool) -> None:  # noqa: FBT001 - a case
    before = [Answer(-1, 1, exact=index < lost) for index in range(40)]
    after = [Answer(-1, 1, exact=lost <= index < lost + gained) for index in range(40)]
    assert loses_lines(compare(before, after)) is expected


def test_items_repeat_and_fit_together() -> None:
    items = cut_items(20, seed=1)
    assert items == cut_items(20, seed=1)
    assert items != cut_items(20, seed=2)
    assert all(item.middle.strip() and item.prefix + item.suffix for item in items)


def test_layouts_that_ship_keep_the_embedding() -> None:
    embedding = Tensor("token_embd.weight", (896, 1000), 6, 0)
    attention = Tensor("blk.3.attn_q.weight", (896, 896), 6, 0)
    assert not any(layout.changes(embedding) for layout in layouts())
    assert any(layout.changes(attention) for layout in layouts())


@pytest.mark.model
def test_the_real_model_is_converted_and_measured(model: Path, tmp_path: Path) -> None:
    items = cut_items(2, seed=3)
    convert(model, tmp_path / "converted.gguf", layouts()[2], 2)
    before, original = measure(model, 2, items)
    after, converted = measure(tmp_path / "converted.gguf", 2, items)
    assert min(before.prefill_64, after.prefill_64) > 1
    assert all(answer.log_probability < 0 for answer in (*original, *converted))
    assert abs(compare(original, converted).difference) < 0.5
