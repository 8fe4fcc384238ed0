"""The batches of a training -> what `model.fit` reads, and how long it waits for them."""

from __future__ import annotations

import math
import multiprocessing
import re
import signal
import time
from collections import deque
from typing import Any

import grain
import keras

from s2s_keras.data.batches import stream
from s2s_keras.errors import TrainingError

__all__ = ["Feed"]

_AHEAD = 2
"""Batches that TensorFlow holds ready."""


class Feed(keras.callbacks.Callback):
    """Batches for `fit`, and, as a callback of it, a clock that runs while it waits for one.

    Args:
        dataset: a `grain.MapDataset` of batches, in order.
        workers: see `stream`.
    """

    def __init__(self, dataset: Any, workers: int = 0) -> None:
        super().__init__()
        self._waited = 0.0
        self._timed = _Timed(stream(dataset, workers))
        self._free = math.inf

    def batches(self) -> Any:
        """Returns what `fit` takes as its data.

        On TensorFlow it is told that lengths vary: Keras would take them from the first two
        batches, which of a training that goes on may be alike.
        """
        if keras.backend.backend() != "tensorflow":
            return self._timed
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        signature = ({"source_ids": ids, "target_ids": ids}, ids)
        dataset = tf.data.Dataset.from_generator(lambda: self._timed, output_signature=signature)
        return dataset.prefetch(_AHEAD)

    def seconds_waited(self) -> float:
        """Returns how long training stood still for want of a batch."""
        return self._waited

    def raise_failure(self) -> None:
        """Raises what kept a batch from coming, if anything did, in its own words.

        TensorFlow tells of it in a traceback.

        Raises:
            DataError: a file cannot be read any more; names it.
            TrainingError: a process of `training.workers` died.
            Exception: whatever else it was.
        """
        if self._timed.failure is not None:
            raise self._timed.failure from None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Training is free for a batch from now on; the first comes while Keras compiles."""
        if math.isfinite(self._free):
            self._free = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts what this batch was waited for."""
        self._waited += max(0.0, self._timed.delivered.popleft() - self._free)
        self._free = time.monotonic()


class _Timed(grain.IterDataset):
    """Notes when each batch was ready.

    Attributes:
        delivered: seconds of the monotonic clock, of the batches of the newest iteration: Keras
            looks at a few before.
        failure: what kept the next batch from coming.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.delivered: deque[float] = deque()
        self.failure: Exception | None = None

    def __iter__(self) -> Any:
        self.delivered = deque()
        return _TimedIterator(self._parent.__iter__(), self)


class _TimedIterator(grain.DatasetIterator):
    def __init__(self, parent: Any, told: _Timed) -> None:
        super().__init__(parent)
        self._told, self._times = told, told.delivered
        self._workers: list[Any] = []

    def __next__(self) -> Any:
        try:
            batch = next(self._parent)
        except StopIteration:
            raise
        except Exception as error:
            self._told.failure = _death_of(self._workers, error) or error
            raise
        if not self._times:
            self._workers = multiprocessing.active_children()
        self._times.append(time.monotonic())
        return batch

    def get_state(self) -> Any:
        return self._parent.get_state()

    def set_state(self, state: Any) -> None:
        self._parent.set_state(state)


def _death_of(workers: list[Any], error: Exception) -> TrainingError | None:
    """Returns the error that names a process that was killed, or died by itself.

    Args:
        workers: those that have given batches.
        error: what grain says of it, which knows no number of the process.
    """
    found = re.search(r"process was terminated unexpectedly with exit code (-?\d+)", str(error))
    if found is None:
        return None
    code = int(found[1])
    pids = [str(worker.pid) for worker in workers if worker.exitcode == code]
    cause = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    process = f"Process {pids[0]}" if pids else "A process"
    return TrainingError(
        f"{process}, which draws examples (`training.workers`), {cause}. The system does that when "
        "memory is short. Go on with `--resume`."
    )
