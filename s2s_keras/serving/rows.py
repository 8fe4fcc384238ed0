"""Rows <-> columns: what stands in one batch need not come from one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.serving.signature import DTYPES, Columns, Row, TensorSpec

__all__ = ["join_rows", "split_columns", "trim_row"]

AXES: Mapping[str, tuple[str, ...]] = {
    "source_pieces": ("S",),
    "target_pieces": ("T",),
    "attention": ("T", "S"),
    "target_ids": ("K", "T"),
    **dict.fromkeys(("edit_starts", "edit_ends", "edit_texts", "edit_probabilities"), ("E",)),
}
"""Output -> its axes in a row. Source length S, output length T and the number of edits E are those
of the row's own."""

MEASURES = {"source_pieces": "S", "target_pieces": "T", "target_ids": "T", "edit_texts": "E"}
"""Output whose padding shows -> the length that it shows."""


def join_rows(rows: Sequence[Row], specs: Mapping[str, TensorSpec]) -> Columns:
    """Returns the rows as columns, each padded on the right to the largest: with 0, or "".

    Args:
        rows: N rows, at least one, each with every name of `specs`.
        specs: name -> type.
    """
    return {name: _stacked([row[name] for row in rows], spec) for name, spec in specs.items()}


def _stacked(values: Sequence[NDArray[Any]], spec: TensorSpec) -> NDArray[Any]:
    shape = tuple(np.max([value.shape for value in values], axis=0).astype(int))
    filler = b"" if spec.dtype == "DT_STRING" else 0
    column = np.full((len(values), *shape), filler, DTYPES[spec.dtype])
    for row, value in enumerate(values):
        # As an array of one row: NumPy would put an array without dimensions into one of objects.
        column[(slice(row, row + 1), *map(slice, value.shape))] = value[None]
    return column


def split_columns(columns: Columns) -> list[Row]:
    """Returns the rows of columns."""
    length = len(next(iter(columns.values())))
    # An element of an array of objects would come without its array.
    return [
        {
            name: np.asarray(column[row : row + 1]).reshape(column.shape[1:])
            for name, column in columns.items()
        }
        for row in range(length)
    ]


def trim_row(row: Row) -> Row:
    """Cuts off the padding that longer rows of the same batch brought, where `AXES` knows it.

    What a row says then does not hang on the rows beside it.
    """
    lengths = {length: _used(row[name]) for name, length in MEASURES.items() if name in row}
    return {
        # The ellipsis keeps an array without dimensions an array.
        name: value[(..., *(slice(lengths.get(axis)) for axis in AXES.get(name, ())))]
        for name, value in row.items()
    }


def _used(values: NDArray[Any]) -> int:
    """Returns how far the last axis is used: up to the last value that is no padding."""
    used = values != (b"" if values.dtype == object else 0)
    places = np.flatnonzero(used.any(axis=tuple(range(used.ndim - 1))))
    return int(places[-1]) + 1 if len(places) else 0
