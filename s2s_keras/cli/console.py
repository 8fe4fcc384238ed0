"""What the verbs share: where lines go, and silence while native libraries load."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from s2s_keras.errors import S2SKerasError

__all__ = [
    "note",
    "print_figures",
    "print_json",
    "progress_bar",
    "quiet_native_logs",
    "report_error",
    "stderr",
    "stdout",
]

stdout = Console(highlight=False, markup=False)
stderr = Console(stderr=True, highlight=False, markup=False)


def note(line: str) -> None:
    """Prints a line for the person who waits, on standard error, beside the results."""
    stderr.print(line, soft_wrap=True)


def print_json(document: Any) -> None:
    """Prints one JSON document a line on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_figures(title: str, figures: Mapping[str, str]) -> None:
    """Prints a table of two columns."""
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in figures.items():
        table.add_row(name, value)
    stdout.print(table)


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what shows progress on standard error: a function of the work done and of all work.

    Nothing is shown where standard error is no terminal.
    """
    # Its own standard error: `quiet_native_logs` may silence the process's meanwhile. And no thread
    # that draws while something is timed.
    with os.fdopen(os.dup(2), "w") as stream:
        console = Console(file=stream)
        hidden = not console.is_terminal
        with Progress(
            console=console, transient=True, auto_refresh=False, disable=hidden
        ) as progress:
            yield _reporter(progress, progress.add_task(description, total=None))


def _reporter(progress: Progress, task: TaskID) -> Callable[[int, int], None]:
    """Returns what draws a task again with each percent that is done."""

    def report(done: int, total: int) -> None:
        is_next_percent = 100 * done // total > 100 * (done - 1) // total
        progress.update(task, completed=done, total=total, refresh=is_next_percent)

    return report


@contextmanager
def quiet_native_logs() -> Iterator[None]:
    """Silences what native libraries write to standard error while they load.

    TensorFlow and TFLite greet with several lines that no Python setting stops. Errors are Python
    exceptions and are not lost.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


def report_error(error: Exception) -> int:
    """Prints one line for an error and returns the exit status it stands for."""
    message = " ".join(str(error).split())
    if isinstance(error, S2SKerasError):
        note(f"error: {message}")
        return error.exit_status
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        note(f"error: {place}{error.strerror or message}")
        return 2
    if hasattr(error, "format_message"):  # a usage error of the command line's library
        if message:  # empty where help was shown, because no verb was given
            note(f"error: {error.format_message()} See `s2s-keras --help`.")
        return 2
    if isinstance(error, ValueError):
        note(f"error: {message}")
        return 2
    note(f"error: {type(error).__name__}: {message} (`--debug` shows where.)")
    return 1
