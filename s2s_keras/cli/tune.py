"""`s2s-keras tune`: a recipe with a space of values -> trials, and the best recipe."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from s2s_keras.cli.console import note, print_json, quiet_native_logs, stdout
from s2s_keras.cli.models import require_training
from s2s_keras.cli.recipes import DataFolder, Overrides, open_recipe
from s2s_keras.cli.train import check_public_files

if TYPE_CHECKING:
    from s2s_keras.training.search import SearchResult

__all__ = ["run"]


def run(
    recipe: Annotated[
        Path, typer.Argument(help="YAML recipe with a section `tune`.", metavar="RECIPE.yaml")
    ],
    override: Overrides = [],  # noqa: B006  typer copies it
    data: DataFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the search. [default: runs/NAME OF THE RECIPE-tune]"),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(help="How many trials, those of before included. [default: the recipe's]"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on where the search stopped."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the best trial and all others as JSON.")
    ] = False,
) -> None:
    """Search a recipe's values for the best dev figure.

    The section `tune` names keys of the recipe and their values. Each trial is a training with a
    run folder of its own in the folder of the search, which then also holds `best.yaml`, a recipe
    for `train`, `trials.csv` and `trials.png`.
    """
    require_training()
    settings = open_recipe(recipe, override, data)
    check_public_files(settings)
    folder = out or Path("runs") / f"{settings.name}-tune"
    with quiet_native_logs():
        from s2s_keras.training.search import tune
    try:
        result = tune(settings, folder, trials=trials, resume=resume, report=note)
    except KeyboardInterrupt:
        if (folder / "config.json").exists():
            note(f"The search is in {folder}; go on with the same command and `--resume`.")
        raise
    if as_json:
        print_json(_document(result))
        return
    stdout.print(_table(result))
    note(
        f"The best recipe is {folder / 'best.yaml'}; its model is trained already: "
        f"{folder / result.best.folder_name}"
    )


def _document(result: SearchResult) -> dict[str, Any]:
    rows = [asdict(trial) for trial in result.trials]
    for row in rows:
        row["epochs"] = len(row.pop("figures"))
    return {
        "search": str(result.folder),
        "monitor": result.monitor,
        "best": rows[result.best.number],
        "best_run": str(result.folder / result.best.folder_name),
        "trials": rows,
    }


def _table(result: SearchResult) -> Table:
    keys = list(result.best.values)
    # A key may be folded at its dots.
    names = [key.replace(".", ".\n") for key in keys]
    table = Table("trial", *names, result.monitor, "state", "epochs", "seconds", "note")
    table.title = f"{result.folder}, the best is trial {result.best.number}"
    for trial in result.trials:
        values = [_shown(trial.values[key]) for key in keys]
        table.add_row(
            str(trial.number),
            *values,
            "" if trial.figure is None else f"{trial.figure:.4f}",
            trial.state,
            str(len(trial.figures)),
            f"{trial.seconds:.1f}",
            trial.note,
            style="bold" if trial.number == result.best.number else None,
        )
    return table


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
