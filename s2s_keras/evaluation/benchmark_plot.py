"""What model files cost, as a picture: where a step's time goes, and what a text takes."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2s_keras.errors import MissingDependencyError
from s2s_keras.files import atomic_path

__all__ = ["check_plot", "figure_class", "plot_benchmark"]

LONGEST_NAME = 34
"""Characters of a name on an axis."""


def check_plot(path: str | Path) -> None:
    """Checks that a plot could be drawn, before what it shows is measured.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        OSError: the folder is missing.
    """
    figure_class()
    folder = Path(path).parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))


def plot_benchmark(document: Mapping[str, Any], path: str | Path) -> None:
    """Draws what `runtime.benchmark.benchmark` returned.

    On the left, a bar for each file: the best time of a step of the widest beam and the longest
    source, each matrix product as long as it takes alone, and behind them all else. On the right,
    the median time of a whole text by source length, with a bar from the best to the 95th
    percentile.

    Args:
        document: `machine`, `options` and `files`.
        path: the picture; its suffix (`.png`, `.svg`, `.pdf`) chooses the format.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        ValueError: matplotlib has no such format.
        OSError: the folder is missing or cannot be written.
    """
    files = document["files"]
    figure = figure_class()(figsize=(12.5, 4.2 + 0.5 * len(files)), layout="constrained")
    steps, texts = figure.subplots(1, 2)
    _draw_steps(steps, files)
    _draw_texts(texts, files, document["options"]["output_tokens"])
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150, format=Path(path).suffix[1:] or "png")


def figure_class() -> Any:
    """Returns matplotlib's figure.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingDependencyError("Plots need matplotlib: pip install matplotlib.") from error
    return Figure


def _draw_steps(axes: Any, files: list[dict[str, Any]]) -> None:
    longest = [
        max(file["step"], key=lambda entry: (entry["beam_width"], entry["source_length"]))
        for file in files
    ]
    names = {product["product"]: None for step in longest for product in step["products"]}
    ends = [0.0] * len(files)
    for name in [*names, "all else"]:
        widths = [_time_of(name, step) for step in longest]
        look = {"color": "white", "edgecolor": "grey", "hatch": "//"} if name == "all else" else {}
        axes.barh(range(len(files)), widths, left=ends, label=name, **look)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    axes.set_yticks(range(len(files)), [_short(file["path"]) for file in files])
    axes.invert_yaxis()
    axes.set_xlabel("ms, best of all rounds")
    axes.set_title(
        f"a step, beam {longest[0]['beam_width']}: each product alone, and all else", fontsize=10
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=7, ncols=1)


def _time_of(name: str, step: dict[str, Any]) -> float:
    if name == "all else":
        return max(0.0, float(step["best_ms"] - step["limit_ms"]))
    found = [p for p in step["products"] if p["product"] == name]
    return sum(float(p["times"] * p["best_ms"]) for p in found)


def _draw_texts(axes: Any, files: list[dict[str, Any]], output_tokens: int) -> None:
    for file in files:
        for width in sorted({entry["beam_width"] for entry in file["text"]}):
            entries = [entry for entry in file["text"] if entry["beam_width"] == width]
            medians = [entry["median_ms"] for entry in entries]
            below = [entry["median_ms"] - entry["best_ms"] for entry in entries]
            above = [entry["p95_ms"] - entry["median_ms"] for entry in entries]
            axes.errorbar(
                [entry["source_length"] for entry in entries],
                medians,
                yerr=[below, above],
                marker="o",
                capsize=3,
                label=f"{_short(file['path'])}, beam {width}",
            )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("source length of the graph, tokens")
    axes.set_ylabel("ms, median; bars: best to 95th percentile")
    axes.set_title(f"a whole text of {output_tokens} output tokens", fontsize=10)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=7)


def _short(path: str) -> str:
    name = Path(path).name
    return name if len(name) <= LONGEST_NAME else f"...{name[-LONGEST_NAME:]}"
