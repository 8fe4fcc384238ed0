import numpy as np
import pytest
from keras import ops

from s2s_keras.layers import MASKED_SCORE, AdditiveAttention, padding_bias
from tests.layers.layer_check import as_numpy, check_layer, random_array, randomize

B, S, H, M, A = 4, 5, 3, 6, 2
NO_BIAS = np.zeros((B, S), np.float32)


def build(attention: AdditiveAttention) -> None:
    attention.build((None, H), (None, None, M))


def attend(attention, query, memory, bias):
    return attention(query, attention.project_memory(memory), memory, bias)


@pytest.fixture
def attention():
    layer = AdditiveAttention(A)
    build(layer)
    randomize(layer)
    return layer


def test_attention_keeps_the_contract_of_a_layer(tmp_path):
    inputs = [random_array(B, H), random_array(B, S, M), random_array(B, S)]
    check_layer(lambda: AdditiveAttention(A), build, attend, inputs, [(B, M), (B, S)], tmp_path)


def test_context_with_equal_scores_is_the_mean_of_the_memory(attention):
    attention.score_kernel.assign(np.zeros((A, 1)))
    memory = random_array(B, S, M)
    context, weights = as_numpy(attend(attention, random_array(B, H), memory, NO_BIAS))
    np.testing.assert_allclose(weights, np.full((B, S), 1 / S), atol=1e-6)
    np.testing.assert_allclose(context, memory.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("query", "memory", "scores"),
    [(0.0, (1.0, 0.0), (1.0, 0.0)), (1.0, (-1.0, 0.0), (0.0, 1.0)), (2.0, (-1.0, -2.0), (1, 0))],
)
def test_weights_with_scores_one_and_zero(query, memory, scores):
    attention = AdditiveAttention(1)
    attention.build((None, 1), (None, None, 1))
    attention.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.full((1, 1), 1 / np.tanh(1.0))])
    memory = np.reshape(np.float32(memory), (1, 2, 1))
    query = np.full((1, 1), query, np.float32)
    context, weights = as_numpy(attend(attention, query, memory, np.zeros((1, 2), np.float32)))
    expected = np.where(scores, np.e / (1 + np.e), 1 / (1 + np.e))
    np.testing.assert_allclose(weights[0], expected, atol=1e-6)
    np.testing.assert_allclose(context[0], expected @ memory[0], atol=1e-6)


def test_attention_follows_bahdanaus_equations(attention):
    query, memory, bias = random_array(B, H), random_array(B, S, M), random_array(B, S)
    w, u, v = as_numpy([attention.query_kernel, attention.memory_kernel, attention.score_kernel])
    for b, (context, alpha) in enumerate(
        zip(*as_numpy(attend(attention, query, memory, bias)), strict=True)
    ):
        e = [(np.tanh(query[b] @ w + memory[b, j] @ u) @ v)[0] + bias[b, j] for j in range(S)]
        expected = np.exp(e) / np.exp(e).sum()
        np.testing.assert_allclose(alpha, expected, atol=1e-6)
        np.testing.assert_allclose(context, expected @ memory[b], atol=1e-6)


def test_weights_at_padding_are_zero_and_rows_sum_to_one(attention):
    source_ids = np.array([[4, 5, 6, 7, 8], [4, 5, 0, 0, 0], [4, 0, 0, 0, 0], [9, 9, 9, 9, 0]])
    bias = padding_bias(source_ids)
    _, weights = as_numpy(attend(attention, random_array(B, H), random_array(B, S, M), bias))
    np.testing.assert_array_equal(weights == 0, source_ids == 0)
    np.testing.assert_allclose(weights.sum(axis=1), np.ones(B), atol=1e-6)


def test_attention_with_one_memory_for_all_queries(attention):
    query, memory, bias = random_array(B, H), random_array(1, S, M), random_array(1, S)
    shared = as_numpy(attend(attention, query, memory, bias))
    repeated = as_numpy(attend(attention, query, memory.repeat(B, 0), bias.repeat(B, 0)))
    assert np.ptp(shared[1], axis=0).min() > 1e-3  # queries do see different things
    for x, y in zip(shared, repeated, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_padding_bias_of_tokens_and_padding(dtype):
    bias = padding_bias(np.array([[4, 1, 0], [3, 0, 0]], np.int32), dtype)
    expected = np.array([[0, 0, MASKED_SCORE], [0, MASKED_SCORE, MASKED_SCORE]], dtype)
    np.testing.assert_array_equal(ops.convert_to_numpy(bias), expected, strict=True)
    assert np.isfinite(expected).all()
