"""What the server sees of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from s2s_keras.serving.signature import Columns, Row, ServedSignature

__all__ = ["Servable"]


class Servable(Protocol):
    """A model with signatures."""

    @property
    def signatures(self) -> Mapping[str, ServedSignature]:
        """Name -> inputs and outputs."""

    @property
    def version(self) -> int:
        """What the URL calls `versions/N`."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The document `model.json`; empty where the model has none."""

    @property
    def batch_size(self) -> int:
        """Rows that it runs best at once."""

    @property
    def workers(self) -> int:
        """Batches that it runs best at the same time."""

    def check(self, signature: str, row: Row) -> None:
        """Refuses a row before it meets others.

        Raises:
            InputError: the model does not take it.
        """

    def run(self, signature: str, columns: Columns) -> Columns:
        """Runs a batch. Called by any of `workers` threads.

        Args:
            signature: a key of `signatures`.
            columns: every input of the signature, N rows.

        Returns:
            Every output, N rows, in the same order.
        """

    def close(self) -> None:
        """Lets the model go."""
