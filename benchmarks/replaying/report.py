"""The report of a replay: one HTML file that needs nothing else, made of the JSON alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from replaying.plots import bars, latencies
from replaying.targets import KINDS

_TEMPLATE = "report.html.jinja"
_ROWS = {
    "saved": ("keystrokes saved", "share"),
    "saved_with_words": ("keystrokes saved, right words taken, too", "share"),
    "precision": ("suggestions taken of those shown", "share"),
    "line_right": ("first line right when shown", "share"),
    "word_right": ("first word right when shown", "share"),
    "shown_per_six_characters": ("new suggestions per six characters", "number"),
    "cold_ms_p50": ("answer after a jump, median", "milliseconds"),
    "cold_ms_p95": ("answer after a jump, 95th percentile", "milliseconds"),
    "warm_ms_p50": ("answer while typing, median", "milliseconds"),
    "warm_ms_p95": ("answer while typing, 95th percentile", "milliseconds"),
    "model_ms_p50": ("answer of the model while typing, median", "milliseconds"),
    "model_ms_p95": ("answer of the model while typing, 95th percentile", "milliseconds"),
    "first_token_ms_p50": ("first token of the model while typing, median", "milliseconds"),
    "first_token_ms_p95": ("first token of the model while typing, 95th percentile", "milliseconds"),
    "evaluated_tokens_per_key": ("tokens evaluated for answers a key", "number"),
    "generated_tokens_per_key": ("tokens generated for answers a key", "number"),
    "decoded_tokens_per_key": ("tokens through the model a key, for whatever", "number"),
    "cpu_seconds_per_character": ("processor seconds a character", "number"),
}
_GROUPS = {
    "language": "Language",
    "kind": "Kind of target",
    "repeated": "Said elsewhere in the tree",
    "corpus": "Source tree",
}


def write_report(found: Mapping[str, Any], path: Path) -> None:
    """Write the report of a replay's JSON. Raises `KeyError` if that is incomplete, and `OSError`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    summary = found["summary"]
    html = environment.get_template(_TEMPLATE).render(
        found=found,
        rows=[
            (label, [_cell(engine["all"][name], unit) for engine in summary.values()])
            for name, (label, unit) in _ROWS.items()
        ],
        groups=[
            (title, [(name, _group_row(summary, group, name)) for name in _names(summary, group)])
            for group, title in _GROUPS.items()
        ],
        kinds=KINDS,
        plots=[
            (title, Markup(svg))
            for title, svg in (
                ("Keystrokes saved by language", bars(summary, "language", "saved", "share of keys saved")),
                ("Keystrokes saved by kind of target", bars(summary, "kind", "saved", "share of keys saved")),
                ("Precision by language", bars(summary, "language", "precision", "share taken of shown")),
                ("Answers after a jump", latencies(found["outcomes"], "cold_ms", "milliseconds")),
                ("Answers of the model while typing", latencies(found["outcomes"], "model_ms", "milliseconds")),
            )
        ],
    )
    path.write_text(html, encoding="utf-8")


def _names(summary: Mapping[str, Any], group: str) -> list[str]:
    return sorted({name for engine in summary.values() for name in engine[group]})


def _group_row(summary: Mapping[str, Any], group: str, name: str) -> list[tuple[str, str, str]]:
    """Return for every engine how many targets there are, what was saved, and the precision."""
    cells = []
    for engine in summary.values():
        entry = engine[group].get(name)
        if entry is None:
            cells.append(("", "", ""))
        else:
            cells.append((str(entry["targets"]), _cell(entry["saved"], "share"), _cell(entry["precision"], "share")))
    return cells


def _cell(entry: Mapping[str, float | None], unit: str) -> str:
    value, low, high = (_text(entry[name], unit) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})" if value != "none" else value


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return "none"  # nothing to measure, or answers that never came
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.0f} ms" if unit == "milliseconds" else f"{value:.3g}"
