"""`s2s-keras calibrate`: dev texts -> the margins by which a corrector's corrections must win."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from s2s_keras.cli.console import note, print_json, progress_bar, quiet_native_logs, stdout

__all__ = ["run"]

SHARES = (0.001, 0.002, 0.004, 0.01)
"""Shares of right words changed for which margins are shown beside the one that is asked for."""


def run(
    model: Annotated[Path, typer.Argument(help="A .tflite file with a lexicon.")],
    pairs: Annotated[
        list[Path], typer.Argument(help="typed<TAB>meant lines of dev texts.", metavar="PAIRS.tsv")
    ],
    broken: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Largest share of right words that may be changed."),
    ] = 0.004,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write, with these margins; may be MODEL itself."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Find the margins that repair most where few right words may be changed.

    They and the weights are what `aggressiveness` 0.5 stands for; at 1 at most ten times as many
    right words change. Measure on other texts than these how good they are.
    """
    from s2s_keras.data import read_pairs
    from s2s_keras.evaluation.calibration import calibrate, settings_for_judging
    from s2s_keras.runtime import TFLiteSession, read_artifact
    from s2s_keras.runtime.artifact import rewrite_artifact
    from s2s_keras.runtime.corrector import word_corrector

    artifact = read_artifact(model)
    words = word_corrector(artifact)
    words.settings = settings_for_judging(words.settings)
    rows = [pair for path in pairs for pair in read_pairs(path)]
    with quiet_native_logs():
        session = TFLiteSession(artifact)
    session.keeps_encoded = True
    shares = sorted({*SHARES, broken})
    with progress_bar("judging words") as report:
        found = calibrate(words, session, rows, shares, max(session.beam_widths), report)
    by_share = dict(zip(shares, found, strict=True))
    if out is not None:
        rewrite_artifact(artifact, out, {"correction": by_share[broken].settings.as_metadata()})
        note(f"{out} now changes at most {broken:.2%} of the right words of these texts.")
    weights = ("model_weight", "frequency_weight", "channel_weight")
    names = (*weights, "known_margin", "unknown_margin", "dial_span")
    documents = [
        {
            "at_most_broken": share,
            **{name: getattr(calibration.settings, name) for name in names},
            "fix_rate": calibration.fix_rate,
            "broken_rate": calibration.broken_rate,
        }
        for share, calibration in by_share.items()
    ]
    if as_json:
        print_json(documents)
        return
    table = Table("at most broken", *names, "repaired", "broken", title=str(model))
    for row in documents:
        at_most, *values, fix_rate, broken_rate = row.values()
        shown = (f"{value:g}" for value in values)
        table.add_row(f"{at_most:.2%}", *shown, f"{fix_rate:.2%}", f"{broken_rate:.2%}")
    stdout.print(table)
