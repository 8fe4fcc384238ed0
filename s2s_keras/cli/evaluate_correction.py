"""What `s2s-keras evaluate` does with a model that corrects words in their context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from s2s_keras.cli.console import note, print_figures, print_json, stdout
from s2s_keras.data import Pair
from s2s_keras.evaluation.correction import CorrectionEvaluation, KindRate, evaluate_corrector
from s2s_keras.evaluation.correction_plot import plot_curve
from s2s_keras.runtime import Corrector

__all__ = ["evaluate_corrections"]


def evaluate_corrections(
    corrector: Corrector,
    names: tuple[Path, Path],
    rows: Sequence[Pair],
    plot: Path | None,
    as_json: bool,
) -> None:
    """Measures a corrector, and prints its figures.

    Args:
        corrector: the model.
        names: its file, and that of the pairs.
        rows: the pairs.
        plot: where to draw the curve over the dial.
        as_json: whether to print JSON.
    """
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Correcting", total=len(rows))
        found = evaluate_corrector(
            corrector, rows, corrector.lexicon, lambda n: bar.advance(task, n)
        )
    result = found.as_dict()
    model, pairs = map(str, names)
    if plot is not None:
        plot_curve({f"{names[0].name} on {names[1].name}": found.curve}, plot)
        note(f"The curve is drawn in {plot}.")
    if as_json:
        print_json({"model": model, "pairs_file": pairs, **result})
        return
    print_figures(f"{model} on {pairs}", _figures(found, result))
    _print_kinds(found.by_kind)
    _print_curve(found)


def _figures(found: CorrectionEvaluation, result: Mapping[str, Any]) -> dict[str, str]:
    def interval(name: str) -> str:
        if result[name] is None:
            return "none in the data"
        low, high = result[f"{name}_interval"]
        return f"{result[name]:.2%} ({low:.2%} to {high:.2%})"

    suggested = {
        f"meant word among {k} suggestion{'s' * (k > 1)}": _percent(share)
        for k, share in result["suggestion_accuracy"].items()
        for k in [int(k)]
    }
    return {
        "texts": f"{found.pairs:,}, of {found.words:,} words, {found.corrupted:,} of them wrong",
        "fix rate (wrong words repaired, 95 %)": interval("fix_rate"),
        "broken rate (right words changed, 95 %)": interval("broken_rate"),
        "word accuracy (95 %)": interval("word_accuracy"),
        **suggested,
        "exact match": _percent(result["exact_match"]),
        "character error rate": _percent(result["character_error_rate"]),
    }


def _percent(share: float | None) -> str:
    return "none in the data" if share is None else f"{share:.1%}"


def _print_kinds(by_kind: Mapping[str, KindRate]) -> None:
    table = Table("error", "words", "fix rate", title="By kind of error", title_justify="left")
    for kind, rate in by_kind.items():
        table.add_row(kind.replace("_", " "), f"{rate.errors:,}", f"{rate.fix_rate:.1%}")
    stdout.print(table)


def _print_curve(found: CorrectionEvaluation) -> None:
    columns = ("aggressiveness", "fix rate", "broken rate", "word accuracy")
    table = Table(*columns, title="By aggressiveness", title_justify="left")
    for dial, *rates in found.curve:
        table.add_row(f"{dial:g}", *(f"{rate:.2%}" for rate in rates))
    stdout.print(table)
