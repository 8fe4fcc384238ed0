"""`s2s-keras train`: a recipe -> a run folder."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s2s_keras.cli.console import note, print_figures, print_json, quiet_native_logs
from s2s_keras.cli.models import require_training
from s2s_keras.cli.recipes import DataFolder, Overrides, open_recipe
from s2s_keras.cli.supervision import supervise
from s2s_keras.cluster import Cluster
from s2s_keras.errors import DataError

if TYPE_CHECKING:
    from s2s_keras.config import Recipe

__all__ = ["check_public_files", "run"]


class Distributions(StrEnum):
    """How a training is spread over devices."""

    DATA_PARALLEL = "data_parallel"


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
    distribution: Annotated[
        Distributions | None,
        typer.Option(help="Train on all devices together: each takes its rows of every batch."),
    ] = None,
    job_addresses: Annotated[
        str | None,
        typer.Option(
            envvar="KERAS_DISTRIBUTION_JOB_ADDRESSES",
            help="HOST:PORT of process 0, where several processes train, on JAX.",
        ),
    ] = None,
    num_processes: Annotated[
        int | None,
        typer.Option(envvar="KERAS_DISTRIBUTION_NUM_PROCESSES", help="How many there are."),
    ] = None,
    process_id: Annotated[
        int | None,
        typer.Option(
            envvar="KERAS_DISTRIBUTION_PROCESS_ID", help="The number of this one, from 0."
        ),
    ] = None,
    connect_seconds: Annotated[
        int, typer.Option(min=1, help="How long to wait for the other processes at the start.")
    ] = 300,
    silence_seconds: Annotated[
        int, typer.Option(min=2, help="After so long a process not heard of counts as dead.")
    ] = 30,
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
    if distribution is None:
        _train(settings, folder, resume, as_json)
        return
    cluster = Cluster(job_addresses, num_processes, process_id, connect_seconds, silence_seconds)
    work = partial(_train, settings, folder, resume, as_json, cluster)
    if cluster.processes == 1:
        work()
    else:
        raise typer.Exit(supervise(work, cluster.describe_loss))


def _train(
    settings: Recipe,
    folder: Path,
    resume: bool,
    as_json: bool,
    cluster: Cluster | None = None,
) -> None:
    with quiet_native_logs():
        from s2s_keras.training.run import train
    try:
        result = train(settings, folder, resume=resume, report=note, cluster=cluster)
    except KeyboardInterrupt:
        if (folder / "config.json").exists():
            note(f"What is done is in {folder}; go on with `--resume`.")
        raise
    if cluster is not None and cluster.process:
        return
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
