"""`s2s-keras correct`: text as it was typed -> text as it was meant."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from s2s_keras.cli.console import print_json, quiet_native_logs
from s2s_keras.runtime import Correction, Corrector

__all__ = ["run"]

FOUND = 1
"""The exit status with `--check` where something would be corrected."""


def run(
    text: Annotated[
        list[str] | None, typer.Argument(help="Texts; without any, standard input, line by line.")
    ] = None,
    *,
    model: Annotated[Path, typer.Option(help="A .tflite file whose task is correction.")],
    aggressiveness: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How readily words are changed.")
    ] = 0.5,
    personal_words: Annotated[
        Path | None,
        typer.Option(help="Text file of words that are right, one a line; `-word` is never one."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a text, with its edits.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit with status 1 where something would be corrected."),
    ] = False,
) -> None:
    """Correct texts, word by word; all else stays as it is, character by character."""
    with quiet_native_logs():
        # Without a lexicon a file takes neither of the two.
        options = {"aggressiveness": aggressiveness, "personal_words": personal_words}
        corrector = Corrector(model, **options)  # type: ignore[arg-type]
    found = False
    with corrector:
        for line in _lines(text):
            content = line.rstrip("\r\n")
            correction = corrector.correct(content)
            found |= correction.changed
            if as_json:
                print_json(_document(correction))
            else:
                sys.stdout.write(correction.text + (line[len(content) :] if text is None else "\n"))
                sys.stdout.flush()
    if check and found:
        raise typer.Exit(FOUND)


def _lines(texts: list[str] | None) -> Iterable[str]:
    """Returns texts, or the lines of standard input with their ends as they are."""
    if texts is not None:
        return texts
    sys.stdin.reconfigure(newline="")  # type: ignore[union-attr]
    sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]
    return sys.stdin


def _document(correction: Correction) -> dict[str, object]:
    edits = [
        {**edit._asdict(), "alternatives": list(edit.alternatives)} for edit in correction.edits
    ]
    return {"source": correction.source, "text": correction.text, "edits": edits}
