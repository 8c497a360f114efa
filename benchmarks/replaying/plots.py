"""Plots of a replay as SVG that takes its text colour from the page around it."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_TEXT = "#010203"
"""Stands for the page's own text colour until the SVG is written."""
_COLOURS = {"fimble": "#2a9d8f", "llama-server": "#e76f51"}
_OTHER = "#8888aa"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "replay",
    "font.family": "sans-serif",
    "text.color": _TEXT,
    "axes.edgecolor": _TEXT,
    "axes.labelcolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_NUMBERED_NAME = re.compile(r' id="[\w.]+_\d+"')
"""Names that matplotlib gives and never uses; they would be there once a plot."""
_PROLOGUE = re.compile(r"\A.*?(?=<svg)", re.DOTALL)


def bars(summary: Mapping[str, Any], group: str, measure: str, label: str) -> str:
    """Plot a measure of every engine by language, kind or corpus, with its interval, as an SVG element."""
    groups = sorted({name for engine in summary.values() for name in engine[group]})
    width = 0.8 / max(1, len(summary))
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(label)
        for number, (engine, found) in enumerate(summary.items()):
            present = [
                (place, found[group][name][measure]) for place, name in enumerate(groups) if name in found[group]
            ]
            known = [(place, entry) for place, entry in present if entry["value"] is not None]
            values = [entry["value"] for _, entry in known]
            axes.bar(
                [place + (number - (len(summary) - 1) / 2) * width for place, _ in known],
                values,
                width,
                label=engine,
                color=_COLOURS.get(engine, _OTHER),
                yerr=_errors([entry for _, entry in known]),
                ecolor=_TEXT,
                capsize=3,
            )
        axes.set_xticks(range(len(groups)), groups)
        _legend(figure, axes)
        return _svg(figure)


def latencies(outcomes: Sequence[Mapping[str, Any]], name: str, label: str) -> str:
    """Plot which share of requests was answered within how many milliseconds, as an SVG element.

    A request that was given up counts, and is never answered.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _figure("share answered")
        for engine in dict.fromkeys(outcome["engine"] for outcome in outcomes):
            values = [value for outcome in outcomes if outcome["engine"] == engine for value in outcome[name]]
            answered = sorted(max(1.0, value) for value in values if value is not None)
            if answered:
                shares = [(number + 1) / len(values) for number in range(len(answered))]
                axes.step(answered, shares, where="post", label=engine, color=_COLOURS.get(engine, _OTHER))
        axes.set_xscale("log")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel(label)
        _legend(figure, axes)
        return _svg(figure)


def _figure(label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylabel(label)
    return figure, axes


def _errors(entries: Sequence[Mapping[str, float | None]]) -> list[list[float]]:
    """Return how far each interval reaches below and above its value."""
    below, above = [], []
    for entry in entries:
        value, low, high = entry["value"] or 0.0, entry["low"], entry["high"]
        below.append(max(0.0, value - low) if low is not None else 0.0)
        above.append(max(0.0, high - value) if high is not None else 0.0)
    return [below, above]


def _legend(figure: Figure, axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside upper right", frameon=False, ncols=2)


def _svg(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _NUMBERED_NAME.sub("", _PROLOGUE.sub("", written.getvalue())).replace(_TEXT, "currentColor")
