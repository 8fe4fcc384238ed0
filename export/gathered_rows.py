"""A graph with int8 weights -> the same graph, whose gathered rows stay int8 up to the product."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

__all__ = ["keep_gathered_rows_int8"]

_OPERATOR = schema.BuiltinOperator
_TYPE = schema.TensorType
_VERSIONS = {_OPERATOR.GATHER: 2, _OPERATOR.DEQUANTIZE: 2, _OPERATOR.FULLY_CONNECTED: 3}
"""Operator -> the first version that gathers int8, dequantises it, multiplies float32 with it."""


def keep_gathered_rows_int8(graph: bytes) -> bytes:
    """Returns a graph in which what is looked up of an int8 table is int8.

    Where a graph looks a table up twice, as with a shortlist the embedding and the candidates' rows
    do, the converter dequantises the whole table. Here the lookup comes first, and only what was
    found is dequantised; rows that a dense product takes as its weights are not dequantised at all:
    the product is then one of dynamic range, as with the whole table.

    Args:
        graph: the bytes of the TFLite flatbuffer.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(graph))
    for subgraph in model.subgraphs:
        _gather_first(model, subgraph)
        _multiply_int8(model, subgraph)
        _drop_unused(model, subgraph)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _gather_first(model: Any, subgraph: Any) -> None:
    """Puts each lookup of a dequantised table before the dequantising."""
    tables = _dequantized(model, subgraph)
    operators = []
    for operator in subgraph.operators:
        operators.append(operator)
        if _code(model, operator) != _OPERATOR.GATHER or operator.inputs[0] not in tables:
            continue
        table, found = tables[operator.inputs[0]], operator.outputs[0]
        rows = _add_rows(subgraph, found, like=subgraph.tensors[table])
        operator.opcodeIndex = _operator_code(model, _OPERATOR.GATHER)
        operator.inputs = [table, *operator.inputs[1:]]
        operator.outputs = [rows]
        dequantize = schema.OperatorT()
        dequantize.opcodeIndex = _operator_code(model, _OPERATOR.DEQUANTIZE)
        dequantize.inputs, dequantize.outputs = [rows], [found]
        operators.append(dequantize)
    subgraph.operators = operators


def _multiply_int8(model: Any, subgraph: Any) -> None:
    """Gives dense products whose weights were dequantised the int8 ones."""
    rows = _dequantized(model, subgraph)
    for operator in subgraph.operators:
        is_product = _code(model, operator) == _OPERATOR.FULLY_CONNECTED
        if is_product and operator.inputs[1] in rows:
            operator.opcodeIndex = _operator_code(model, _OPERATOR.FULLY_CONNECTED)
            operator.inputs = [operator.inputs[0], rows[operator.inputs[1]], *operator.inputs[2:]]
            # Otherwise the sums of the rows would be kept from the first run, and these change.
            operator.builtinOptions.asymmetricQuantizeInputs = False


def _drop_unused(model: Any, subgraph: Any) -> None:
    """Leaves out what is dequantised for nobody."""
    used = set(_indices(subgraph.outputs))
    for operator in subgraph.operators:
        used.update(_indices(operator.inputs))
    subgraph.operators = [
        operator
        for operator in subgraph.operators
        if _code(model, operator) != _OPERATOR.DEQUANTIZE or operator.outputs[0] in used
    ]


def _dequantized(model: Any, subgraph: Any) -> dict[int, int]:
    """Returns tensor -> the int8 tensor that it was dequantised from."""
    return {
        operator.outputs[0]: operator.inputs[0]
        for operator in subgraph.operators
        if _code(model, operator) == _OPERATOR.DEQUANTIZE
        and subgraph.tensors[operator.inputs[0]].type == _TYPE.INT8
    }


def _add_rows(subgraph: Any, found: int, like: Any) -> int:
    """Adds an int8 tensor of the shape of `found` and of the scale of a table."""
    rows, original = schema.TensorT(), subgraph.tensors[found]
    rows.name = original.name + b"_int8"
    rows.shape, rows.shapeSignature = original.shape, original.shapeSignature
    rows.hasRank, rows.type, rows.buffer = original.hasRank, _TYPE.INT8, 0
    rows.quantization = like.quantization
    subgraph.tensors.append(rows)
    return len(subgraph.tensors) - 1


def _code(model: Any, operator: Any) -> int:
    entry = model.operatorCodes[operator.opcodeIndex]
    return int(max(entry.builtinCode, entry.deprecatedBuiltinCode))


def _operator_code(model: Any, code: int) -> int:
    """Returns the entry of an operator, of a version that knows int8."""
    for index, entry in enumerate(model.operatorCodes):
        if max(entry.builtinCode, entry.deprecatedBuiltinCode) == code:
            entry.version = max(entry.version, _VERSIONS[code])
            return index
    entry = schema.OperatorCodeT()
    entry.builtinCode = entry.deprecatedBuiltinCode = code
    entry.version = _VERSIONS[code]
    model.operatorCodes.append(entry)
    return len(model.operatorCodes) - 1


def _indices(tensors: Iterable[int] | None) -> list[int]:
    return [] if tensors is None else [int(tensor) for tensor in tensors]
