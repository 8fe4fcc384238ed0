"""`s2s-keras translate`: `predict` with a model that ships with the package."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from s2s_keras.cli.prediction import (
    PredictionOptions,
    Texts,
    predict_texts,
    takes_prediction_options,
)
from s2s_keras.runtime.shipped import shipped_model

__all__ = ["run"]


@takes_prediction_options
def run(
    text: Texts = None,
    *,
    target: Annotated[str, typer.Option("--to", help="Language of the outputs, such as fr.")],
    source: Annotated[str, typer.Option("--from", help="Language of the texts.")] = "en",
    options: PredictionOptions,
) -> None:
    """Translate texts with a model that ships with the package, as they come.

    Each sentence of a text is translated by itself; white space stays as it is.
    """
    if options.split_sentences is None:
        options = replace(options, split_sentences=options.attention is None)
    predict_texts(shipped_model(source, target), text, options, keep_blank=True)
