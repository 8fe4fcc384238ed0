"""The trials of a search as a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from s2s_keras.config import Dimension, TuneConfig
from s2s_keras.files import atomic_path
from s2s_keras.training.history import is_larger_better
from s2s_keras.training.trials import Trial

__all__ = ["plot_trials"]

COLUMNS = 3
MARKS = {"complete": "o", "pruned": "x"}


def plot_trials(
    trials: Sequence[Trial], settings: TuneConfig, monitor: str, path: str | Path
) -> None:
    """Draws the figure over the trials, with the best so far, and against each searched key.

    Args:
        trials: at least one; those without a figure are left out.
        settings: what was searched.
        monitor: what the figure is.
        path: the picture to write.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    panels = 1 + len(settings.space)
    columns = min(panels, COLUMNS)
    rows = -(-panels // columns)
    figure = Figure(figsize=(4 * columns, 3.2 * rows), layout="constrained")
    first, *others = figure.subplots(rows, columns, squeeze=False).flat
    _draw(first, trials, [trial.number for trial in trials])
    numbers, best = _best_so_far(trials, monitor)
    first.step(numbers, best, where="post", color="grey", label="best so far")
    first.set_xlabel("trial")
    first.set_ylabel(monitor)
    first.xaxis.set_major_locator(MaxNLocator(integer=True))
    if first.get_legend_handles_labels()[0]:
        first.legend()
    for axes, (key, dimension) in zip(others, settings.space.items(), strict=False):
        _draw_key(axes, trials, key, dimension)
    for axes in others[len(settings.space) :]:
        axes.set_visible(False)
    for axes in (first, *others):
        axes.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_key(axes: Any, trials: Sequence[Trial], key: str, dimension: Dimension) -> None:
    values = [trial.values[key] for trial in trials]
    if dimension.choices is not None:
        names = [json.dumps(choice) for choice in dimension.choices]
        values = [names.index(json.dumps(value)) for value in values]
        axes.set_xticks(range(len(names)), [_name(choice) for choice in dimension.choices])
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif dimension.log:
        axes.set_xscale("log")
    _draw(axes, trials, values)
    axes.set_xlabel(key)


def _draw(axes: Any, trials: Sequence[Trial], places: Sequence[float]) -> None:
    for state, mark in MARKS.items():
        points = [
            (place, trial.figure)
            for place, trial in zip(places, trials, strict=True)
            if trial.state == state and trial.figure is not None
        ]
        if points:
            axes.scatter(*zip(*points, strict=True), marker=mark, label=state)


def _best_so_far(trials: Sequence[Trial], monitor: str) -> tuple[list[int], list[float]]:
    """Returns the numbers of the complete trials, and the best figure up to each."""
    pick = max if is_larger_better(monitor) else min
    numbers: list[int] = []
    best: list[float] = []
    for trial in trials:
        if trial.state == "complete" and trial.figure is not None:
            numbers.append(trial.number)
            best.append(pick([*best[-1:], trial.figure]))
    return numbers, best


def _name(choice: Any) -> str:
    return choice if isinstance(choice, str) else json.dumps(choice)
