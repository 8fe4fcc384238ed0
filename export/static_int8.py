"""A dynamic-range graph -> static int8: what dense products read and put out becomes int8, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export.calibration import Product, Range, Ranges, record_ranges
from s2s_keras.runtime import Artifact

__all__ = ["find_products", "quantize_activations", "scale_and_zero_point"]

_OPERATOR = schema.BuiltinOperator
_TYPE = schema.TensorType
# The first versions that quantise float32 to int8, and back.
_VERSIONS = {_OPERATOR.QUANTIZE: 1, _OPERATOR.DEQUANTIZE: 2}


def quantize_activations(
    artifact: Artifact, texts: Sequence[str], settings: DecodingSettings
) -> bytes:
    """Returns the graph of a dynamic-range file with its dense products in static int8.

    A dynamic-range product measures the range of what it reads in every run. Here the ranges come
    from decoding `texts`, once and for all: what a product reads is quantised before it, and what
    it puts out is turned back into float32 behind it. All else stays in float32: the score, the
    softmax and the context of the attention, the gates, and the softmax over the vocabulary.

    Products inside loops, and those with rows that a shortlist chose, stay as they are.

    Args:
        artifact: what the converter made with one scale a weight tensor.
        texts: representative sources, at least one.
        settings: how to decode them.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(artifact.graph))
    products = find_products(model)
    ranges = record_ranges(artifact, products, texts, settings)
    rewriter = _Rewriter(model, ranges)
    for subgraph in {product.subgraph for product in products}:
        rewriter.rewrite([product for product in products if product.subgraph == subgraph])
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def find_products(model: Any) -> list[Product]:
    """Returns the products of float32 with constant int8 weights of signatures, outside loops.

    Args:
        model: a flatbuffer as objects, `ModelT`.
    """
    found = []
    for signature in model.signatureDefs:
        subgraph = model.subgraphs[signature.subgraphIndex]
        for index, operator in enumerate(subgraph.operators):
            if _builtin_code(model, operator) == _OPERATOR.FULLY_CONNECTED:
                read, weights = (subgraph.tensors[i] for i in operator.inputs[:2])
                data = model.buffers[weights.buffer].data
                is_constant = data is not None and len(data) > 0
                if read.type == _TYPE.FLOAT32 and weights.type == _TYPE.INT8 and is_constant:
                    found.append(
                        Product(
                            signature.signatureKey.decode(),
                            signature.subgraphIndex,
                            index,
                            weights.buffer,
                            operator.inputs[0],
                            operator.outputs[0],
                        )
                    )
    return found


def _builtin_code(model: Any, operator: Any) -> int:
    entry = model.operatorCodes[operator.opcodeIndex]
    return int(max(entry.builtinCode, entry.deprecatedBuiltinCode))


class _Rewriter:
    """Puts int8 in the place of float32 around the products of a flatbuffer's objects."""

    def __init__(self, model: Any, ranges: Ranges) -> None:
        self.model = model
        self.ranges = ranges
        self._biases: dict[tuple[int, int], int] = {}

    def rewrite(self, products: Sequence[Product]) -> None:
        """Rewrites the products of one subgraph."""
        subgraph = self.model.subgraphs[products[0].subgraph]
        by_operator = {product.operator: product for product in products}
        quantized: dict[tuple[int, Range], int] = {}
        operators = []
        for index, operator in enumerate(subgraph.operators):
            product = by_operator.get(index)
            if product is None or product.weights not in self.ranges:
                operators.append(operator)
                continue
            read, put_out = self.ranges[product.weights]
            if (product.input, read) not in quantized:
                tensor = self._add_int8(subgraph, product.input, read)
                quantized[product.input, read] = tensor
                operators.append(self._convert(_OPERATOR.QUANTIZE, product.input, tensor))
            output = self._add_int8(subgraph, product.output, put_out)
            bias = operator.inputs[2] if len(operator.inputs) > 2 else -1
            if bias >= 0:
                bias = self._add_bias(
                    subgraph, bias, operator.inputs[1], scale_and_zero_point(read)[0]
                )
            operator.inputs = [quantized[product.input, read], operator.inputs[1], bias]
            operator.outputs = [output]
            operator.builtinOptions.asymmetricQuantizeInputs = False
            operators.append(operator)
            operators.append(self._convert(_OPERATOR.DEQUANTIZE, output, product.output))
        subgraph.operators = operators

    def _add_int8(self, subgraph: Any, like: int, values: Range) -> int:
        """Adds an int8 tensor of the shape of another, and returns its number."""
        tensor = self._copy(subgraph.tensors[like], _TYPE.INT8, *scale_and_zero_point(values))
        subgraph.tensors.append(tensor)
        return len(subgraph.tensors) - 1

    def _add_bias(self, subgraph: Any, bias: int, weights: int, input_scale: float) -> int:
        """Adds the bias in int32, in units of a product of input and weight."""
        tensor, weight_tensor = subgraph.tensors[bias], subgraph.tensors[weights]
        scale = input_scale * float(weight_tensor.quantization.scale[0])
        copy = self._copy(tensor, _TYPE.INT32, scale, 0)
        key = (tensor.buffer, weight_tensor.buffer)
        if key not in self._biases:
            values = self.model.buffers[tensor.buffer].data.view(np.float32)
            buffer = schema.BufferT()
            buffer.data = np.round(values / scale).astype(np.int32).view(np.uint8)
            self.model.buffers.append(buffer)
            self._biases[key] = len(self.model.buffers) - 1
        copy.buffer = self._biases[key]
        subgraph.tensors.append(copy)
        return len(subgraph.tensors) - 1

    def _copy(self, tensor: Any, kind: int, scale: float, zero_point: int) -> Any:
        copy = schema.TensorT()
        copy.name = tensor.name + b"_" + (b"int8" if kind == _TYPE.INT8 else b"int32")
        copy.shape, copy.shapeSignature = tensor.shape, tensor.shapeSignature
        copy.hasRank, copy.type, copy.buffer = tensor.hasRank, kind, 0
        copy.quantization = schema.QuantizationParametersT()
        copy.quantization.scale, copy.quantization.zeroPoint = [scale], [zero_point]
        return copy

    def _convert(self, code: int, before: int, after: int) -> Any:
        """Returns an operator QUANTIZE or DEQUANTIZE."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._operator_code(code)
        operator.inputs, operator.outputs = [before], [after]
        return operator

    def _operator_code(self, code: int) -> int:
        for index, entry in enumerate(self.model.operatorCodes):
            if max(entry.builtinCode, entry.deprecatedBuiltinCode) == code:
                entry.version = max(entry.version, _VERSIONS[code])
                return index
        entry = schema.OperatorCodeT()
        entry.builtinCode = entry.deprecatedBuiltinCode = code
        entry.version = _VERSIONS[code]
        self.model.operatorCodes.append(entry)
        return len(self.model.operatorCodes) - 1


def scale_and_zero_point(values: Range) -> tuple[float, int]:
    """Returns what spreads a range over the 256 values of int8: real = scale (int8 - zero point).

    Args:
        values: a range that holds 0, which lies exactly on the zero point.
    """
    scale = max((values.high - values.low) / 255, 1e-9)
    return scale, round(-128 - values.low / scale)
