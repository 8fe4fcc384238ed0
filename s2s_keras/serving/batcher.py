"""Rows of many requests -> batches -> rows: the model runs on several texts at once."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from s2s_keras.errors import InputError, RequestError
from s2s_keras.serving.signature import Row

__all__ = ["Batcher", "BatchingSettings"]

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class BatchingSettings:
    """How rows become batches; checked when made.

    Args:
        max_batch_size: rows that the model runs on at once, at least 1.
        max_wait_ms: how long the first row of a batch waits for more, at least 0. While the model
            runs, rows gather without it.
        max_queue: rows that wait, at least 1.
        workers: batches that run at the same time, at least 1.

    Raises:
        ValueError: a value lies outside its range.
    """

    max_batch_size: int = 32
    max_wait_ms: float = 2.0
    max_queue: int = 1_024
    workers: int = 1

    def __post_init__(self) -> None:
        for name in ("max_batch_size", "max_queue", "workers"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value!r}."
                )
        if not 0 <= self.max_wait_ms <= 60_000:
            raise ValueError(
                "`max_wait_ms` must lie between 0 and 60000. "
                f"Received: max_wait_ms={self.max_wait_ms!r}."
            )


class _Job:
    """The rows of one request, which several workers may finish."""

    def __init__(self, size: int) -> None:
        self.future: Future[list[Row]] = Future()
        self._results: dict[int, Row] = {}
        self._size = size
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for more: all is done, a row has failed, or it was cancelled."""
        return self.future.done()

    def put(self, place: int, row: Row) -> None:
        """Takes the output of a row."""
        with self._lock:
            self._results[place] = row
            if len(self._results) == self._size and self._may_end():
                self.future.set_result([self._results[n] for n in range(self._size)])

    def fail(self, error: Exception) -> None:
        """Takes the error of a row, which is that of the request."""
        with self._lock:
            if self._may_end():
                self.future.set_exception(error)

    def _may_end(self) -> bool:
        return not self.future.done() and self.future.set_running_or_notify_cancel()


@dataclass(eq=False)
class _Waiting:
    """One row that waits."""

    job: _Job
    place: int
    signature: str
    row: Row
    size: int
    since: float = field(default_factory=time.monotonic)


class Batcher:
    """Runs rows in batches, in threads of its own.

    A batch holds rows of one signature: the one that has waited longest, and of the others those
    nearest to it in size, because the longest row says how long a batch takes. A batch that fails
    is run again row by row, so that a row can only fail its own request.

    Args:
        run: signature and rows -> as many rows, in the same order.
        settings: how rows become batches.
        observe: called with signature, rows, seconds and whether it was done, after each run.
    """

    def __init__(
        self,
        run: Callable[[str, Sequence[Row]], Sequence[Row]],
        settings: BatchingSettings,
        observe: Callable[[str, int, float, bool], None] = lambda *_: None,
    ) -> None:
        self.settings = settings
        self._run = run
        self._observe = observe
        self._queue: list[_Waiting] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batcher-{number}", daemon=True)
            for number in range(settings.workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def queued(self) -> int:
        """Rows that wait."""
        return len(self._queue)

    def submit(self, signature: str, rows: Sequence[Row]) -> Future[list[Row]]:
        """Queues the rows of one request.

        Returns:
            Their outputs, in order. Rows of a cancelled future are not run, unless they run
            already.

        Raises:
            RequestError: 503, the queue is full, or the batcher is closed.
        """
        job = _Job(len(rows))
        with self._changed:
            if self._is_closed:
                raise RequestError(503, "The server is stopping.", "stopping")
            self._queue = [item for item in self._queue if not item.job.is_over]
            if len(self._queue) + len(rows) > self.settings.max_queue:
                raise RequestError(
                    503,
                    f"{len(self._queue)} of {self.settings.max_queue} places in the queue are "
                    f"taken, and the request needs {len(rows)}. Try again later.",
                    "queue_full",
                    RETRY_AFTER_SECONDS,
                )
            self._queue += [
                _Waiting(job, place, signature, row, _size(row)) for place, row in enumerate(rows)
            ]
            self._changed.notify_all()
        return job.future

    def close(self, timeout_seconds: float) -> bool:
        """Takes no more rows, and waits until those that it has are done.

        Returns:
            Whether they are.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        end = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while batch := self._next_batch():
            self._run_batch(batch)

    def _next_batch(self) -> list[_Waiting]:
        """Waits for a batch; an empty one says that there will be no more."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._queue or self._is_closed)
                if not self._queue:
                    return []
                first = self._queue[0]
                left = first.since + self.settings.max_wait_ms / 1000 - time.monotonic()
                if left > 0 and not self._is_closed and not self._is_full(first):
                    self._changed.wait(left)
                    continue
                batch = self._chosen(first)
                taken = set(map(id, batch))
                self._queue = [item for item in self._queue if id(item) not in taken]
                batch = [item for item in batch if not item.job.is_over]
                if batch:
                    return batch

    def _is_full(self, first: _Waiting) -> bool:
        fitting = sum(item.signature == first.signature for item in self._queue)
        return fitting >= self.settings.max_batch_size

    def _chosen(self, first: _Waiting) -> list[_Waiting]:
        fitting = [item for item in self._queue[1:] if item.signature == first.signature]
        nearest = heapq.nsmallest(
            self.settings.max_batch_size - 1, fitting, key=lambda item: abs(item.size - first.size)
        )
        return [first, *nearest]

    def _run_batch(self, batch: list[_Waiting]) -> None:
        try:
            found = self._timed(batch)
        except Exception as error:
            if len(batch) > 1:
                logger.warning("A batch of %d failed, and is run row by row: %s", len(batch), error)
                for item in batch:
                    if not item.job.is_over:
                        self._run_batch([item])
                return
            if not isinstance(error, InputError):
                logger.error("The model failed on a row.", exc_info=error)
            batch[0].job.fail(error)
            return
        for item, row in zip(batch, found, strict=True):
            item.job.put(item.place, row)

    def _timed(self, batch: list[_Waiting]) -> Sequence[Row]:
        signature, started, is_done = batch[0].signature, time.perf_counter(), False
        try:
            found = self._run(signature, [item.row for item in batch])
            if len(found) != len(batch):
                raise RuntimeError(f"The model made {len(found)} rows of {len(batch)}.")
            is_done = True
            return found
        finally:
            self._observe(signature, len(batch), time.perf_counter() - started, is_done)


def _size(row: Row) -> int:
    """Returns what the time that a row takes grows with: ids, or bytes of text."""
    return sum(
        len(value.item()) if value.ndim == 0 and value.dtype == object else value.size
        for value in row.values()
    )
