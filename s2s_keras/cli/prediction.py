"""What `predict` and `translate` share: their options, and texts in, outputs out, line by line."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich.table import Table

from s2s_keras.cli.console import note, print_json, stdout
from s2s_keras.cli.models import OpenedModel, open_model
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

__all__ = ["OnError", "PredictionOptions", "Texts", "predict_texts", "takes_prediction_options"]

Texts = Annotated[
    list[str] | None, typer.Argument(help="Texts; without any, lines of standard input.")
]


class OnError(StrEnum):
    """What to do with a text that the model does not take."""

    STOP = "stop"
    COPY = "copy"


@dataclass(frozen=True)
class PredictionOptions:
    """The options of a verb that decodes texts; the comments of the fields are their help."""

    beam_width: BeamWidth = None
    length_penalty: LengthPenaltyKind = None
    length_penalty_alpha: LengthPenaltyAlpha = None
    coverage_penalty_beta: CoveragePenaltyBeta = None
    min_output_length: MinOutputLength = None
    replace_unknown: ReplaceUnknown = None
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Draw `--beam-width` outputs instead of searching: 1 as the model says, less "
            "for likelier ones."
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Seed of the draws, at least 0.")] = 0
    time_limit_ms: Annotated[
        float | None,
        typer.Option(help="Milliseconds a text, after which its best output so far is taken."),
    ] = None
    split_long: Annotated[
        bool | None,
        typer.Option(
            "--split-long/--no-split-long",
            help="Decode a text that is too long in pieces; by default for translation.",
        ),
    ] = None
    split_sentences: Annotated[
        bool | None,
        typer.Option(
            "--split-sentences/--no-split-sentences",
            help="Decode each sentence of a text by itself; by default with `translate`.",
        ),
    ] = None
    n_best: Annotated[int, typer.Option(min=1, help="Outputs a text, TAB-separated.")] = 1
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a text, with scores and milliseconds.")
    ] = False
    as_table: Annotated[
        bool, typer.Option("--table", help="A table with probability and milliseconds.")
    ] = False
    attention: Annotated[
        Path | None, typer.Option(help="Draws the last text's alignment, .png, .svg or .pdf.")
    ] = None
    on_error: Annotated[
        OnError,
        typer.Option(
            help="A text that is empty, too long or of unknown characters: stop, or copy."
        ),
    ] = OnError.STOP


DECODING = (
    "beam_width",
    "length_penalty",
    "length_penalty_alpha",
    "coverage_penalty_beta",
    "min_output_length",
    "replace_unknown",
    "temperature",
    "seed",
    "n_best",
    "time_limit_ms",
    "split_sentences",
)
"""The options that are fields of `DecodingSettings`."""


def takes_prediction_options(run: Callable[..., None]) -> Callable[..., None]:
    """Gives a verb the shared options behind its own, which it gets together as `options`.

    Args:
        run: the verb, with a parameter `options`.
    """
    own = inspect.signature(run, eval_str=True)
    parameters = [p for name, p in own.parameters.items() if name != "options"]
    hints = get_type_hints(PredictionOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(PredictionOptions)
    ]

    def verb(**given: Any) -> None:
        options = PredictionOptions(**{option.name: given.pop(option.name) for option in shared})
        run(**given, options=options)

    signature = own.replace(
        parameters=[
            *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters),
            *shared,
        ]
    )
    # The command line's library reads both.
    verb.__signature__ = signature  # type: ignore[attr-defined]
    verb.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    verb.__doc__ = run.__doc__
    return verb


def predict_texts(
    model: Path, texts: list[str] | None, options: PredictionOptions, keep_blank: bool = False
) -> None:
    """Decodes texts and prints what comes out, each as soon as it is there.

    Args:
        model: see `open_model`.
        texts: what to decode; lines of standard input where there is none.
        options: of the verb.
        keep_blank: prints what is white space alone as it is, instead of refusing it.

    Raises:
        InputError: a text cannot be decoded, and `on_error` says to stop.
        ValueError: options exclude each other or lie outside their range.
    """
    if options.as_json and options.as_table:
        raise ValueError("`--json` and `--table` exclude each other.")
    opened = _open(model, options)
    if opened.corrector is not None:
        raise ValueError(
            f"{model} corrects words in their context, and `predict` decodes whole texts: take "
            f"`s2s-keras correct --model {model}`."
        )
    columns = ("typed", "corrected") if opened.task == "correction" else ("source", "output")
    table = Table(*columns, "probability", "ms")
    last: Prediction | None = None
    for place, source in _numbered(texts):
        started = time.perf_counter()
        is_kept = keep_blank and not source.strip()
        found = [] if is_kept else _predict(opened, source, place, options)
        milliseconds = 1000 * (time.perf_counter() - started)
        last = found[0] if found else last
        if options.as_json:
            print_json(_document(source, found, milliseconds))
        elif options.as_table:
            output, probability = (
                (found[0].text, f"{found[0].probability:.2f}") if found else (source, "")
            )
            table.add_row(source, output, probability, f"{milliseconds:.1f}")
        else:
            outputs = [prediction.text for prediction in found] or [source]
            sys.stdout.write("\t".join(outputs) + "\n")
            sys.stdout.flush()
    if options.as_table:
        stdout.print(table)
    if options.attention is not None and last is not None:
        from s2s_keras.evaluation import plot_attention

        plot_attention(last, options.attention)
        note(f"The alignment is drawn in {options.attention}.")


def _open(model: Path, options: PredictionOptions) -> OpenedModel:
    opened = open_model(model, **{name: getattr(options, name) for name in DECODING})
    if options.split_long or (options.split_long is None and opened.task == "translation"):
        settings = opened.predictor.settings
        opened.predictor.settings = replace(settings, split_long_sources=True)
    return opened


def _predict(
    opened: OpenedModel, source: str, place: str, options: PredictionOptions
) -> list[Prediction]:
    """Returns the n best outputs; none where the text is to be copied."""
    try:
        found = opened.predictor.predict([source])[0]
    except InputError as error:
        if options.on_error is OnError.STOP:
            raise InputError(f"{place}: {error}") from error
        note(f"warning: {place}: {error} Copied.")
        return []
    if options.attention is not None and found[0].attention is None:
        raise ValueError(
            "`--attention` needs a model with attention, and a text that is not split. "
            f"Received: {'a split text' if found[0].pieces else 'a model without'}."
        )
    if found[0].timed_out:
        note(f"warning: {place}: the time was over; more may give a better output.")
    return found


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
