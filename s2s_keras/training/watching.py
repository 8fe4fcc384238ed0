"""A training -> what a person looks at, meanwhile and afterwards: events and a report."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from s2s_keras.data import Pair
from s2s_keras.evaluation import attention_png
from s2s_keras.evaluation.drawings import LONGEST_DRAWN
from s2s_keras.model import Seq2Seq
from s2s_keras.training.curves import plot_history
from s2s_keras.training.events import EventWriter
from s2s_keras.training.history import History, kept_epoch
from s2s_keras.training.report import Subject, write_training_report
from s2s_keras.training.samples import Sample, decode_samples, evenly_spread, markdown_table

__all__ = ["Watcher"]

_PICTURES = 2
"""Alignments that are drawn for TensorBoard: each takes some tenth of a second."""

_DRAWING_SHARE = 0.05
"""Of the time of a training, what plot and report may take, which short epochs would exceed."""


class Watcher(keras.callbacks.Callback):
    """Decodes samples after each epoch, and shows them with the epoch's figures.

    Events are written after each epoch, plot and report where the last ones are old enough, and
    when the training ends, whatever ends it but a kill.

    Samples are decoded behind each validation, with the weights that were validated: it must stand
    before the `SwapEMAWeights` that takes the average away.

    Args:
        folder: the run folder.
        subject: what is trained.
        dev: the dev pairs, of which `training.samples` are decoded.
    """

    def __init__(self, folder: Path, subject: Subject, dev: Sequence[Pair]) -> None:
        super().__init__()
        self._folder = folder
        self._subject = subject
        self._pairs = evenly_spread(dev, subject.recipe.training.samples)
        self._samples: list[Sample] = []
        self._events: EventWriter | None = None
        self._undrawn: History = ()
        self._next_drawing = -math.inf

    def on_test_end(self, logs: Any = None) -> None:
        """Decodes the samples."""
        self._samples = self._decode(self.model)

    def show(self, history: History) -> None:
        """Writes the newest epoch's events, and, in time, plot and report so far.

        Args:
            history: at least one row.
        """
        if self._events is None:
            self._events = EventWriter(self._folder / "tensorboard")
        figures = dict(history[-1])
        epoch = int(figures.pop("epoch"))
        del figures["step"]
        for key, value in figures.items():
            self._events.add_scalar(key, value, epoch)
        if self._samples:
            self._events.add_text("samples", markdown_table(self._samples), epoch)
        for number, sample in enumerate(self._samples[:_PICTURES], 1):
            prediction = sample.prediction
            if prediction is None or prediction.attention is None:
                continue
            if max(prediction.attention.shape) <= LONGEST_DRAWN:
                self._events.add_image(f"alignment/{number}", attention_png(prediction), epoch)
        self._events.flush()
        self._undrawn = history
        if time.monotonic() >= self._next_drawing:
            self.draw()

    def draw(self) -> None:
        """Draws the epochs that were not drawn yet, if any."""
        if not self._undrawn:
            return
        began = time.monotonic()
        self._draw(self._undrawn, self._samples)
        now = time.monotonic()
        self._undrawn, self._next_drawing = (), now + (now - began) / _DRAWING_SHARE

    def finish(self, model: Seq2Seq, history: History, metrics: Mapping[str, Any]) -> None:
        """Writes plot and report of a finished training.

        Args:
            model: with the weights that the run keeps.
            history: of all epochs.
            metrics: as `metrics.json` has them.
        """
        self._draw(history, self._decode(model), metrics)

    def close(self) -> None:
        """Closes the event file; also after an interruption."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def _draw(
        self, history: History, samples: Sequence[Sample], metrics: Mapping[str, Any] | None = None
    ) -> None:
        settings = self._subject.recipe.training
        kept = kept_epoch(history, settings) if settings.keep == "best" else None
        plot_history(history, self._folder / "loss.png", kept)
        write_training_report(self._folder, self._subject, history, samples, metrics)

    def _decode(self, model: Seq2Seq) -> list[Sample]:
        return decode_samples(model, self._pairs, self._subject.recipe.decoding_settings())
