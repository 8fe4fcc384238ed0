"""What the verbs share: where lines go, and silence while native libraries load."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["note", "print_figures", "print_json", "quiet_native_logs", "stdout"]

stdout = Console(highlight=False, markup=False)
_stderr = Console(stderr=True, highlight=False, markup=False)


def note(line: str) -> None:
    """Prints a line for the person who waits, on standard error, beside the results."""
    _stderr.print(line, soft_wrap=True)


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
