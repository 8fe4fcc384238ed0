"""What a servable's signatures take and give: names, types and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DTYPES",
    "SERVING_DEFAULT",
    "Columns",
    "Row",
    "ServedSignature",
    "TensorSpec",
]

SERVING_DEFAULT = "serving_default"
"""The signature of a request that names none, as TensorFlow has it."""

DTYPES: Mapping[str, type[Any]] = {
    "DT_STRING": object,
    "DT_BOOL": np.bool_,
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
    "DT_FLOAT": np.float32,
    "DT_DOUBLE": np.float64,
}
"""TensorFlow's name of a type -> NumPy's. Strings are `bytes` in an array of objects."""

Columns = dict[str, NDArray[Any]]
"""Tensor's name -> its values for all rows, the first dimension N."""

Row = dict[str, NDArray[Any]]
"""Tensor's name -> its values for one row, without the first dimension."""


@dataclass(frozen=True)
class TensorSpec:
    """A named input or output.

    Attributes:
        dtype: a key of `DTYPES`.
        shape: sizes, the first one that of the batch; `None` for any. `None` instead of them where
            a graph does not say how many there are, which only an output may leave open.
        tensor: the name inside the graph, which only TensorFlow's form of the metadata shows.
    """

    dtype: str
    shape: tuple[int | None, ...] | None
    tensor: str


@dataclass(frozen=True)
class ServedSignature:
    """Inputs and outputs by name. All have one first dimension in common, the batch.

    Attributes:
        inputs: name -> what a request gives.
        outputs: name -> what an answer holds.
        method: what TensorFlow calls the kind of the signature.
    """

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    method: str = "tensorflow/serving/predict"
