"""What happens beside the optimiser's steps: progress, history, plots, checkpoints."""

from __future__ import annotations

import math
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from s2s_keras.config import TrainingConfig
from s2s_keras.data.batches import Batch
from s2s_keras.errors import TrainingError
from s2s_keras.files import atomic_path
from s2s_keras.training.checkpoint import BEST, Position, save_checkpoint
from s2s_keras.training.history import History, is_complete, kept_epoch, write_history

__all__ = ["InterruptGuard", "NumberGuard", "ProgressBar", "RunRecorder", "keep_best"]

_BAR_SECONDS = 0.2
"""Between two looks of a bar."""


class ProgressBar(keras.callbacks.Callback):
    """Shows loss, learning rate, target tokens a second, the time left, and the wait for data.

    On a terminal a bar that moves, elsewhere a line every `line_seconds`.

    Args:
        steps: steps of the whole training.
        tokens_per_step: target tokens in a mean batch, padding apart.
        done: steps done before, where a training goes on.
        learning_rate: of an optimiser step; not shown where not given.
        seconds_waited: tells how long the training has waited for data.
        line_seconds: seconds between lines where there is no terminal.
    """

    def __init__(
        self,
        steps: int,
        tokens_per_step: float,
        done: int = 0,
        learning_rate: Callable[[int], float] = lambda step: math.nan,
        seconds_waited: Callable[[], float] = lambda: 0.0,
        line_seconds: float = 15.0,
    ) -> None:
        super().__init__()
        self.steps = steps
        self.tokens_per_step = tokens_per_step
        self.done = done
        self.line_seconds = line_seconds
        self._learning_rate = learning_rate
        self._seconds_waited = seconds_waited
        self._console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(12),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    def on_train_begin(self, logs: Any = None) -> None:
        """Starts the clock."""
        self._started = self._last = time.monotonic()
        self._first = self.done
        self._task = self._bar.add_task(
            "train", total=self.steps, completed=self.done, epoch="", figures=""
        )
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Shows the epoch."""
        self._epoch = f"{epoch + 1}/{self.params['epochs']}"

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar."""
        self.done += 1
        now = time.monotonic()
        if now - self._last < (self.line_seconds if self._bar.disable else _BAR_SECONDS):
            return
        self._last = now
        seconds = now - self._started
        figures = (
            f"loss {float((logs or {}).get('loss', math.nan)):.4f}, "
            f"learning rate {self._learning_rate(self.done):.2g}, "
            f"{(self.done - self._first) * self.tokens_per_step / seconds:,.0f} tokens/s, "
            f"{self._seconds_waited() / seconds:.0%} waiting for data"
        )
        self._bar.update(self._task, completed=self.done, epoch=self._epoch, figures=figures)
        if self._bar.disable:
            left = (self.steps - self.done) * seconds / (self.done - self._first)
            self._console.print(
                f"epoch {self._epoch}, step {self.done}/{self.steps}: {figures}, {left:.0f} s left",
                highlight=False,
                soft_wrap=True,
            )

    def on_train_end(self, logs: Any = None) -> None:
        """Ends the bar."""
        self._bar.update(self._task, completed=self.done)
        self.close()

    def close(self) -> None:
        """Gives the terminal back; also after an interruption."""
        self._bar.stop()


class NumberGuard(keras.callbacks.Callback):
    """Warns of a loss that is not a number, saves the batch, and stops where the weights are lost.

    With the scaled loss of `mixed_float16` an optimiser leaves such a batch out, and the training
    goes on.

    Args:
        batch_at: gives the batch of a step, from 0.
        folder: the run folder, where `nan-STEP.npz` is written.
        done: steps done before, where a training goes on.
        report: takes a line of text for the person who waits.
    """

    def __init__(
        self,
        batch_at: Callable[[int], Batch],
        folder: Path,
        done: int = 0,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        super().__init__()
        self._batch_at = batch_at
        self._folder = folder
        self._step = done
        self._report = report
        self._is_known = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """The mean loss starts anew."""
        self._is_known = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Looks at the mean loss of the epoch so far."""
        self._step += 1
        if self._is_known or math.isfinite(float((logs or {}).get("loss", 0.0))):
            return
        self._is_known = True
        inputs, _ = self._batch_at(self._step - 1)
        path = self._folder / f"nan-{self._step}.npz"
        with atomic_path(path) as temporary:
            np.savez(temporary, **dict[str, Any](inputs))
        problem = f"The loss is not a number since step {self._step}, whose batch is in {path}"
        weights = map(keras.ops.convert_to_numpy, self.model.trainable_variables)
        if not all(np.isfinite(weight).all() for weight in weights):
            raise TrainingError(
                f"{problem}, and neither are the weights. The newest checkpoint is older; with it, "
                "go on with `--resume`, or, where it happens again, start with a smaller "
                "`training.learning_rate` or `training.clip_norm`."
            )
        self._report(f"{problem}. The optimiser left it out.")


class InterruptGuard(keras.callbacks.Callback):
    """Turns Ctrl-C into a `KeyboardInterrupt` at the end of the batch; a second one acts at once.

    Python raises it wherever it is, and where that is a destructor, as of the files of a checkpoint
    just written, it is lost and the training goes on. Behind the last batch of an epoch it waits
    until the epoch is recorded; it must be the last callback.

    Args:
        save: called before, so that nothing is lost.
    """

    def __init__(self, save: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._save = save
        self._wanted = False
        self._before: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Takes the signal; only a main thread may."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops where it was asked for, within an epoch."""
        if self._wanted and not self.model.stop_training:
            self._save()
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Likewise between two."""
        if self._wanted:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Gives the signal back; also after an interruption."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _note(self, number: int, frame: Any) -> None:
        self._wanted = True
        self.close()


class RunRecorder(keras.callbacks.Callback):
    """Saves checkpoints, and after each epoch the history; stops a training in time.

    All figures of an epoch go into its `logs`, for the callbacks behind.

    A checkpoint is saved every `checkpoint_seconds`, and behind each epoch, when the row of the
    epoch is in `history.csv` already: one that runs ahead of the newest checkpoint is done again.
    `best.keras` is the checkpoint of the best epoch so far.

    Args:
        folder: the run folder.
        settings: what is monitored, what is kept, and the patience.
        position: how far the training has come.
        history: rows of the epochs done before, where a training goes on.
        seconds_waited: tells how long the training has waited for data.
        show: is called with the history after each epoch, before its checkpoint is saved.
    """

    def __init__(
        self,
        folder: Path,
        settings: TrainingConfig,
        position: Position,
        history: History = (),
        seconds_waited: Callable[[], float] = lambda: 0.0,
        show: Callable[[History], None] = lambda history: None,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.settings = settings
        self.history = list(history)
        self.step = position.step
        self._position = position
        self._seconds_waited = seconds_waited
        self._show = show

    def on_train_begin(self, logs: Any = None) -> None:
        """Starts the clock."""
        self._started = self._saved = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock of the epoch."""
        self._began = time.monotonic(), self.step, self._seconds_waited()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Saves in time; and ends an epoch that was begun before where it ends."""
        self.step += 1
        if self.step % self._position.epoch_steps == 0:
            self.model.stop_training = True
            self._ended = time.monotonic()
        elif time.monotonic() - self._saved >= self.settings.checkpoint_seconds:
            self.save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Records the epoch."""
        figures = {
            **{key: float(value) for key, value in (logs or {}).items()},
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            **self._pace(),
            "seconds": round(self.position().seconds, 1),
        }
        if logs is not None:
            logs.update(figures)
        self.history.append({"epoch": epoch + 1, "step": self.step, **figures})
        write_history(self.history, self.folder)
        self._show(self.history)
        keep_best(self.save(), self.history, self.settings)
        # It was set at the last batch.
        self.model.stop_training = is_complete(self.history, self.settings)

    def _pace(self) -> dict[str, float]:
        """Returns target tokens a second, and the share of the time that data was waited for."""
        began, step, waited = self._began
        seconds = self._ended - began
        tokens = self._position.target_tokens / self._position.epoch_steps * (self.step - step)
        return {
            "tokens_per_second": round(tokens / seconds, 1),
            "waiting": round((self._seconds_waited() - waited) / seconds, 4),
        }

    def position(self) -> Position:
        """Returns how far the training has come."""
        seconds = self._position.seconds + time.monotonic() - self._started
        return self._position._replace(step=self.step, seconds=seconds)

    def save(self) -> Path:
        """Saves a checkpoint, and returns it."""
        path = save_checkpoint(
            self.model, self.position(), self.folder, self.settings.keep_checkpoints
        )
        self._saved = time.monotonic()
        return path


def keep_best(checkpoint: Path, history: History, settings: TrainingConfig) -> None:
    """Copies the checkpoint of an epoch to `best.keras` of its run, where it is the one to keep.

    Args:
        checkpoint: behind the last epoch of the history.
        history: at least one row.
        settings: what is kept.
    """
    if settings.keep == "best" and kept_epoch(history, settings) == len(history):
        with atomic_path(checkpoint.parent.parent / BEST) as temporary:
            shutil.copyfile(checkpoint, temporary)
