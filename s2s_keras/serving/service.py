"""A servable, its batches and its limits: what answers requests, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from s2s_keras.errors import InputError, RequestError
from s2s_keras.serving.batcher import Batcher, BatchingSettings
from s2s_keras.serving.limits import Limits
from s2s_keras.serving.metrics import Metrics
from s2s_keras.serving.rest import PredictRequest, predict_document, read_predict
from s2s_keras.serving.rows import join_rows, split_columns, trim_row
from s2s_keras.serving.servable import Servable
from s2s_keras.serving.signature import Row
from s2s_keras.serving.strict_json import malformed, parse_json

__all__ = ["Service", "default_batching"]


class Service:
    """Serves one version of one model.

    Args:
        servable: the model.
        name: what the URL calls it.
        limits: bounds.
        batching: how texts become batches; where not given, as the servable runs best.

    Attributes:
        metrics: what was counted.
    """

    def __init__(
        self,
        servable: Servable,
        name: str,
        limits: Limits | None = None,
        batching: BatchingSettings | None = None,
    ) -> None:
        self.servable = servable
        self.name = name
        self.limits = limits or Limits()
        self.metrics = Metrics()
        self.is_stopping = False
        self._batcher = Batcher(
            self._run, batching or default_batching(servable, self.limits), self.metrics.ran
        )
        self.metrics.watch_queue(lambda: self._batcher.queued)

    def read(self, body: bytes) -> PredictRequest:
        """Reads the body of a predict request, and checks every row of it.

        Raises:
            RequestError: 400.
        """
        request = read_predict(parse_json(body), self.servable.signatures, self.limits)
        for number, row in enumerate(request.rows):
            try:
                self.servable.check(request.signature, row)
            except InputError as error:
                raise malformed(f"instances[{number}]: {error}") from error
        return request

    def submit(self, request: PredictRequest) -> Future[list[Row]]:
        """Queues the rows of a request; see `Batcher.submit`."""
        if self.is_stopping:
            raise RequestError(503, "The server is stopping.", "stopping")
        return self._batcher.submit(request.signature, request.rows)

    def answer(self, request: PredictRequest, rows: Sequence[Row]) -> dict[str, Any]:
        """Returns the document that answers a request."""
        return predict_document(request, rows, self.servable.signatures[request.signature].outputs)

    def card(self) -> dict[str, Any]:
        """Returns what a person wants to know of the model."""
        metadata = self.servable.metadata
        shown = ("task", "quantization", "quality", "languages", "training_data", "licence")
        return {
            "name": self.name,
            "version": self.servable.version,
            "signatures": sorted(self.servable.signatures),
            "max_text_characters": self.limits.max_text_characters,
            **{key: metadata[key] for key in shown if key in metadata},
        }

    def close(self, timeout_seconds: float) -> bool:
        """Finishes what is queued, and lets the model go.

        Returns:
            Whether everything was finished in time. The model is not let go otherwise.
        """
        self.is_stopping = True
        is_done = self._batcher.close(timeout_seconds)
        if is_done:
            self.servable.close()
        return is_done

    def _run(self, signature: str, rows: Sequence[Row]) -> list[Row]:
        specs: Mapping[str, Any] = self.servable.signatures[signature].inputs
        columns = self.servable.run(signature, join_rows(rows, specs))
        return [trim_row(row) for row in split_columns(columns)]


def default_batching(servable: Servable, limits: Limits) -> BatchingSettings:
    """Returns how a servable runs best. Where it takes one row at a time, none waits for others."""
    return BatchingSettings(
        max_batch_size=servable.batch_size,
        max_wait_ms=BatchingSettings.max_wait_ms if servable.batch_size > 1 else 0.0,
        max_queue=limits.max_queue,
        workers=servable.workers,
    )
