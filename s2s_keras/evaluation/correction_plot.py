"""What a corrector repairs and what it breaks, as a picture: one curve a file, over the dial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from s2s_keras.evaluation.benchmark_plot import figure_class
from s2s_keras.evaluation.correction import DialPoint
from s2s_keras.files import atomic_path

__all__ = ["plot_curve"]


def plot_curve(
    curves: Mapping[str, Sequence[DialPoint]],
    path: str | Path,
    others: Mapping[str, tuple[float, float]] | None = None,
) -> None:
    """Draws fix rate over broken rate, a point for each position of the dial.

    Args:
        curves: name -> the points of a corrector.
        path: the picture; its suffix (`.png`, `.svg`, `.pdf`) chooses the format.
        others: name -> broken rate and fix rate of what has no dial, drawn as single points.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        ValueError: matplotlib has no such format.
        OSError: the folder is missing or cannot be written.
    """
    figure = figure_class()(figsize=(7.5, 5.0), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        broken = [100 * point.broken_rate for point in points]
        fixed = [100 * point.fix_rate for point in points]
        axes.plot(broken, fixed, marker="o", markersize=3, label=name)
        for point, x, y in zip(points, broken, fixed, strict=True):
            label = f"{point.aggressiveness:g}"
            axes.annotate(label, (x, y), (4, -8), textcoords="offset points", fontsize=7)
    for name, (broken_rate, fix_rate) in (others or {}).items():
        axes.plot([100 * broken_rate], [100 * fix_rate], marker="s", linestyle="none", label=name)
    axes.set_xlabel("right words changed, %")
    axes.set_ylabel("wrong words repaired, %")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150, format=Path(path).suffix[1:] or "png")
