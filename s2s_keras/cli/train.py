"""`s2s-keras train`: a recipe -> a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s2s_keras.cli.console import note, print_figures, print_json, quiet_native_logs
from s2s_keras.cli.models import require_training
from s2s_keras.cli.recipes import DataFolder, Overrides, open_recipe
from s2s_keras.errors import DataError

if TYPE_CHECKING:
    from s2s_keras.config import Recipe

__all__ = ["check_public_files", "run"]


def run(
    recipe: Annotated[Path, typer.Argument(help="YAML recipe.", metavar="RECIPE.yaml")],
    override: Overrides = [],  # noqa: B006  typer copies it
    data: DataFolder = None,
    out: Annotated[
        Path | None, typer.Option(help="The run folder. [default: runs/NAME OF THE RECIPE]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the training stopped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the dev metrics as JSON.")] = False,
) -> None:
    """Train a recipe.

    The run folder then holds `model.keras`, `config.json`, the vocabularies, `history.csv`,
    `loss.png`, TensorBoard events, `metrics.json` with the figures on the dev pairs, and
    `report.html`, a page that shows all of it; events and page grow with each epoch.
    """
    require_training()
    settings = open_recipe(recipe, override, data)
    check_public_files(settings)
    folder = out or Path("runs") / settings.name
    with quiet_native_logs():
        from s2s_keras.training.run import train
    try:
        result = train(settings, folder, resume=resume, report=note)
    except KeyboardInterrupt:
        if (folder / "config.json").exists():
            note(f"What is done is in {folder}; go on with `--resume`.")
        raise
    if as_json:
        print_json({"run": str(folder), **result.metrics})
    else:
        from s2s_keras.evaluation import figures

        print_figures(f"{folder}, on the dev pairs", figures(result.metrics, settings.task))


def check_public_files(recipe: Recipe) -> None:
    """Says how to get the files of a recipe that reads a public corpus, where they are missing."""
    from s2s_keras.data import PUBLIC_DATASETS
    from s2s_keras.data.records import RECORDS_FILE

    if recipe.name not in PUBLIC_DATASETS or recipe.data.resolve(Path(RECORDS_FILE)).exists():
        return
    for path in recipe.data.pair_files():
        if not path.exists():
            raise DataError(
                f"there is no such file. Get the data with `s2s-keras data {recipe.name} --out "
                "FOLDER`, and say where it is with `--data FOLDER`.",
                path,
            )
