from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tflite
from numpy.typing import NDArray

from s2s_keras.runtime import find_interpreter, read_artifact
from s2s_keras.runtime.graph import (
    OperatorInfo,
    TensorInfo,
    operator_options,
    operators,
    signature_subgraphs,
)
from s2s_keras.runtime.products import Product, matrix_products
from s2s_keras.runtime.single_operator import single_operator

from .graphs import convert


def products_of(graph: bytes) -> list[Product]:
    """One product of each kind that the signatures hold."""
    found = [
        product
        for subgraph in signature_subgraphs(graph).values()
        for product in matrix_products(graph, subgraph, 1)
    ]
    return list({product.key: product for product in found}.values())


def run_bare(graph: bytes, operator: OperatorInfo) -> tuple[list[NDArray[Any]], NDArray[Any]]:
    """Runs the bare graph on random inputs; returns them and the output."""
    interpreter = find_interpreter()(model_content=single_operator(graph, operator))
    interpreter.allocate_tensors()
    generator = np.random.default_rng(3)
    inputs = []
    for detail in interpreter.get_input_details():
        inputs.append(generator.normal(size=detail["shape"]).astype(detail["dtype"]))
        interpreter.set_tensor(detail["index"], inputs[-1])
    interpreter.invoke()
    [detail] = interpreter.get_output_details()
    return inputs, interpreter.get_tensor(detail["index"])


def weights(graph: bytes, operator: OperatorInfo, tensor: TensorInfo) -> NDArray[np.float32]:
    """The constant of the file, dequantised."""
    model = tflite.Model.GetRootAsModel(graph, 0)
    content = bytes(model.Buffers(tensor.buffer).DataAsNumpy())
    values = np.frombuffer(content, tensor.dtype).reshape(tensor.shape).astype(np.float32)
    if tensor.dtype == "int8":
        original = model.Subgraphs(operator.subgraph).Tensors(tensor.index)
        values = values * original.Quantization().Scale(0)
    return values


def expected_product(
    graph: bytes, operator: OperatorInfo, inputs: list[NDArray[Any]]
) -> NDArray[np.float32]:
    """The product by NumPy, of the file's constants and the inputs."""
    left, right = inputs[0], operator.inputs[1]
    assert right is not None
    factor = weights(graph, operator, right) if right.size_bytes else inputs[1]
    if operator.name == "BATCH_MATMUL":
        _, options = operator_options(graph, operator)
        assert not options["AdjX"]
        return left @ (np.swapaxes(factor, -1, -2) if options["AdjY"] else factor)
    product = left.reshape(-1, factor.shape[1]) @ factor.T
    if len(operator.inputs) > 2 and operator.inputs[2] is not None:
        product = product + weights(graph, operator, operator.inputs[2])
    return product.reshape(operator.outputs[0].shape)


def test_bare_float32_products_are_those_of_numpy(tiny_files: dict[str, Path]) -> None:
    graph = read_artifact(tiny_files["float32"]).graph
    products = products_of(graph)
    assert {product.operator.name for product in products} == {"FULLY_CONNECTED", "BATCH_MATMUL"}
    for product in products:
        inputs, found = run_bare(graph, product.operator)
        expected = expected_product(graph, product.operator, inputs)
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=product.label)
        assert np.abs(found).max() > 1e-3


@pytest.mark.parametrize("name", ["int8", "stateful"])
def test_bare_int8_products_lie_within_the_rounding_of_their_inputs(
    tiny_files: dict[str, Path], name: str
) -> None:
    graph = read_artifact(tiny_files[name]).graph
    products = [p for p in products_of(graph) if "int8" in p.label]
    assert len(products) > 4
    for product in products:
        inputs, found = run_bare(graph, product.operator)
        expected = expected_product(graph, product.operator, inputs)
        factor = weights(graph, product.operator, product.operator.inputs[1])
        # An input is one of 255 values between its row's smallest and largest, or around 0.
        step = 2 * np.abs(inputs[0]).max() / 254
        bound = step * np.abs(factor).sum(axis=1).max()
        assert np.abs(found - expected).max() <= bound, product.label
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


def test_bare_operator_keeps_version_options_and_types(tiny_files: dict[str, Path]) -> None:
    graph = read_artifact(tiny_files["int8"]).graph
    for product in products_of(graph):
        bare = single_operator(graph, product.operator)
        [operator] = operators(bare, 0)
        assert (operator.name, operator.version) == (
            product.operator.name,
            product.operator.version,
        )
        assert operator_options(bare, operator) == operator_options(graph, product.operator)
        for found, original in zip(operator.inputs, product.operator.inputs, strict=True):
            assert (found is None) == (original is None)
            if found is not None and original is not None:
                assert (found.dtype, found.shape) == (original.dtype, original.shape)
                assert found.size_bytes == original.size_bytes


def test_bare_operator_of_a_float16_file_has_its_weights_in_float32() -> None:
    matrix = np.random.default_rng(1).normal(size=(40, 30)).astype(np.float32)
    graph = convert(lambda x: tf.matmul(x, matrix), (2, 40), float16=True)
    [operator] = [o for o in operators(graph, 0) if o.name == "FULLY_CONNECTED"]
    inputs, found = run_bare(graph, operator)
    assert len(inputs) == 1
    expected = inputs[0] @ matrix.astype(np.float16).astype(np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected - inputs[0] @ matrix).max() > 1e-4


def test_bare_operator_with_a_constant_on_the_left() -> None:
    matrix = np.random.default_rng(1).normal(size=(1, 5, 6)).astype(np.float32)
    graph = convert(lambda x: tf.matmul(matrix, x), (1, 6, 3))
    [operator] = [o for o in operators(graph, 0) if o.name == "BATCH_MATMUL"]
    inputs, found = run_bare(graph, operator)
    np.testing.assert_allclose(found, matrix @ inputs[0], atol=1e-5)


def test_bare_operator_whose_options_are_no_numbers_is_refused(
    tiny_files: dict[str, Path],
) -> None:
    buckets = convert(lambda x: tf.raw_ops.Bucketize(input=x, boundaries=[0.0, 1.0]), (4,))
    stateful = read_artifact(tiny_files["stateful"]).graph
    subgraph = signature_subgraphs(stateful)["step"]
    for graph, index, name in ((buckets, 0, "BUCKETIZE"), (stateful, subgraph, "VAR_HANDLE")):
        operator = next(o for o in operators(graph, index) if o.name == name)
        with pytest.raises(ValueError, match=f"must be single numbers. Received: {name}, whose"):
            single_operator(graph, operator)


def test_bare_operator_that_is_custom_is_refused() -> None:
    operator = OperatorInfo("CUSTOM", 1, "FlexErfinv", 0, 0, (), ())
    with pytest.raises(ValueError, match="must be builtin. Received: 'FlexErfinv'"):
        single_operator(b"", operator)
