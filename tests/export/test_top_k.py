"""The largest of many are the same, in whichever way they are found."""

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.export.top_k import GROUP_SIZE, ROW_GROUP_SIZE, top_k, top_k_of_rows


def in_a_file(values: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Runs `top_k` in a `.tflite` graph: values, columns, and the graph's operators."""
    graph = tf.function(lambda x: top_k(x, k), autograph=False).get_concrete_function(
        tf.TensorSpec(values.shape)
    )
    content = tf.lite.TFLiteConverter.from_concrete_functions([graph]).convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    operators = [operator["op_name"] for operator in interpreter._get_ops_details()]
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    found = [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]
    return (*sorted(found, key=lambda x: x.dtype.kind), operators)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated.*:UserWarning")
@pytest.mark.parametrize(
    ("rows", "columns", "k", "stages"),
    [(1, 64, 5, 1), (4, 8_000, 8, 2), (4, 8_001, 8, 2), (1, 2_047, 5, 2), (3, 320, 10, 2)],
)
def test_top_k_finds_the_largest(rows: int, columns: int, k: int, stages: int) -> None:
    values = np.random.default_rng(columns).random((rows, columns)).astype(np.float32)
    # The largest of a row in one group, at its ends, and in the last column.
    values[0, :: -(-columns // GROUP_SIZE)] += 2
    values[-1, -1] += 3
    largest, places, operators = in_a_file(values, k)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, order)
    np.testing.assert_array_equal(largest, np.take_along_axis(values, order, axis=1))
    assert operators.count("TOPK_V2") == stages


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated.*:UserWarning")
def test_top_k_of_equal_values_takes_each_column_once() -> None:
    values = np.full((2, 1_000), 0.001, np.float32)
    values[1, 7] = 0.5
    largest, places, _ = in_a_file(values, 6)
    np.testing.assert_array_equal(largest, np.take_along_axis(values, places, axis=1))
    assert places[1, 0] == 7
    assert all(len(set(row)) == 6 for row in places.tolist())


@pytest.mark.parametrize(
    ("columns", "k"), [(20, 4), (8_000, 4), (8_001, 8), (2 * 5 * ROW_GROUP_SIZE, 5), (1_000, 1)]
)
def test_top_k_of_rows_takes_the_first_of_equal_values(columns: int, k: int) -> None:
    rng = np.random.default_rng(columns)
    values = rng.integers(0, 9, (7, columns)).astype(np.float32)
    values[0] = -np.inf
    values[1, -k:] = 10
    values[2] = 0
    graph = tf.function(
        lambda x: top_k_of_rows(x, k),
        input_signature=[tf.TensorSpec([None, columns])],
        autograph=False,
    )
    largest, places = graph(values)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, order)
    np.testing.assert_array_equal(largest, np.take_along_axis(values, order, axis=1))
    assert [tensor.shape for tensor in graph(values[:0])] == [(0, k)] * 2
