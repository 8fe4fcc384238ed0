"""The verbs, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import s2s_keras
from s2s_keras.cli import (
    benchmark,
    calibrate,
    correct,
    data,
    evaluate,
    export,
    inspect,
    predict,
    serve,
    train,
    translate,
    tune,
    web,
)
from s2s_keras.cli.console import stdout

__all__ = ["build_app"]


def build_app() -> typer.Typer:
    """Returns the command line's application."""
    app = typer.Typer(
        name="s2s-keras",
        help="From a file of sentence pairs to a tiny sequence-to-sequence model on a phone.",
        epilog="Every verb takes --debug, which shows a traceback where something fails.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    verbs = (
        train,
        tune,
        evaluate,
        predict,
        correct,
        translate,
        export,
        calibrate,
        inspect,
        serve,
        web,
        benchmark,
        data,
    )
    for verb in verbs:
        app.command(name=verb.__name__.rpartition(".")[2])(verb.run)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        stdout.print(f"s2s-keras {s2s_keras.__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """From a file of sentence pairs to a tiny sequence-to-sequence model on a phone."""
