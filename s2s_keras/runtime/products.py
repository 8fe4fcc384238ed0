"""What a part of a graph has at least to do: its matrix products, and the constants it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from s2s_keras.runtime.graph import (
    LOOKUPS,
    OperatorInfo,
    TensorInfo,
    loop_bodies,
    operator_options,
    operators,
)

__all__ = ["MATRIX_PRODUCTS", "Product", "matrix_products", "step_constant_bytes"]

MATRIX_PRODUCTS = ("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "TRANSPOSE_CONV")
"""The operators in which nearly all multiplications are."""


@dataclass(frozen=True)
class Product:
    """A matrix product of a part of a graph.

    Attributes:
        operator: where it stands.
        times: how often a call of the part runs it.
        key: products of equal keys take equally long: operator, version, options, and the type and
            shape of each tensor.
    """

    operator: OperatorInfo
    times: int
    key: tuple[Any, ...]

    @property
    def label(self) -> str:
        """What a person calls it: `FULLY_CONNECTED 4x256 float32 · 768x256 int8`."""
        factors = [tensor for tensor in self.operator.inputs[:2] if tensor is not None]
        return f"{self.operator.name} " + " · ".join(
            f"{'x'.join(map(str, tensor.shape))} {tensor.dtype}" for tensor in factors
        )


def matrix_products(graph: bytes, subgraph: int, source_tokens: int) -> list[Product]:
    """Returns the matrix products of a subgraph and of its loops, in the order in which they run.

    Args:
        graph: the bytes of the TFLite flatbuffer.
        subgraph: of a signature; see `signature_subgraphs`.
        source_tokens: how often a loop runs: the graphs of `s2s-keras export` loop over the source.
    """
    return _products(graph, subgraph, 1, source_tokens)


def step_constant_bytes(graph: bytes, subgraph: int) -> int:
    """Returns the bytes of constants that one call of a subgraph without loops reads.

    Each buffer counts once, however many operators share it. A lookup reads only its rows.
    """
    whole: dict[int, int] = {}
    rows: dict[int, int] = {}
    for operator in operators(graph, subgraph):
        for place, tensor in enumerate(operator.inputs):
            if tensor is None or not tensor.size_bytes:
                continue
            if LOOKUPS.get(operator.name) == place:
                read = math.prod(operator.outputs[0].shape)
                size = tensor.size_bytes * read // math.prod(tensor.shape)
                rows[tensor.buffer] = max(rows.get(tensor.buffer, 0), size)
            else:
                whole[tensor.buffer] = tensor.size_bytes
    return sum({**rows, **whole}.values())


def _products(graph: bytes, subgraph: int, times: int, source_tokens: int) -> list[Product]:
    found: list[Product] = []
    for operator in operators(graph, subgraph):
        for inner in loop_bodies(graph, operator):
            found += _products(graph, inner, times * source_tokens, source_tokens)
        if operator.name in MATRIX_PRODUCTS:
            found.append(Product(operator, times, _key(graph, operator)))
    return found


def _key(graph: bytes, operator: OperatorInfo) -> tuple[Any, ...]:
    kind, options = operator_options(graph, operator)
    tensors = (*operator.inputs, *operator.outputs)
    described = tuple(tensor and _description(tensor) for tensor in tensors)
    return (operator.name, operator.version, kind, *options.values(), described)


def _description(tensor: TensorInfo) -> tuple[Any, ...]:
    return tensor.dtype, tensor.shape, tensor.size_bytes > 0
