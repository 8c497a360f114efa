"""What people see on the terminal: lines, bars and the table of a tuning, all on stderr, where no result goes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from fimble_server.models import storage
from fimble_server.models.measurements import Candidate, Quality, Speed, Tuning
from fimble_server.models.tune import tune


def tell(line: str) -> None:
    """Print one line as it is."""
    Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar(title: str) -> Iterator[storage.Progress]:
    """Draw a bar of bytes, as long as this lasts; nothing is drawn if stderr is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress_lines() -> Iterator[storage.Progress]:
    """Print a line of JSON on stderr at each percent, for programs: the bytes done and the bytes in all."""
    shown = -1

    def print_line(done: int, total: int) -> None:
        nonlocal shown
        percentage = 100 * done // max(total, 1)
        if percentage != shown:
            shown = percentage
            sys.stderr.write(json.dumps({"done": done, "total": total}) + "\n")
            sys.stderr.flush()

    yield print_line


def tune_and_show(name: str) -> None:
    """Tune a model and print what was measured.

    Raises:
        FimbleError: as `tune`.

    """
    Console(stderr=True).print(tuning_table(tune(name, notify=tell)))


def tuning_table(tuning: Tuning) -> Table:
    """Return what was measured: speeds, the paired difference in log-probability, exact lines, and the verdicts.

    It fits into 80 columns.
    """
    table = Table(
        "Layout",
        "tok/s",
        "Token ms",
        "Speed-up",
        "Nats a token",
        "Lines",
        "Verdict",
        title=f"{tuning.processor}, {tuning.threads} threads",
        caption="tok/s of a prompt of 256 tokens; nats a token of the true text, and exact lines, against the original",
        box=None,
    )
    table.add_row("original", *_speed(tuning.original), "", "", "", "" if tuning.kept else "kept")
    for candidate in tuning.candidates:
        table.add_row(*_row(candidate))
    return table


def _row(candidate: Candidate) -> list[str]:
    speed = _speed(candidate.speed) if candidate.speed else ["", ""]
    speedup = f"{candidate.speedup:.2f}" if candidate.speedup else ""
    quality = _quality(candidate.quality) if candidate.quality else ["", ""]
    return [candidate.layout, *speed, speedup, *quality, candidate.verdict]


def _speed(speed: Speed) -> list[str]:
    return [f"{speed.prefill_256:.0f}", f"{speed.token_ms:.1f}"]


def _quality(quality: Quality) -> list[str]:
    exact = quality.original_exact
    return [
        f"{quality.difference:+.3f} ± {(quality.high - quality.low) / 2:.3f}",
        f"{exact} → {exact - quality.lost + quality.gained}",
    ]
