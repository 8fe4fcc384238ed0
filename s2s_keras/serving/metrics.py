"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

__all__ = ["Metrics"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters of one server, with a registry of their own.

    Attributes:
        content_type: of what `text` returns.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "s2s_requests_total",
            "Answers, by endpoint and HTTP status.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "s2s_request_seconds",
            "From a request's head to its answer, by endpoint.",
            ("endpoint",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._rejected = Counter(
            "s2s_rejected_total",
            "Requests refused, by reason.",
            ("reason",),
            registry=self._registry,
        )
        self._batch_rows = Histogram(
            "s2s_batch_rows",
            "Texts that the model ran on at once, by signature.",
            ("signature",),
            buckets=ROWS,
            registry=self._registry,
        )
        self._batch_seconds = Histogram(
            "s2s_batch_seconds",
            "One run of the model, by signature.",
            ("signature",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._failed = Counter(
            "s2s_failed_batches_total",
            "Runs of the model that failed, by signature.",
            ("signature",),
            registry=self._registry,
        )
        self._queue = Gauge("s2s_queue_rows", "Texts that wait.", registry=self._registry)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Reads the queue's length from `length` whenever someone asks."""
        self._queue.set_function(length)

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Counts an answer."""
        self._requests.labels(endpoint, str(status)).inc()
        self._request_seconds.labels(endpoint).observe(seconds)

    def rejected(self, reason: str) -> None:
        """Counts a request that was refused."""
        self._rejected.labels(reason).inc()

    def ran(self, signature: str, rows: int, seconds: float, is_done: bool) -> None:
        """Counts a run of the model."""
        self._batch_rows.labels(signature).observe(rows)
        self._batch_seconds.labels(signature).observe(seconds)
        if not is_done:
            self._failed.labels(signature).inc()

    def text(self) -> bytes:
        """Returns all figures in Prometheus's text format."""
        return generate_latest(self._registry)
