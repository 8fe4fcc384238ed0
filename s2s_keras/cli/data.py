"""`s2s-keras data`: builds a data set from installed packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2s_keras.cli.console import print_figures, print_json
from s2s_keras.data import DATASETS, build_dataset, write_dataset

__all__ = ["run"]


def run(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(DATASETS)}.")],
    out: Annotated[Path, typer.Option(help="Folder for train.tsv, dev.tsv and dataset.json.")],
    dev_fraction: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share held out.")] = 0.1,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Characters; longer is left out. [default: no limit]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Build a data set as files of pairs, with a note of its licence."""
    dataset = build_dataset(
        name,
        dev_fraction,
        lambda pair: max_length is None or max(map(len, pair)) <= max_length,
    )
    folder = write_dataset(dataset, out)
    if as_json:
        print_json({"folder": str(folder), **dataset.card()})
        return
    print_figures(
        f"{folder}",
        {
            "training pairs": f"{len(dataset.train):,}",
            "dev pairs": f"{len(dataset.dev):,}",
            "what": dataset.description,
            "licence": dataset.licence,
        },
    )
