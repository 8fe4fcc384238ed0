"""`s2s-keras correct`: text as it was typed -> text as it was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2s_keras.cli.console import quiet_native_logs
from s2s_keras.cli.corrections import (
    Diff,
    Document,
    Findings,
    InPlace,
    Json,
    Output,
    Plain,
    documents,
)
from s2s_keras.cli.reviewing import Reviewer
from s2s_keras.runtime import Corrector, shipped_corrector

__all__ = ["run"]

FOUND = 1
"""The exit status with `--check` where something would be corrected; errors have others."""


def run(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="Texts; without any and without --file, standard input, as it comes."),
    ] = None,
    *,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="A text file; may be given several times."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="A .tflite file whose task is correction. [default: the corrector of English that "
            "ships]"
        ),
    ] = None,
    aggressiveness: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How readily words are changed.")
    ] = 0.5,
    capitals: Annotated[
        bool,
        typer.Option("--capitals", help="Give `i`, `london` and their like their capitals."),
    ] = False,
    personal_words: Annotated[
        Path | None,
        typer.Option(help="Text file of words that are right, one a line; `-word` is never one."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with its edits.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="What would change, as a unified diff.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Exit with status 1 where something would be corrected; says what, where no other "
            "form is asked for.",
        ),
    ] = False,
    in_place: Annotated[
        bool, typer.Option("--in-place", "-i", help="Replace the files by what they should be.")
    ] = False,
    backup: Annotated[
        str,
        typer.Option(help="With --in-place: ending of the copy's name; empty for no copy."),
    ] = ".orig",
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Ask about each correction.")
    ] = False,
) -> None:
    """Correct texts, word by word; all else stays as it is, character by character."""
    files = file or []
    forms = {"--json": as_json, "--diff": diff, "--in-place": in_place}
    asked = [name for name, is_asked in forms.items() if is_asked]
    if len(asked) > 1:
        raise typer.BadParameter(f"{' and '.join(asked)} exclude one another.")
    if in_place and (text or not files):
        raise typer.BadParameter("--in-place is for files: give them with --file.")
    if interactive and not (text or files):
        raise typer.BadParameter("--interactive reads answers from standard input: give --file.")
    with quiet_native_logs():
        corrector = Corrector(
            model or shipped_corrector("en"),
            aggressiveness=aggressiveness,
            capitals=capitals,
            personal_words=personal_words,
        )
    output: Output = Findings() if check else Plain()
    if asked:
        output = {"--json": Json(), "--diff": Diff(), "--in-place": InPlace(backup)}[asked[0]]
    with corrector:
        reviewer = Reviewer(corrector) if interactive else None
        every = documents(text, files)
        found = [_correct(document, corrector, reviewer, output) for document in every]
    if check and any(found):
        raise typer.Exit(FOUND)


def _correct(
    document: Document, corrector: Corrector, reviewer: Reviewer | None, output: Output
) -> bool:
    """Corrects a document line by line, and returns whether anything was corrected."""
    found = False
    output.start(document)
    for number, line in enumerate(document.lines, 1):
        content = line.rstrip("\r\n")
        correction = corrector.correct(content)
        if reviewer is not None:
            correction = reviewer.review(correction)
        found |= correction.changed
        output.take(document, number, correction, line[len(content) :])
    output.finish(document)
    return found
