"""The figures of each epoch as curves: a picture of the two that matter most, an SVG of all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2s_keras.files import atomic_path
from s2s_keras.training.history import History

__all__ = ["curves_svg", "plot_history"]

_QUALITY = {
    "nll": "negative log-likelihood (nats a token)",
    "exact_match": "exact match (greedy)",
}
"""Figures of the training pairs, each with its twin `val_...` -> what the axis says."""
_ALL = {
    **_QUALITY,
    "token_accuracy": "token accuracy",
    "learning_rate": "learning rate",
    "tokens_per_second": "target tokens a second",
    "waiting": "share of time waiting for data",
}
_COLORS = {
    "#000000": "var(--text)",
    "#808080": "var(--quiet)",
    "#b0b0b0": "var(--line)",
    "#cccccc": "var(--line)",
    "#ffffff": "var(--page)",
    "#1f77b4": "var(--first)",
    "#ff7f0e": "var(--second)",
}
"""What matplotlib draws in -> what the page's style calls it, in light and in dark."""


def plot_history(history: History, path: Path, kept: int | None = None) -> None:
    """Draws negative log-likelihood and exact match, train and dev, over the epochs.

    Args:
        history: at least one row.
        path: the picture to write.
        kept: the epoch to mark, if any.
    """
    figure = _draw(history, _QUALITY, kept, rows=1)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def curves_svg(history: History, kept: int | None = None) -> str:
    """Returns an element `svg` with all curves, for a page with the colours of our reports.

    Args:
        history: at least one row.
        kept: the epoch to mark, if any.
    """
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "s2s-keras"}):
        figure = _draw(history, _ALL, kept, rows=2)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    for color, variable in _COLORS.items():
        svg = svg.replace(color, variable)
    return svg


def _draw(history: History, panels: Mapping[str, str], kept: int | None, rows: int) -> Any:
    """Returns a figure of matplotlib with a panel for each figure that the history has."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    shown = [key for key in panels if key in history[-1]]
    columns = -(-len(shown) // rows)
    figure = Figure(figsize=(4.5 * columns, 3.5 * rows), layout="constrained")
    epochs = [row["epoch"] for row in history]
    every_axes = figure.subplots(rows, columns, squeeze=False).flat
    for axes, key in zip(every_axes, shown, strict=False):
        curves = {"train": key, "dev": f"val_{key}"}
        for legend, name in curves.items():
            if name in history[-1]:
                axes.plot(epochs, [row[name] for row in history], marker="o", label=legend)
        if kept is not None:
            axes.axvline(kept, color="grey", linestyle=":", label=f"kept: epoch {kept}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(panels[key])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if key == "waiting":
            axes.set_ylim(0, 1)
        if f"val_{key}" in history[-1]:
            axes.legend()
    return figure
