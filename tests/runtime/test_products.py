from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.runtime import read_artifact
from s2s_keras.runtime.graph import signature_subgraphs
from s2s_keras.runtime.products import matrix_products, step_constant_bytes

from .graphs import convert

TABLE = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
MATRIX = np.random.default_rng(1).normal(size=(8, 16)).astype(np.float32)
TOKENS = tf.TensorSpec((3,), tf.int32)


@pytest.mark.parametrize(("name", "signature"), [("int8", "encode"), ("stateful", "start")])
def test_products_of_a_loop_count_once_a_token(
    tiny_files: dict[str, Path], name: str, signature: str
) -> None:
    graph = read_artifact(tiny_files[name]).graph
    subgraph = signature_subgraphs(graph)[signature]
    products = matrix_products(graph, subgraph, 7)
    inside = [product for product in products if product.operator.subgraph != subgraph]
    assert len(inside) == 2  # the recurrent products of both directions
    assert {product.times for product in inside} == {7}
    # Both projections of the inputs, the keys, and the decoder's first state.
    assert [product.times for product in products if product not in inside] == [1] * 4


def test_products_of_a_loop_in_a_loop_count_for_both() -> None:
    def nested(x: tf.Tensor) -> tf.Tensor:
        def inner(_: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
            return tf.while_loop(lambda j, _: j < 2, lambda j, z: [j + 1, z @ SQUARE], [0, y])

        return tf.while_loop(lambda i, _: i < 2, lambda i, y: [i + 1, inner(i, y)[1]], [0, x])[1]

    graph = convert(nested, (2, 8))
    assert [product.times for product in matrix_products(graph, 0, 5)] == [25]


SQUARE = np.random.default_rng(2).normal(size=(8, 8)).astype(np.float32)


def test_products_of_a_step_name_their_factors(tiny_files: dict[str, Path]) -> None:
    graph = read_artifact(tiny_files["float32"]).graph
    products = matrix_products(graph, signature_subgraphs(graph)["decode_step"], 8)
    labels = [product.label for product in products]
    assert "BATCH_MATMUL 1x3x8 float32 · 1x8x64 float32" in labels
    assert {product.times for product in products} == {1}


def test_products_alike_have_one_key(tiny_files: dict[str, Path]) -> None:
    graph = read_artifact(tiny_files["int8"]).graph
    short, long = (
        matrix_products(graph, signature_subgraphs(graph)[name], 4)
        for name in ("decode_step_s4", "decode_step")
    )
    shared = {product.key for product in short} & {product.key for product in long}
    assert len(short) == len(long)
    # Only what is as long as the source differs: the scores and the context.
    assert len(shared) == len({product.key for product in long}) - 2


def test_constant_bytes_of_a_lookup_are_its_rows() -> None:
    graph = convert(lambda ids: tf.matmul(tf.gather(TABLE, ids), MATRIX), TOKENS)
    assert step_constant_bytes(graph, 0) == 3 * 8 * 4 + 16 * 8 * 4


def test_constant_bytes_of_a_table_that_a_product_reads_too_count_once() -> None:
    graph = convert(lambda ids: tf.matmul(tf.gather(TABLE, ids), TABLE, transpose_b=True), TOKENS)
    assert step_constant_bytes(graph, 0) == 50 * 8 * 4
