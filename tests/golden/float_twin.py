"""A model file with int8 weights -> the same in float32, in which no processor rounds otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from s2s_keras.runtime import read_artifact, write_artifact

__all__ = ["write_float_twin"]

ADDED = ("format_version", "graph_bytes", "sha256", "shortlist")


def write_float_twin(source: Path, target: Path) -> Path:
    """Writes the file, its weights with the values that their int8 stand for.

    Dynamic-range products round what they read to int8. Where two processors differ by the last
    bit of a float, a rounding goes the other way, and log-probabilities differ by a hundredth.

    Args:
        source: a file of dynamic-range quantisation.
        target: the file to write.
    """
    artifact = read_artifact(source)
    graph = source.read_bytes()[: artifact.metadata["graph_bytes"]]
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(graph), 0))
    wide: dict[int, Any] = {}
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            if tensor.type == schema.TensorType.INT8:
                _widen(model, tensor, wide)
        _drop_dequantize(model, subgraph)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    metadata = {key: value for key, value in artifact.metadata.items() if key not in ADDED}
    write_artifact(
        target,
        bytes(builder.Output()),
        {**metadata, "quantization": "none"},
        artifact.source_tokenizer,
        artifact.target_tokenizer,
        artifact.shortlist,
        artifact.lexicon,
    )
    return target


def _widen(model: Any, tensor: Any, wide: dict[int, Any]) -> None:
    buffer = model.buffers[tensor.buffer]
    if buffer.data is not None and len(buffer.data) and tensor.buffer not in wide:
        values = np.asarray(buffer.data, np.uint8).view(np.int8).reshape(tensor.shape)
        scale = np.asarray(tensor.quantization.scale, np.float32)
        shape = np.ones(values.ndim, int)
        shape[tensor.quantization.quantizedDimension] = scale.size
        wide[tensor.buffer] = (values * scale.reshape(shape)).astype(np.float32)
        buffer.data = np.frombuffer(wide[tensor.buffer].tobytes(), np.uint8)
    tensor.type = schema.TensorType.FLOAT32
    tensor.quantization = None


def _drop_dequantize(model: Any, subgraph: Any) -> None:
    """Lets what was dequantised be written directly."""
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    wanted = schema.BuiltinOperator.DEQUANTIZE
    dropped = [op for op in subgraph.operators if codes[op.opcodeIndex] == wanted]
    written = {int(op.inputs[0]): int(op.outputs[0]) for op in dropped}
    subgraph.operators = [op for op in subgraph.operators if codes[op.opcodeIndex] != wanted]
    for operator in subgraph.operators:
        operator.outputs = [written.get(int(output), int(output)) for output in operator.outputs]
