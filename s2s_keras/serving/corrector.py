"""A corrector's file -> a servable, without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from s2s_keras.runtime import Correction, Corrector
from s2s_keras.serving.rows import join_rows
from s2s_keras.serving.signature import (
    SERVING_DEFAULT,
    Columns,
    Row,
    ServedSignature,
    TensorSpec,
)
from s2s_keras.serving.strings import text_of, to_strings

__all__ = ["CorrectorServable"]


class CorrectorServable:
    """Serves a corrector of words in their context: texts of any length, with their edits.

    Each worker has an interpreter to itself, and corrects one text at a time.

    Args:
        corrector: of a file with a lexicon; it is closed with the servable.
        workers: texts corrected at the same time, at least 1; by default the machine's cores.

    Raises:
        ValueError: `workers` is below 1.
    """

    version = 1
    batch_size = 1

    def __init__(self, corrector: Corrector, *, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"`workers` must be a positive integer. Received: workers={workers}.")
        self.workers = workers or os.cpu_count() or 1
        self.signatures: Mapping[str, ServedSignature] = {SERVING_DEFAULT: _SIGNATURE}
        self._corrector = corrector

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The file's `model.json`."""
        return self._corrector.metadata

    def check(self, signature: str, row: Row) -> None:
        """Refuses what is not valid UTF-8: every text can be corrected; see `Servable.check`."""
        text_of(row["texts"])

    def run(self, signature: str, columns: Columns) -> Columns:
        """Corrects each text; see `Servable.run`."""
        rows = [_row(self._corrector.correct(text_of(value))) for value in columns["texts"]]
        return join_rows(rows, _SIGNATURE.outputs)

    def close(self) -> None:
        """Closes the file."""
        self._corrector.close()


_SIGNATURE = ServedSignature(
    {"texts": TensorSpec("DT_STRING", (None,), "texts")},
    {
        "texts": TensorSpec("DT_STRING", (None, 1), "texts"),
        "edit_starts": TensorSpec("DT_INT32", (None, None), "edit_starts"),
        "edit_ends": TensorSpec("DT_INT32", (None, None), "edit_ends"),
        "edit_texts": TensorSpec("DT_STRING", (None, None), "edit_texts"),
        "edit_probabilities": TensorSpec("DT_FLOAT", (None, None), "edit_probabilities"),
    },
)
"""A text, and the places in it, in code points, that other text takes."""


def _row(correction: Correction) -> Row:
    edits = correction.edits
    return {
        "texts": to_strings([correction.text]),
        "edit_starts": np.array([edit.start for edit in edits], np.int32),
        "edit_ends": np.array([edit.end for edit in edits], np.int32),
        "edit_texts": to_strings([edit.corrected for edit in edits]),
        "edit_probabilities": np.array([edit.probability for edit in edits], np.float32),
    }
