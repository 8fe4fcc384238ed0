"""Rows of ids of different lengths -> one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text.tokenizer import PAD_ID

__all__ = ["pad_ids"]


def pad_ids(rows: Sequence[Sequence[int] | NDArray[np.int32]], length: int) -> NDArray[np.int32]:
    """Pads rows of ids on the right with 0.

    Args:
        rows: B rows of at most `length` ids.
        length: the width of the result.

    Returns:
        int32 (B, length).

    Raises:
        ValueError: a row is longer than `length`.
    """
    padded = np.full((len(rows), length), PAD_ID, np.int32)
    for row, ids in zip(padded, rows, strict=True):
        if len(ids) > length:
            raise ValueError(f"A row must hold at most {length} ids. Received: {len(ids)}.")
        row[: len(ids)] = ids
    return padded
