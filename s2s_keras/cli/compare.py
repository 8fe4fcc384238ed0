"""`s2s-keras export --compare`: a run folder -> a table of what each quantisation costs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from s2s_keras.cli.console import print_json, quiet_native_logs, stdout
from s2s_keras.decoding import DecodingSettings
from s2s_keras.quantization import Quantization

if TYPE_CHECKING:
    from s2s_keras.export import Comparison
    from s2s_keras.training.run import Run

__all__ = ["compare_quantizations"]

MEASURES = {
    "correction": {
        "fix rate": "fix_rate",
        "broken rate": "broken_rate",
        "exact match": "exact_match",
    },
    "translation": {
        "exact match": "exact_match",
        "character error rate": "character_error_rate",
    },
}
"""Task -> column -> a figure of `Evaluation.as_dict`."""


def compare_quantizations(
    trained: Run,
    sample: Sequence[str],
    settings: DecodingSettings,
    options: Mapping[str, Any],
    out: Path | None,
    max_texts: int,
    as_json: bool,
) -> None:
    """Exports every quantisation, decodes dev texts with all of them, and prints the figures.

    Args:
        trained: the run.
        sample: texts that prove that each file runs.
        settings: how to decode.
        options: what else the export takes.
        out: keeps `NAME-QUANTISATION.tflite` beside this file; in a temporary folder where not
            given.
        max_texts: dev pairs to decode, at most.
        as_json: prints one JSON document instead of a table.
    """
    from s2s_keras.training.corpus import load_corpus

    pairs = load_corpus(trained.recipe.data).dev
    pairs = pairs[:: -(-len(pairs) // max_texts)]
    columns = [*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()]
    with (
        tempfile.TemporaryDirectory(prefix="s2s-keras-") as temporary,
        Progress(*columns, console=Console(stderr=True), transient=True) as bar,
    ):
        with quiet_native_logs():
            from s2s_keras.export import compare, export_candidate
        task = bar.add_task("Exporting", total=len(Quantization))
        candidates = []
        for name in Quantization:
            bar.update(task, description=f"Exporting {name}", refresh=True)
            path = _file_of(name, out or Path(temporary) / "model.tflite")
            with quiet_native_logs():
                candidate = export_candidate(trained.model, path, sample, settings, name, **options)
            candidates.append(candidate)
            bar.advance(task)
        bar.remove_task(task)
        task = bar.add_task("Decoding the dev pairs", total=len(pairs))
        found = compare(candidates, pairs, settings, lambda count: bar.advance(task, count))
    if as_json:
        rows = [comparison.as_dict() for comparison in found]
        print_json({"beam_width": settings.beam_width, "quantizations": rows})
        return
    title = f"beam width {settings.beam_width}, {len(pairs):,} dev pairs, one thread"
    stdout.print(_table(title, found, MEASURES[trained.recipe.task]))
    for comparison in found:
        if comparison.problem is not None:
            stdout.print(f"{comparison.quantization} does not run here: {comparison.problem}")


def _file_of(name: str, out: Path) -> Path:
    return out.with_name(f"{out.stem}-{name}{out.suffix}")


def _table(title: str, found: Sequence[Comparison], measures: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("quantisation", no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    for column in (*measures, "same as float32", "ms a text, median"):
        table.add_column(column, justify="right")  # a title may take several lines
    for comparison in found:
        figures = comparison.as_dict()
        if comparison.evaluation is None:
            table.add_row(comparison.quantization, "-")
            continue
        shares = [*(figures[key] for key in measures.values()), comparison.same_as_float32]
        milliseconds = "" if comparison.median_ms is None else f"{comparison.median_ms:.2f}"
        size = f"{comparison.size_bytes:,}"
        table.add_row(comparison.quantization, size, *map(_percent, shares), milliseconds)
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
