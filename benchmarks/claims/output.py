"""What the scripts share: options, figures as JSON, plots and tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.claims.data import MULTI30K_HELP
from s2s_keras.cli.console import note, stdout
from s2s_keras.files import atomic_path, make_folder, write_text

__all__ = [
    "DOCS",
    "draw_band",
    "parse_options",
    "print_table",
    "save_plot",
    "spread_text",
    "write_figures",
]

DOCS = Path("docs/claims")
WIDTH = 160
"""Least characters of a line of a table."""


def parse_options(
    name: str,
    description: str | None,
    arguments: Sequence[str] | None,
    multi30k: str | None = None,
) -> argparse.Namespace:
    """Reads the command line of a script.

    Args:
        name: of the script.
        description: its docstring.
        arguments: the command line; `None` for the process's own.
        multi30k: `optional` or `required` where the script takes the data set.

    Returns:
        `folder`, where runs go; `out`; `docs`; `seeds`, a list; `quick`; `multi30k`; `command`.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.claims.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for data and runs")
    parser.add_argument(
        "--docs",
        type=Path,
        help=f"folder for figures and plots, default {DOCS}; with --quick OUT/docs",
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each kind, default 3")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to try the script")
    if multi30k:
        required = multi30k == "required"
        parser.add_argument("--multi30k", type=Path, required=required, help=MULTI30K_HELP)
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1. Received: {options.seeds}.")
    options.docs = options.docs or (options.out / "docs" if options.quick else DOCS)
    options.folder = options.out / (f"{name}-quick" if options.quick else name)
    options.command = _command(parser.prog, options)
    options.seeds = list(range(options.seeds))
    return options


def _command(program: str, options: argparse.Namespace) -> str:
    """The command with names for the folders, which differ from machine to machine."""
    words = [program, "--out OUT"]
    if getattr(options, "multi30k", None):
        words.append("--multi30k FOLDER")
    if options.seeds != 3:
        words.append(f"--seeds {options.seeds}")
    return " ".join(words + ["--quick"] * options.quick)


def write_figures(name: str, options: argparse.Namespace, figures: Mapping[str, Any]) -> Path:
    """Writes `NAME.json` to the folder for documents, with the command that made it."""
    document = {"command": options.command, "quick": options.quick, **figures}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path = make_folder(options.docs) / f"{name}.json"
    write_text(path, text.replace(str(options.out), "OUT") + "\n")
    note(f"figures: {path}")
    return path


def save_plot(
    path: Path, draw: Callable[..., None], panels: int = 1, size: tuple[float, float] = (4.5, 3.4)
) -> None:
    """Draws panels side by side into a small PNG.

    Args:
        path: the file; its folder is made.
        draw: takes the axes, one argument a panel.
        panels: how many.
        size: of a panel, in inches.
    """
    from matplotlib.figure import Figure

    make_folder(path.parent)
    figure = Figure(figsize=(size[0] * panels, size[1]), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for one in axes:
        one.grid(alpha=0.3)
    draw(*axes)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=90)
    note(f"plot: {path}")


def draw_band(
    axes: Any, x: Sequence[float], curves: Sequence[Sequence[Any]], label: str, **style: Any
) -> None:
    """Draws the mean of the seeds' curves, and a band from the smallest to the largest."""
    columns = list(zip(*curves, strict=True))
    means = [sum(column) / len(column) for column in columns]
    (line,) = axes.plot(x, means, label=label, **style)
    low, high = [min(c) for c in columns], [max(c) for c in columns]
    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.2, linewidth=0)


def spread_text(found: Mapping[str, Any], digits: int = 3) -> str:
    """Writes a `summary` as `mean (min to max)`."""
    mean, low, high = (f"{found[key]:,.{digits}f}" for key in ("mean", "min", "max"))
    return f"{mean} ({low} to {high})"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table, in a log as wide as it needs."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console(width=max(stdout.width, WIDTH), highlight=False, markup=False).print(table)
