"""`s2s-keras evaluate`: a model and a file of pairs -> figures."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from s2s_keras.cli.console import note, print_figures, print_json
from s2s_keras.cli.models import open_model
from s2s_keras.cli.options import (
    BeamWidth,
    CoveragePenaltyBeta,
    LengthPenaltyAlpha,
    LengthPenaltyKind,
    MinOutputLength,
    ReplaceUnknown,
)

__all__ = ["run"]


class Task(StrEnum):
    """What a model is for, as a person says it."""

    AUTOCORRECT = "autocorrect"
    TRANSLATION = "translation"


TASKS = {Task.AUTOCORRECT: "correction", Task.TRANSLATION: "translation"}
"""What a model file calls it."""


def run(
    model: Annotated[Path, typer.Argument(help="Run folder, .keras or .tflite file.")],
    pairs: Annotated[Path, typer.Argument(help="source<TAB>target lines.", metavar="PAIRS.tsv")],
    beam_width: BeamWidth = None,
    length_penalty: LengthPenaltyKind = None,
    length_penalty_alpha: LengthPenaltyAlpha = None,
    coverage_penalty_beta: CoveragePenaltyBeta = None,
    min_output_length: MinOutputLength = None,
    replace_unknown: ReplaceUnknown = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="Target language of a translation, such as fr. [default: the model's, or en]"
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Another model of the same translation: is the difference chance?"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for index.html, which shows a translation's sentences."),
    ] = None,
    report_sentences: Annotated[
        int, typer.Option(min=0, help="Sentences drawn with their alignment, best and worst each.")
    ] = 20,
    task: Annotated[
        Task | None, typer.Option(help="What the model is for. [default: as it says]")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Picture of what is repaired and broken, over the aggressiveness."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure a model on a file of pairs.

    A source that the model does not take (too long, characters never seen) counts as if returned
    unchanged, and is counted under "unprocessed". A file with a lexicon corrects whole texts, word
    by word, and is measured by kind of error and by aggressiveness. Of a translation, lines with
    the same source are references of one text.
    """
    from s2s_keras.cli.evaluate_correction import evaluate_corrections
    from s2s_keras.data import read_pairs
    from s2s_keras.evaluation import (
        NO_TRANSLATION_METRICS,
        can_measure_translations,
        check_plot,
        evaluate,
        figures,
    )

    rows = read_pairs(pairs)
    settings = {
        "beam_width": beam_width,
        "length_penalty": length_penalty,
        "length_penalty_alpha": length_penalty_alpha,
        "coverage_penalty_beta": coverage_penalty_beta,
        "min_output_length": min_output_length,
        "replace_unknown": replace_unknown,
    }
    opened = open_model(model, **settings)
    _check_task(task, opened.task)
    if opened.corrector is not None:
        given = {"language": language, "against": against, "report": report, **settings}
        del given["beam_width"]
        _refuse(given, "the model corrects words in their context")
        if plot is not None:
            check_plot(plot)
        evaluate_corrections(opened.corrector, (model, pairs), rows, plot, as_json)
        return
    _refuse({"plot": plot}, "the model has no lexicon")
    asked = [
        name
        for name, value in (("language", language), ("against", against), ("report", report))
        if value is not None
    ]
    if asked and opened.task == "correction":
        raise ValueError(
            f"`--{asked[0]}` is for translations. Received: a model for correction; leave it out."
        )
    is_translation = opened.task == "translation" or bool(asked)
    if is_translation and (asked or can_measure_translations()):
        from s2s_keras.cli.evaluate_translation import Request, evaluate_translations

        request = Request(model, pairs, rows, language, against, report, report_sentences, as_json)
        evaluate_translations(opened, request, settings)
        return
    if is_translation:
        note(NO_TRANSLATION_METRICS)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        decoding = bar.add_task("Decoding", total=len(rows))
        result = evaluate(
            opened.predictor, rows, opened.batch_size, lambda n: bar.advance(decoding, n)
        ).as_dict()
    if as_json:
        print_json({"model": str(model), "pairs_file": str(pairs), **result})
    else:
        print_figures(f"{model} on {pairs}", figures(result, opened.task))


def _check_task(asked: Task | None, found: str | None) -> None:
    if asked is not None and found is not None and TASKS[asked] != found:
        raise ValueError(f"The model is for {found}. Received: --task {asked.value}.")


def _refuse(given: Mapping[str, Any], reason: str) -> None:
    """Refuses options that mean nothing to a model."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"`--{name.replace('_', '-')}` means nothing here: {reason}.")
