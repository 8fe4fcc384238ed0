"""One operator of a graph -> a bare TFLite graph of that operator alone.

The package `tflite` reads and writes the flatbuffer, so that neither needs TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

from s2s_keras.runtime.graph import OperatorInfo, TensorInfo, operator_options

__all__ = ["single_operator"]

BUFFER_ALIGNMENT = 16
"""Bytes; the format asks for it, and kernels read vectors of that size."""

SCHEMA_VERSION = 3

_STORED_TYPES: dict[str, Any] = {"float16": np.float16, "int8": np.int8}
"""Types of constants that DEQUANTIZE turns into float32."""


def single_operator(graph: bytes, operator: OperatorInfo) -> bytes:
    """Builds a graph of one operator: same version, options, tensors, quantisation and constants.

    What the operator computes from is the graph's input, in the operator's order, and what it
    computes the graph's output. A constant that DEQUANTIZE turns into float32 stands there as
    float32, as the interpreter keeps it after the first call.

    Args:
        graph: the bytes of the TFLite flatbuffer.
        operator: one of `operators(graph, ...)`.

    Returns:
        The bytes of a TFLite flatbuffer.

    Raises:
        ValueError: the operator is custom, or its options are more than single numbers.
    """
    if operator.name == "CUSTOM":
        raise ValueError(
            f"A bare operator must be builtin. Received: {operator.custom_name!r}, a custom one."
        )
    return _Builder(graph, operator).build()


class _Builder:
    """Writes a bare graph; a flatbuffer is written from its leaves to its root."""

    def __init__(self, graph: bytes, operator: OperatorInfo) -> None:
        self._model = tflite.Model.GetRootAsModel(graph, 0)
        self._subgraph = self._model.Subgraphs(operator.subgraph)
        self._operator = operator
        self._options = operator_options(graph, operator)
        self._builder = flatbuffers.Builder(1024)
        self._buffers = [self._buffer(b"")]  # the first is empty, for what is no constant
        self._tensors: list[int] = []
        self._places: dict[int, int] = {}  # tensor of the file -> tensor of the bare graph
        self._graph_inputs: list[int] = []

    def build(self) -> bytes:
        builder = self._builder
        inputs = [self._input(tensor) for tensor in self._operator.inputs]
        outputs = [self._tensor(tensor, None) for tensor in self._operator.outputs]
        operator = self._operator_table(inputs, outputs)
        name = builder.CreateString("main")
        parts = {
            "Tensors": self._offsets(self._tensors, tflite.SubGraphStartTensorsVector),
            "Inputs": self._integers(self._graph_inputs, tflite.SubGraphStartInputsVector),
            "Outputs": self._integers(outputs, tflite.SubGraphStartOutputsVector),
            "Operators": self._offsets([operator], tflite.SubGraphStartOperatorsVector),
            "Name": name,
        }
        subgraph = self._table("SubGraph", parts)
        parts = {
            "Version": SCHEMA_VERSION,
            "OperatorCodes": self._offsets(
                [self._operator_code()], tflite.ModelStartOperatorCodesVector
            ),
            "Subgraphs": self._offsets([subgraph], tflite.ModelStartSubgraphsVector),
            "Buffers": self._offsets(self._buffers, tflite.ModelStartBuffersVector),
        }
        builder.Finish(self._table("Model", parts), b"TFL3")
        return bytes(builder.Output())

    def _input(self, tensor: TensorInfo | None) -> int:
        if tensor is None:
            return -1
        if tensor.index in self._places:
            return self._places[tensor.index]
        content = self._constant(tensor)
        place = self._tensor(tensor, content)
        if content is None:
            self._graph_inputs.append(place)
        return place

    def _constant(self, tensor: TensorInfo) -> bytes | None:
        """Returns the bytes of a constant, also of one that has still to be dequantised."""
        if tensor.size_bytes:
            return bytes(self._model.Buffers(tensor.buffer).DataAsNumpy())
        for i in range(self._subgraph.OperatorsLength()):
            operator = self._subgraph.Operators(i)
            if operator.Outputs(0) == tensor.index and operator.InputsLength() == 1:
                code = self._model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
                if code == tflite.BuiltinOperator.DEQUANTIZE:
                    return self._dequantized(self._subgraph.Tensors(operator.Inputs(0)))
        return None

    def _dequantized(self, tensor: Any) -> bytes | None:
        buffer = self._model.Buffers(tensor.Buffer())
        names = {"float16": tflite.TensorType.FLOAT16, "int8": tflite.TensorType.INT8}
        stored = [name for name, code in names.items() if code == tensor.Type()]
        if not buffer.DataLength() or not stored:
            return None
        shape = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
        values = np.frombuffer(bytes(buffer.DataAsNumpy()), _STORED_TYPES[stored[0]]).reshape(shape)
        if stored[0] == "int8":
            return _scaled(values, tensor.Quantization()).tobytes()
        return values.astype(np.float32).tobytes()

    def _tensor(self, tensor: TensorInfo, content: bytes | None) -> int:
        """Writes a tensor and its buffer, and returns its place in the bare graph."""
        original = self._subgraph.Tensors(tensor.index)
        buffer = 0
        if content is not None:
            buffer = len(self._buffers)
            self._buffers.append(self._buffer(content))
        parts = {
            "Shape": self._integers(tensor.shape, tflite.TensorStartShapeVector),
            "Type": original.Type(),
            "Buffer": buffer,
            "Name": self._builder.CreateString(tensor.name),
            "Quantization": self._quantization(original.Quantization()),
        }
        self._tensors.append(self._table("Tensor", parts))
        self._places[tensor.index] = len(self._tensors) - 1
        return len(self._tensors) - 1

    def _quantization(self, original: Any) -> int | None:
        if original is None or not original.ScaleLength():
            return None
        vectors = {
            "Scale": np.atleast_1d(original.ScaleAsNumpy()),
            "ZeroPoint": np.atleast_1d(original.ZeroPointAsNumpy()),
        }
        parts = {name: self._builder.CreateNumpyVector(v) for name, v in vectors.items()}
        parts["QuantizedDimension"] = original.QuantizedDimension()
        return self._table("QuantizationParameters", parts)

    def _operator_table(self, inputs: list[int], outputs: list[int]) -> int:
        original = self._subgraph.Operators(self._operator.index)
        parts = {
            "Inputs": self._integers(inputs, tflite.OperatorStartInputsVector),
            "Outputs": self._integers(outputs, tflite.OperatorStartOutputsVector),
        }
        kind, options = self._options
        if options:
            parts["BuiltinOptions"] = self._table(kind, options)
            parts["BuiltinOptionsType"] = original.BuiltinOptionsType()
        return self._table("Operator", parts)

    def _operator_code(self) -> int:
        original = self._model.OperatorCodes(
            self._subgraph.Operators(self._operator.index).OpcodeIndex()
        )
        parts = {
            "DeprecatedBuiltinCode": original.DeprecatedBuiltinCode(),
            "BuiltinCode": original.BuiltinCode(),
            "Version": original.Version(),
        }
        return self._table("OperatorCode", parts)

    def _buffer(self, content: bytes) -> int:
        parts: dict[str, int] = {}
        if content:
            self._builder.Prep(BUFFER_ALIGNMENT, len(content))
            parts["Data"] = self._builder.CreateByteVector(content)
        return self._table("Buffer", parts)

    def _table(self, name: str, parts: dict[str, Any]) -> int:
        """Writes a table of which the parts, numbers or places of what stands before, are given."""
        getattr(tflite, f"{name}Start")(self._builder)
        for part, value in parts.items():
            if value is not None:
                getattr(tflite, f"{name}Add{part}")(self._builder, value)
        return int(getattr(tflite, f"{name}End")(self._builder))

    def _offsets(self, offsets: Sequence[int], start: Callable[[Any, int], Any]) -> int:
        start(self._builder, len(offsets))
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _integers(self, values: Sequence[int], start: Callable[[Any, int], Any]) -> int:
        start(self._builder, len(values))
        for value in reversed(values):
            self._builder.PrependInt32(value)
        return int(self._builder.EndVector())


def _scaled(values: NDArray[np.int8], quantization: Any) -> NDArray[np.float32]:
    """Dequantises: (value - zero point) * scale, one of each a tensor or a channel."""
    scale = np.atleast_1d(quantization.ScaleAsNumpy())
    zero_point = np.atleast_1d(quantization.ZeroPointAsNumpy())
    shape = [1] * values.ndim
    if scale.size > 1:
        shape[quantization.QuantizedDimension()] = scale.size
    shifted = values.astype(np.float32) - zero_point.reshape(shape)
    scaled: NDArray[np.float32] = (shifted * scale.reshape(shape)).astype(np.float32)
    return scaled
