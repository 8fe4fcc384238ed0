"""`s2s-keras evaluate`: a model and a file of pairs -> figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from s2s_keras.cli.console import print_figures, print_json
from s2s_keras.cli.models import open_model
from s2s_keras.cli.options import (
    BeamWidth,
    CoveragePenaltyBeta,
    LengthPenaltyAlpha,
    LengthPenaltyKind,
    MinOutputLength,
    ReplaceUnknown,
)

__all__ = ["figures", "run"]


def run(
    model: Annotated[Path, typer.Argument(help="Run folder, .keras or .tflite file.")],
    pairs: Annotated[Path, typer.Argument(help="source<TAB>target lines.", metavar="PAIRS.tsv")],
    beam_width: BeamWidth = None,
    length_penalty: LengthPenaltyKind = None,
    length_penalty_alpha: LengthPenaltyAlpha = None,
    coverage_penalty_beta: CoveragePenaltyBeta = None,
    min_output_length: MinOutputLength = None,
    replace_unknown: ReplaceUnknown = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure a model on a file of pairs.

    A source that the model does not take (too long, characters never seen) counts as if returned
    unchanged, and is counted under "unprocessed".
    """
    from s2s_keras.data import read_pairs
    from s2s_keras.evaluation import evaluate

    rows = read_pairs(pairs)
    opened = open_model(
        model,
        beam_width=beam_width,
        length_penalty=length_penalty,
        length_penalty_alpha=length_penalty_alpha,
        coverage_penalty_beta=coverage_penalty_beta,
        min_output_length=min_output_length,
        replace_unknown=replace_unknown,
    )
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Decoding", total=len(rows))
        result = evaluate(
            opened.predictor, rows, opened.batch_size, lambda n: bar.advance(task, n)
        ).as_dict()
    if as_json:
        print_json({"model": str(model), "pairs_file": str(pairs), **result})
    else:
        print_figures(f"{model} on {pairs}", figures(result, opened.task))


def figures(metrics: Mapping[str, Any], task: str | None) -> dict[str, str]:
    """Returns the figures of an evaluation as a person reads them.

    Args:
        metrics: of `Evaluation.as_dict`.
        task: what the model is for; fix rate and broken rate mean nothing for a translation.
    """

    def percent(key: str) -> str:
        return "none in the data" if metrics[key] is None else f"{metrics[key]:.1%}"

    correction = {
        "fix rate (corrupted words restored)": percent("fix_rate"),
        "broken rate (correct words changed)": percent("broken_rate"),
    }
    return {
        "pairs": f"{metrics['pairs']:,} ({metrics['unprocessed']:,} unprocessed)",
        **({} if task == "translation" else correction),
        "exact match": percent("exact_match"),
        "character error rate": percent("character_error_rate"),
    }
