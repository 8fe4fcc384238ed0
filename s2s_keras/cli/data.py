"""`s2s-keras data`: builds a data set from installed packages, or fetches a public one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from s2s_keras.cli.console import (
    note,
    print_figures,
    print_json,
    progress_bar,
    quiet_native_logs,
    stdout,
)
from s2s_keras.cli.models import require_training
from s2s_keras.cli.recipes import open_recipe
from s2s_keras.data import DATASETS, PUBLIC_DATASETS, build_dataset, write_dataset
from s2s_keras.errors import ConfigError

__all__ = ["run"]

_COUNTS = {
    "train_pairs": "training pairs",
    "dev_pairs": "dev pairs",
    "test_pairs": "test pairs",
    "lines": "lines of text",
    "words": "words of the lexicon",
    "misspellings": "misspellings",
}


def run(
    name: Annotated[
        str | None,
        typer.Argument(help="The data set, or `prepare`; without a name, all are listed."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Argument(help="With `prepare`: the YAML recipe.", metavar="RECIPE.yaml")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the files, with a note of their licence."),
    ] = None,
    place: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder, archive or file with a public data set, plain, .gz or .zip, instead of "
            "downloading it.",
        ),
    ] = None,
    dev_fraction: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Share held out of a data set that is built. [default: 0.1]"
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Characters; what is longer is left out of a data set that is built. "
            "[default: no limit]",
        ),
    ] = None,
    override: Annotated[
        list[str],
        typer.Option("--set", help="With `prepare`: overrides a key of the recipe; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    data: Annotated[
        Path | None,
        typer.Option(help="With `prepare`: folder that holds the recipe's files of pairs."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, max=64, help="With `prepare`: processes that encode. [default: one a core]"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Write a data set as files that a recipe reads, with a note of its licence, or list all.

    Some are built from installed packages. Public ones are downloaded, or taken from where
    `--from` says; the recipe of the same name reads them with `train --data FOLDER`.

    `data prepare RECIPE.yaml --out FOLDER` encodes the pairs of a recipe, or cuts its running text,
    into files that `train RECIPE.yaml --data FOLDER` reads as it goes: they may be larger than
    memory.
    """
    if name is None:
        _list(as_json)
        return
    if out is None:
        raise typer.BadParameter("--out is needed.")
    if name == "prepare":
        if recipe is None or any(x is not None for x in (place, dev_fraction, max_length)):
            raise typer.BadParameter(
                "`prepare` needs a recipe, and takes --set, --data, --out and --workers."
            )
        _prepare(recipe, override, data, out, workers, as_json)
        return
    if override or any(x is not None for x in (recipe, data, workers)):
        raise typer.BadParameter("a recipe, --set, --data and --workers are for `prepare`.")
    if name in PUBLIC_DATASETS:
        if not (dev_fraction is None and max_length is None):
            raise typer.BadParameter(
                "--dev-fraction and --max-length are for data sets that are built; this one has "
                "its own parts."
            )
        card = PUBLIC_DATASETS[name].write(out, place, progress_bar)
    elif name not in DATASETS:
        known = sorted([*DATASETS, *PUBLIC_DATASETS])
        raise ConfigError(f"The data set must be one of {known}. Received: {name!r}.")
    else:
        card = _build(name, out, place, 0.1 if dev_fraction is None else dev_fraction, max_length)
    if warning := card.pop("warning", None):
        note(f"warning: {warning}")
    if as_json:
        print_json({"folder": str(out), **card})
        return
    sizes = {title: f"{card[key]:,}" for key, title in _COUNTS.items() if key in card}
    print_figures(str(out), {**sizes, "what": card["description"], "licence": card["licence"]})


def _prepare(
    path: Path,
    override: list[str],
    data: Path | None,
    out: Path,
    workers: int | None,
    as_json: bool,
) -> None:
    """Encodes the pairs, or cuts the running text, of a recipe."""
    require_training()
    with quiet_native_logs():
        from s2s_keras.training.prepared import prepare

    recipe = open_recipe(path, override, data)
    with Progress(
        TextColumn(f"{{task.completed:,}} {'lines' if recipe.data.text else 'pairs'}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("prepare", total=None)
        found = prepare(
            recipe.data,
            out,
            workers=os.cpu_count() or 1 if workers is None else workers,
            report=note,
            progress=lambda pairs: bar.advance(task, pairs),
        )
    for line in found["notes"]:
        note(line)
    if as_json:
        print_json({"folder": str(out), **found})
        return
    what = "texts" if recipe.data.text else "pairs"
    names = {"pairs": f"training {what}", "dev_pairs": f"dev {what}"}
    names["target_tokens"] = "target tokens"
    print_figures(str(out), {title: f"{found[key]:,}" for key, title in names.items()})


def _build(
    name: str, out: Path, place: Path | None, dev_fraction: float, max_length: int | None
) -> dict[str, Any]:
    if place is not None:
        raise typer.BadParameter(f"--from is for public data sets; {name} is built.")
    dataset = build_dataset(
        name,
        dev_fraction,
        lambda pair: max_length is None or max(map(len, pair)) <= max_length,
    )
    write_dataset(dataset, out)
    return dataset.card()


def _list(as_json: bool) -> None:
    """Prints every data set with its place, size and licence."""
    built = [
        {
            "name": name,
            "place": "built from installed packages",
            "size": "",
            "licence": module.LICENCE,
            "description": module.DESCRIPTION,
        }
        for name, module in DATASETS.items()
    ]
    public = [
        {key: getattr(dataset, key) for key in built[0]} for dataset in PUBLIC_DATASETS.values()
    ]
    if as_json:
        print_json(built + public)
        return
    table = Table(title="data sets", title_justify="left", show_lines=True)
    columns = ("name", "place", "size", "licence")
    for column in columns:
        table.add_column(column, no_wrap=column == "name")
    for row in built + public:
        table.add_row(*(row[column] for column in columns))
    stdout.print(table)
