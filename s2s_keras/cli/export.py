"""`s2s-keras export`: a run folder -> one file for the device, or a SavedModel for a server."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from s2s_keras.cli.backend import require_tensorflow
from s2s_keras.cli.compare import compare_quantizations
from s2s_keras.cli.console import note, print_figures, print_json, quiet_native_logs
from s2s_keras.cli.models import open_run
from s2s_keras.errors import ArtifactError
from s2s_keras.quantization import Quantization

if TYPE_CHECKING:
    from s2s_keras.config import ShortlistConfig
    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import ExportReport, SavedModelReport
    from s2s_keras.training.run import Run

__all__ = ["run"]


class Format(StrEnum):
    """What can be exported to."""

    TFLITE = "tflite"
    SAVED_MODEL = "saved_model"


REASONS = {
    Format.TFLITE: "a file gives as many outputs as a call asks for, and takes ids.",
    Format.SAVED_MODEL: "its weights are float32, its vocabulary is whole, and its search, which "
    "keeps no state between calls, must be that of the Keras model.",
}
"""Format -> why it does not take the other's options."""


def run(
    run_folder: Annotated[Path, typer.Argument(help="What `train` made.", metavar="RUN")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, or the folder of a SavedModel's versions; with --compare, "
            "where given, a file is kept beside it for each quantisation."
        ),
    ] = None,
    to: Annotated[
        Format, typer.Option(help="A file for the device, or strings to strings for a server.")
    ] = Format.TFLITE,
    quantize: Annotated[
        Quantization | None, typer.Option(help="Weights. [default: the recipe's]")
    ] = None,
    beam_width: Annotated[
        int | None, typer.Option(min=1, max=200, help="Hypotheses kept. [default: the recipe's]")
    ] = None,
    n_best: Annotated[
        int | None,
        typer.Option(min=1, help="saved_model: outputs a text, at most the beam's. [default: 1]"),
    ] = None,
    text: Annotated[
        bool | None,
        typer.Option(
            "--text/--no-text",
            help="saved_model: whether it takes strings, with operators of tensorflow-text, or ids "
            "alone. [default: strings]",
        ),
    ] = None,
    stateful: Annotated[
        bool | None,
        typer.Option(
            "--stateful/--stateless",
            help="Whether memory and state stay inside the interpreter. [default: the recipe's]",
        ),
    ] = None,
    shortlist: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Target tokens that a source's output is made of, chosen for each source; learned "
            "from the training pairs. 0 for the whole vocabulary. [default: the recipe's]",
        ),
    ] = None,
    min_same_best: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Share of the sample that must come out as from the Keras model. "
            "[default: the recipe's]",
        ),
    ] = None,
    comparing: Annotated[
        bool,
        typer.Option(
            "--compare", help="Export every quantisation, and compare them on the dev pairs."
        ),
    ] = False,
    compare_texts: Annotated[
        int, typer.Option(min=1, help="Dev pairs to compare on, at most, evenly spread.")
    ] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Convert a trained model, and prove that the file computes what the model computes."""
    if out is None and not comparing:
        raise typer.BadParameter("--out is needed, except with --compare.")
    _refuse_foreign_options(
        to,
        {
            Format.TFLITE: {"--n-best": n_best, "--text/--no-text": text},
            Format.SAVED_MODEL: {
                "--quantize": None if quantize is Quantization.NONE else quantize,
                "--stateful/--stateless": stateful,
                "--shortlist": shortlist,
                "--min-same-best": min_same_best,
                "--compare": comparing or None,
            },
        },
    )
    if comparing and not (quantize is None and min_same_best is None):
        raise typer.BadParameter(
            "--compare exports every quantisation, whatever its quality: leave --quantize and "
            "--min-same-best out."
        )
    require_tensorflow()
    trained = open_run(run_folder)
    if comparing and trained.lexicon is not None:
        raise typer.BadParameter(
            "--compare compares whole outputs, and this model corrects words: export with each "
            "--quantize, and compare with `s2s-keras evaluate --task autocorrect`."
        )
    sample = _read_sample(run_folder)
    recipe = trained.recipe
    settings = recipe.decoding_settings()
    if beam_width is not None:
        settings = replace(settings, beam_width=beam_width)
    card = _card(trained)
    if to is Format.SAVED_MODEL and out is not None:
        settings = replace(settings, n_best=n_best or 1)
        _export_saved_model(trained, out, sample, settings, text is not False, card, as_json)
        return
    shortlist_config = _shortlist_config(recipe.export.shortlist, shortlist)
    options: dict[str, Any] = {
        "candidates": recipe.export.candidates,
        "source_buckets": recipe.export.source_buckets,
        "stateful": recipe.export.stateful if stateful is None else stateful,
        "card": card,
        "lexicon": trained.lexicon,
    }
    if shortlist_config is not None:
        note("Learning the shortlist from the training pairs ...")
        with quiet_native_logs():
            from s2s_keras.training.corpus import make_shortlist

        tokenizers = (trained.model.source_tokenizer, trained.model.target_tokenizer)
        options["shortlist"] = make_shortlist(recipe.data, shortlist_config, *tokenizers)
    if comparing or out is None:
        compare_quantizations(trained, sample, settings, options, out, compare_texts, as_json)
        return
    threshold = recipe.export.min_same_best if min_same_best is None else min_same_best
    note("Converting, and comparing with the Keras model ...")
    with quiet_native_logs():
        from s2s_keras.export import export_tflite

        report = export_tflite(
            trained.model,
            out,
            sample,
            settings,
            quantization=quantize or recipe.export.quantization,
            min_same_best=threshold,
            **options,
        )
    parity = report.parity
    listed = {}
    if parity.same_unrestricted is not None:
        listed = {"same as without a shortlist": f"{parity.same_unrestricted:.1%}"}
    _print_report(
        report,
        {"quantization": report.quantization, "operators": report.operators},
        {
            "quantisation": report.quantization,
            "operators": f"{len(report.operators)} kinds, all builtin",
            "same best output as Keras": f"{parity.same_best:.1%} of {parity.texts} dev sources",
            f"same {settings.beam_width} beams": f"{parity.same_beams:.1%}",
            **listed,
            "largest difference of log_probs": f"{parity.max_difference:.2g}",
        },
        as_json,
    )


def _card(trained: Run) -> dict[str, Any]:
    """Returns what `model.json` says of the model; languages only where the recipe names them."""
    recipe = trained.recipe
    languages = {
        key: value
        for key in ("source_language", "target_language")
        if (value := getattr(recipe.data, key)) is not None
    }
    correction = {}
    if recipe.data.words is not None:
        correction = {"correction": recipe.data.words.settings().as_metadata()}
    if trained.channel is not None:
        correction["channel"] = trained.channel.as_metadata()
    card = {"name": recipe.name, "task": recipe.task, **languages, **correction}
    return {**card, "quality": trained.metrics}


def _refuse_foreign_options(to: Format, foreign: dict[Format, dict[str, Any]]) -> None:
    """Refuses options that were given and mean nothing to the format."""
    given = [name for name, value in foreign[to].items() if value is not None]
    if given:
        raise typer.BadParameter(
            f"`--to {to}` takes no {', '.join(given)}: {REASONS[to]} Leave it out."
        )


def _export_saved_model(
    trained: Run,
    out: Path,
    sample: list[str],
    settings: DecodingSettings,
    with_text: bool,
    card: dict[str, Any],
    as_json: bool,
) -> None:
    """Writes the next version of a SavedModel, and prints the report."""
    if trained.recipe.export.shortlist is not None:
        note("The recipe's shortlist is for files: a SavedModel has the whole vocabulary.")
    if settings.replace_unknown and not with_text:
        note("Without text nothing replaces `<unk>`: `replace_unknown` is left out.")
    note("Tracing, saving, and comparing with the Keras model ...")
    with quiet_native_logs():
        from s2s_keras.export import export_saved_model

        report = export_saved_model(
            trained.model, out, sample, settings, with_text=with_text, card=card
        )
    parity = report.parity
    aligned = {}
    if parity.same_alignments is not None:
        aligned = {"same alignments": f"{parity.same_alignments:.1%}"}
    _print_report(
        report,
        {"signatures": report.signatures},
        {
            "signatures": ", ".join(report.signatures),
            "same best output as Keras": f"{parity.same_best:.1%} of {parity.texts} dev sources",
            f"same {settings.n_best} best": f"{parity.same_beams:.1%}",
            **aligned,
            "largest difference of scores": f"{parity.max_difference:.2g}",
        },
        as_json,
    )


def _print_report(
    report: ExportReport | SavedModelReport,
    details: dict[str, Any],
    figures: dict[str, str],
    as_json: bool,
) -> None:
    """Prints what was written: `details` for a program, or `figures` for people."""
    if as_json:
        parts = {"path": str(report.path), "size_bytes": report.size_bytes, **details}
        print_json({**parts, "parity": report.parity.as_dict()})
        return
    print_figures(f"{report.path}", {"size": f"{report.size_bytes:,} bytes", **figures})


def _shortlist_config(config: ShortlistConfig | None, size: int | None) -> ShortlistConfig | None:
    """Returns the recipe's, or one of another size; `None` for size 0."""
    if size is None:
        return config
    if size == 0:
        return None
    from s2s_keras.config import ShortlistConfig

    return (
        ShortlistConfig(size=size) if config is None else config.model_copy(update={"size": size})
    )


def _read_sample(run_folder: Path) -> list[str]:
    path = run_folder / "sample.json"
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path}: cannot be read: {error}") from error
