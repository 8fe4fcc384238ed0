"""`s2s-keras predict`: texts in, corrected or translated texts out, line by line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from s2s_keras.cli.console import note, print_json, stdout
from s2s_keras.cli.models import open_model
from s2s_keras.cli.options import (
    BeamWidth,
    CoveragePenaltyBeta,
    LengthPenaltyAlpha,
    LengthPenaltyKind,
    MinOutputLength,
    ReplaceUnknown,
)
from s2s_keras.decoding import Prediction
from s2s_keras.errors import InputError

__all__ = ["run"]


class OnError(StrEnum):
    """What to do with a text that the model does not take."""

    STOP = "stop"
    COPY = "copy"


def run(
    model: Annotated[Path, typer.Argument(help="Run folder, .keras or .tflite file.")],
    text: Annotated[
        list[str] | None, typer.Argument(help="Texts; without any, lines of standard input.")
    ] = None,
    beam_width: BeamWidth = None,
    length_penalty: LengthPenaltyKind = None,
    length_penalty_alpha: LengthPenaltyAlpha = None,
    coverage_penalty_beta: CoveragePenaltyBeta = None,
    min_output_length: MinOutputLength = None,
    replace_unknown: ReplaceUnknown = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Draw `--beam-width` outputs instead of searching: 1 as the model says, less "
            "for likelier ones."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws, at least 0.")] = 0,
    time_limit_ms: Annotated[
        float | None,
        typer.Option(help="Milliseconds a text, after which its best output so far is taken."),
    ] = None,
    split_long: Annotated[
        bool | None,
        typer.Option(
            "--split-long/--no-split-long",
            help="Decode a text that is too long in pieces; by default for translation.",
        ),
    ] = None,
    n_best: Annotated[int, typer.Option(min=1, help="Outputs a text, TAB-separated.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a text, with scores and milliseconds.")
    ] = False,
    as_table: Annotated[
        bool, typer.Option("--table", help="A table with probability and milliseconds.")
    ] = False,
    attention: Annotated[
        Path | None, typer.Option(help="Draws the last text's alignment, .png, .svg or .pdf.")
    ] = None,
    on_error: Annotated[
        OnError,
        typer.Option(
            help="A text that is empty, too long or of unknown characters: stop, or copy."
        ),
    ] = OnError.STOP,
) -> None:
    """Correct or translate texts, one line each, in order, as they come."""
    if as_json and as_table:
        raise ValueError("`--json` and `--table` exclude each other.")
    opened = open_model(
        model,
        beam_width=beam_width,
        length_penalty=length_penalty,
        length_penalty_alpha=length_penalty_alpha,
        coverage_penalty_beta=coverage_penalty_beta,
        min_output_length=min_output_length,
        replace_unknown=replace_unknown,
        temperature=temperature,
        seed=seed,
        n_best=n_best,
        time_limit_ms=time_limit_ms,
    )
    if split_long or (split_long is None and opened.task == "translation"):
        settings = opened.predictor.settings
        opened.predictor.settings = replace(settings, split_long_sources=True)
    columns = ("typed", "corrected") if opened.task == "correction" else ("source", "output")
    table = Table(*columns, "probability", "ms")
    last: Prediction | None = None
    for place, source in _numbered(text):
        started = time.perf_counter()
        try:
            found = opened.predictor.predict([source])[0]
        except InputError as error:
            if on_error is OnError.STOP:
                raise InputError(f"{place}: {error}") from error
            note(f"warning: {place}: {error} Copied.")
            found = []
        if attention is not None and found and found[0].attention is None:
            raise ValueError(
                "`--attention` needs a model with attention, and a text that is not split. "
                f"Received: {'a split text' if found[0].pieces else 'a model without'}."
            )
        if found and found[0].timed_out:
            note(f"warning: {place}: the time was over; more may give a better output.")
        milliseconds = 1000 * (time.perf_counter() - started)
        last = found[0] if found else last
        if as_json:
            print_json(_document(source, found, milliseconds))
        elif as_table:
            output, probability = (
                (found[0].text, f"{found[0].probability:.2f}") if found else (source, "")
            )
            table.add_row(source, output, probability, f"{milliseconds:.1f}")
        else:
            outputs = [prediction.text for prediction in found] or [source]
            sys.stdout.write("\t".join(outputs) + "\n")
            sys.stdout.flush()
    if as_table:
        stdout.print(table)
    if attention is not None and last is not None:
        from s2s_keras.evaluation import plot_attention

        plot_attention(last, attention)
        note(f"The alignment is drawn in {attention}.")


def _numbered(texts: list[str] | None) -> Iterator[tuple[str, str]]:
    """Yields what an error calls a text, and the text."""
    if texts:
        for number, text in enumerate(texts, 1):
            yield f"text {number}", text
        return
    for number, raw in enumerate(sys.stdin.buffer, 1):
        place = f"<stdin>:{number}"
        try:
            yield place, raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(f"{place}: the line is not valid UTF-8.") from error


def _document(source: str, found: list[Prediction], milliseconds: float) -> dict[str, Any]:
    return {
        "source": source,
        "predictions": [
            {
                "text": prediction.text,
                "score": round(prediction.score, 6),
                "log_prob": round(prediction.log_prob, 6),
                "probability": round(prediction.probability, 6),
                "is_complete": prediction.is_complete,
                "timed_out": prediction.timed_out,
            }
            for prediction in found
        ],
        "ms": round(milliseconds, 3),
    }
