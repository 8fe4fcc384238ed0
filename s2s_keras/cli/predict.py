"""`s2s-keras predict`: texts in, corrected or translated texts out, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2s_keras.cli.prediction import (
    PredictionOptions,
    Texts,
    predict_texts,
    takes_prediction_options,
)

__all__ = ["run"]


@takes_prediction_options
def run(
    model: Annotated[
        Path, typer.Argument(help="Run folder, .keras or .tflite file, or SavedModel.")
    ],
    text: Texts = None,
    *,
    options: PredictionOptions,
) -> None:
    """Correct or translate texts, one line each, in order, as they come."""
    predict_texts(model, text, options)
