"""What happens beside the optimiser's steps: progress, history, plots, checkpoints."""

from __future__ import annotations

import math
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import keras
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
from s2s_keras.files import atomic_path
from s2s_keras.training.history import (
    History,
    is_complete,
    kept_epoch,
    plot_history,
    write_history,
)

__all__ = ["InterruptGuard", "ProgressBar", "RunRecorder"]


class ProgressBar(keras.callbacks.Callback):
    """Shows loss, target tokens a second and the time left.

    On a terminal a bar that moves, elsewhere a line every `line_seconds`.

    Args:
        steps: steps of the whole training.
        tokens_per_step: target tokens in a mean batch, padding apart.
        done: steps done before, where a training goes on.
        line_seconds: seconds between lines where there is no terminal.
    """

    def __init__(
        self, steps: int, tokens_per_step: float, done: int = 0, line_seconds: float = 15.0
    ) -> None:
        super().__init__()
        self.steps = steps
        self.tokens_per_step = tokens_per_step
        self.done = done
        self.line_seconds = line_seconds
        self._console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4f}  {task.fields[rate]:,.0f} tokens/s"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    def on_train_begin(self, logs: Any = None) -> None:
        """Starts the clock."""
        self._started = self._last_line = time.monotonic()
        self._first = self.done
        self._task = self._bar.add_task(
            "train", total=self.steps, completed=self.done, epoch="", loss=math.nan, rate=0.0
        )
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Shows the epoch."""
        self._epoch = f"{epoch + 1}/{self.params['epochs']}"

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar."""
        self.done += 1
        now = time.monotonic()
        seconds = now - self._started
        rate = (self.done - self._first) * self.tokens_per_step / seconds
        loss = float((logs or {}).get("loss", math.nan))
        self._bar.update(self._task, completed=self.done, epoch=self._epoch, loss=loss, rate=rate)
        if self._bar.disable and now - self._last_line >= self.line_seconds:
            self._last_line = now
            left = (self.steps - self.done) * seconds / (self.done - self._first)
            self._console.print(
                f"epoch {self._epoch}, step {self.done}/{self.steps}: loss {loss:.4f}, "
                f"{rate:,.0f} tokens/s, {left:.0f} s left",
                highlight=False,
            )

    def on_train_end(self, logs: Any = None) -> None:
        """Ends the bar."""
        self.close()

    def close(self) -> None:
        """Gives the terminal back; also after an interruption."""
        self._bar.stop()


class InterruptGuard(keras.callbacks.Callback):
    """Turns Ctrl-C into a `KeyboardInterrupt` at the end of the batch; a second one acts at once.

    Python raises it wherever it is, and where that is a destructor, as of the files of a checkpoint
    just written, it is lost and the training goes on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wanted = False
        self._before: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Takes the signal; only a main thread may."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops where it was asked for."""
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
    """After each epoch saves checkpoint, history, events and plot, and stops a training in time.

    `checkpoint.keras` is the last complete epoch. Where an earlier one is better, that one's
    checkpoint is `best.keras`: it is put aside when the first epoch that is no better replaces it.
    So at every moment the rows of `history.csv` say which of the two files is the best.

    Args:
        folder: the run folder.
        settings: what is monitored, what is kept, and the patience.
        history: rows of the epochs done before, where a training goes on.
    """

    def __init__(self, folder: Path, settings: TrainingConfig, history: History = ()) -> None:
        super().__init__()
        self.folder = folder
        self.settings = settings
        self.history = list(history)

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the event file."""
        from tensorboard.summary import Writer

        self._events = Writer(str(self.folder / "tensorboard"))
        self._started = time.monotonic()
        self._seconds_before = self.history[-1]["seconds"] if self.history else 0.0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves everything, the checkpoint last: a row that runs ahead of it is done again."""
        optimizer = self.model.optimizer
        figures = {
            **{key: float(value) for key, value in (logs or {}).items()},
            "learning_rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
            "seconds": round(self._seconds_before + time.monotonic() - self._started, 1),
        }
        step = int(keras.ops.convert_to_numpy(optimizer.iterations))
        self.history.append({"epoch": epoch + 1, "step": step, **figures})
        kept = kept_epoch(self.history, self.settings)
        write_history(self.history, self.folder)
        marked = kept if self.settings.keep == "best" else None
        plot_history(self.history, self.folder / "loss.png", marked)
        for key, value in figures.items():
            self._events.add_scalar(key, value, step=epoch + 1)
        self._events.flush()
        checkpoint, best = (self.folder / name for name in ("checkpoint.keras", "best.keras"))
        if kept == epoch:  # numbers start at 1: this is the epoch before
            with atomic_path(best) as temporary:
                shutil.copyfile(checkpoint, temporary)
        with atomic_path(checkpoint) as temporary:
            self.model.save(temporary)
        if is_complete(self.history, self.settings):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the event file."""
        self._events.close()
