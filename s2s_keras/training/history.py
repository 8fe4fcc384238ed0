"""The figures of each epoch, and which epochs they call for: the best, the kept, the last."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from s2s_keras.config import TrainingConfig
from s2s_keras.errors import ArtifactError
from s2s_keras.files import write_text

__all__ = [
    "History",
    "best_epoch",
    "is_complete",
    "is_larger_better",
    "kept_epoch",
    "read_history",
    "write_history",
]

History = Sequence[dict[str, float]]
"""A row an epoch, the first first: `epoch` from 1, `step`, losses, metrics, `seconds`."""

_COUNTS = ("epoch", "step")
_LARGER_IS_BETTER = ("val_exact_match", "val_token_accuracy")


def best_epoch(history: History, monitor: str) -> int:
    """Returns the epoch with the best dev figure, the first of equal ones; NaN is the worst.

    Args:
        history: at least one row.
        monitor: the figure, a key of the rows.
    """
    sign = -1 if is_larger_better(monitor) else 1

    def cost(row: dict[str, float]) -> float:
        return math.inf if math.isnan(row[monitor]) else sign * row[monitor]

    return int(min(history, key=cost)["epoch"])


def is_larger_better(monitor: str) -> bool:
    """Whether the best of a dev figure is the largest."""
    return monitor in _LARGER_IS_BETTER


def kept_epoch(history: History, settings: TrainingConfig) -> int:
    """Returns the epoch whose weights the run keeps.

    Where the last epochs train for int8, it is one of them, as soon as there is one.
    """
    if settings.keep == "last":
        return int(history[-1]["epoch"])
    aware = history[settings.float_epochs :]
    return best_epoch(aware or history, settings.monitor)


def is_complete(history: History, settings: TrainingConfig) -> bool:
    """Whether no epoch is left to train: all are done, or patience is at its end."""
    if len(history) >= settings.epochs:
        return True
    if not history or settings.early_stopping_patience is None:
        return False
    waited = len(history) - best_epoch(history, settings.monitor)
    return waited >= settings.early_stopping_patience


def read_history(folder: Path, steps: float = math.inf) -> list[dict[str, float]]:
    """Returns the rows of a run's `history.csv` up to an optimiser step; none without a file.

    Raises:
        ArtifactError: the file is damaged.
    """
    path = folder / "history.csv"
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {key: int(text) if key in _COUNTS else float(text) for key, text in row.items()}
                for row in csv.DictReader(file)
            ]
        return [row for row in rows if row["step"] <= steps]
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: this is not a training's history ({error!r}); start again in another folder."
        ) from error


def write_history(history: History, folder: Path) -> None:
    """Writes `history.csv`."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, history[-1].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(folder / "history.csv", buffer.getvalue())
