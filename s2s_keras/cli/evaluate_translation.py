"""What `s2s-keras evaluate` does with a translation: one model or two -> tables, JSON, a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from s2s_keras.cli.console import note, print_figures, print_json, stdout
from s2s_keras.cli.models import OpenedModel, open_model
from s2s_keras.data import Pair
from s2s_keras.evaluation import (
    TITLES,
    TranslationEvaluation,
    check_report,
    compare_translations,
    evaluate_translation,
    figures,
    require_translation_metrics,
    write_report,
)

if TYPE_CHECKING:
    from s2s_keras.evaluation.resampling import Difference

__all__ = ["Request", "evaluate_translations"]


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        model: as it was given.
        pairs_file: likewise.
        pairs: what it holds.
        language: of the targets; where not given, the model's, or English.
        against: another model.
        report: folder for the report.
        report_sentences: how many of the best and of the worst it draws.
        as_json: prints one JSON document instead of tables.
    """

    model: Path
    pairs_file: Path
    pairs: Sequence[Pair]
    language: str | None
    against: Path | None
    report: Path | None
    report_sentences: int
    as_json: bool


def evaluate_translations(
    opened: OpenedModel, request: Request, settings: Mapping[str, Any]
) -> None:
    """Decodes with one model or both, and prints the figures.

    Args:
        opened: the model.
        request: what is asked for.
        settings: overrides of the decoding, for the other model, too.
    """
    language = request.language or opened.language or "en"
    require_translation_metrics(language)
    if request.report is not None:
        check_report(request.report)
    models = {str(request.model): opened}
    if request.against is not None:
        other = open_model(request.against, **settings)
        models[_other_name(request)] = other
    columns = [*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        evaluations = {
            name: _evaluate(name, model, request, language, bar) for name, model in models.items()
        }
    ours, *others = evaluations.values()
    differences: dict[str, Difference] = {}
    if others:
        note("Comparing the two on samples of the sentences ...")
        differences = compare_translations(ours, others[0])
    if request.report is not None:
        path = write_report(
            request.report,
            evaluations,
            differences,
            title=request.pairs_file.name,
            sentences=request.report_sentences,
        )
        note(f"The report is in {path}.")
    if request.as_json:
        print_json(_document(request, language, ours, others, differences))
    else:
        _print(request, evaluations, differences)


def _evaluate(
    name: str, model: OpenedModel, request: Request, language: str, bar: Progress
) -> TranslationEvaluation:
    total = len({pair.source for pair in request.pairs})
    decoding = bar.add_task(f"Decoding, {name}", total=total)
    measuring = bar.add_task(f"Measuring, {name}", total=total)
    return evaluate_translation(
        model.predictor,
        request.pairs,
        model.batch_size,
        lambda count: bar.advance(decoding, count),
        lambda count: bar.advance(measuring, count),
        language=language,
        alignments=request.report is not None,
    )


def _other_name(request: Request) -> str:
    """Returns what the other model is called, which may be the same file."""
    same = request.against == request.model
    return f"{request.against} (again)" if same else str(request.against)


def _document(
    request: Request,
    language: str,
    ours: TranslationEvaluation,
    others: Sequence[TranslationEvaluation],
    differences: Mapping[str, Difference],
) -> dict[str, Any]:
    document = {
        "model": str(request.model),
        "pairs_file": str(request.pairs_file),
        "language": language,
        **ours.as_dict(),
    }
    if others:
        document["against"] = {"model": str(request.against), **others[0].as_dict()}
        document["differences"] = {
            name: {
                "difference": found.difference,
                **asdict(found.interval),
                "p_value": found.p_value,
            }
            for name, found in differences.items()
        }
    return document


def _print(
    request: Request,
    evaluations: Mapping[str, TranslationEvaluation],
    differences: Mapping[str, Difference],
) -> None:
    found = {name: evaluation.as_dict() for name, evaluation in evaluations.items()}
    ours, *others = found
    print_figures(f"{ours} on {request.pairs_file}", figures(found[ours], "translation"))
    if others:
        title = f"{ours} against {others[0]}"
        stdout.print(_difference_table(title, found[ours], found[others[0]], differences))
    stdout.print(_length_table(list(evaluations.values())))
    for measurement in evaluations[ours].measurements:
        stdout.print(f"{measurement.title}: {measurement.signature}", soft_wrap=True)
    for name, evaluation in evaluations.items():
        for measurement in evaluation.measurements:
            if measurement.remark:
                stdout.print(f"{name}: {measurement.title}: {measurement.remark}.", soft_wrap=True)


def _difference_table(
    title: str,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    differences: Mapping[str, Difference],
) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for column in ("this", "other", "difference (95 %)", "p"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, difference in differences.items():
        interval = difference.interval
        table.add_row(
            TITLES[name],
            f"{ours[name]['score']:.2f}",
            f"{theirs[name]['score']:.2f}",
            f"{difference.difference:+.2f} ({interval.low:+.2f} to {interval.high:+.2f})",
            f"{difference.p_value:.4f}",
        )
    return table


def _length_table(evaluations: Sequence[TranslationEvaluation]) -> Table:
    table = Table(title="By words of the source", title_justify="left")
    table.add_column("words")
    table.add_column("sources", justify="right")
    for suffix in ("", ", other")[: len(evaluations)]:
        for title in ("BLEU", "chrF"):
            table.add_column(f"{title}{suffix}", justify="right")
    for buckets in zip(*(found.by_source_length for found in evaluations), strict=True):
        cells = [f"{value:.2f}" for bucket in buckets for value in (bucket.bleu, bucket.chrf)]
        table.add_row(buckets[0].words, f"{buckets[0].sources:,}", *cells)
    return table
