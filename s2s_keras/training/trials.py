"""The trials of a search: rows that are kept in a file, and which of them is best."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from s2s_keras.errors import ArtifactError
from s2s_keras.files import write_text
from s2s_keras.training.history import is_larger_better

__all__ = ["Trial", "best_trial", "find_same", "read_trials", "write_trials"]

TRIALS_FILE = "trials.json"
_STATES = ("running", "complete", "pruned", "refused", "failed")


@dataclass(frozen=True)
class Trial:
    """A training with some values of the searched keys.

    Attributes:
        number: from 0, in the order of the search; `trial-0003` is the run folder of number 3.
        values: searched key -> value.
        state: `running`, also where it was interrupted; `complete`; `pruned`, stopped early by its
            dev figures; `refused`, because these values do not go together; or `failed`.
        figure: the dev figure `training.monitor` of the epoch that the run keeps, or of the best
            one before it was pruned.
        figures: that of each epoch.
        seconds: of training.
        note: why it was pruned or refused, or what failed.
    """

    number: int
    values: Mapping[str, Any]
    state: Literal["running", "complete", "pruned", "refused", "failed"] = "running"
    figure: float | None = None
    figures: Sequence[float] = field(default=())
    seconds: float = 0.0
    note: str = ""

    @property
    def folder_name(self) -> str:
        """Name of its run folder."""
        return f"trial-{self.number:04}"


def best_trial(trials: Sequence[Trial], monitor: str) -> Trial | None:
    """Returns the complete trial with the best figure, the first of equal ones; or `None`.

    Args:
        trials: of a search.
        monitor: what the figure is; see `training.monitor`.
    """
    sign = -1 if is_larger_better(monitor) else 1
    complete = [trial for trial in trials if trial.state == "complete"]
    return min(complete, key=lambda trial: sign * (trial.figure or 0.0), default=None)


def find_same(trials: Sequence[Trial], values: Mapping[str, Any]) -> Trial | None:
    """Returns the first finished trial with the same values, if any: it would come out the same."""
    for trial in trials:
        if trial.state in ("complete", "pruned", "refused") and trial.values == values:
            return trial
    return None


def write_trials(trials: Sequence[Trial], folder: Path) -> None:
    """Writes `trials.json`, which a search goes on from, and `trials.csv`, a row a trial."""
    document = [asdict(trial) for trial in trials]
    write_text(folder / TRIALS_FILE, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    buffer = io.StringIO()
    keys = list(trials[0].values) if trials else []
    names = ["trial", *keys, "figure", "state", "epochs", "seconds", "note"]
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for trial in trials:
        shown = [_cell(trial.values[key]) for key in keys]
        ending = [_cell(trial.figure), trial.state, len(trial.figures), trial.seconds, trial.note]
        writer.writerow([trial.number, *shown, *ending])
    write_text(folder / "trials.csv", buffer.getvalue())


def read_trials(folder: Path) -> list[Trial]:
    """Returns the trials of a search's folder; none where it has not begun.

    Raises:
        ArtifactError: the file is damaged.
    """
    path = folder / TRIALS_FILE
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(rows, list):
            raise ValueError("they are no list")
        trials = [Trial(**row) for row in rows]
        for number, trial in enumerate(trials):
            if trial.number != number or trial.state not in _STATES:
                raise ValueError(f"trial {number} is {trial}")
            if trial.state == "complete" and not isinstance(trial.figure, float):
                raise ValueError(f"trial {number} has no figure")
    except (OSError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: these are not the trials of a search ({error}); start again in another "
            "folder."
        ) from error
    return trials


def _cell(value: Any) -> str:
    if value is None or isinstance(value, bool | list | dict):
        return "" if value is None else json.dumps(value)
    return str(value)
