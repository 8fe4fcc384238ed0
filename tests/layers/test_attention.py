import keras
import numpy as np
import pytest
from keras import ops

from s2s_keras.layers import MASKED_SCORE, SCORES, Attention, padding_bias
from tests.layers.cases import random_array
from tests.layers.layer_check import as_numpy, randomize

B, S, T, H, M, A = 4, 5, 3, 3, 6, 2
# The example that textbooks compute by hand.
Q = np.array([[1, 0, 1], [0, 1, 0]], np.float32)
K = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], np.float32)
V = np.array([[1, 2], [3, 0], [0, 1]], np.float32)


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def make_attention(score="additive", window=None, query_size=H, memory_size=M) -> Attention:
    attention = Attention(score, A if score in ("additive", "concat") else None, window)
    attention.build((None, None, query_size), (None, None, memory_size))
    if attention.weights:
        randomize(attention)
    return attention


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("window", [None, 2])
@pytest.mark.parametrize("score", SCORES)
def test_standard_check_of_every_score(score, window, batched):
    attention = make_attention(score, window, query_size=3, memory_size=3)
    inputs = [x[None] for x in (Q, K, V)] if batched else [Q, K, V]
    for mask in (None, np.array([True, True, False])):
        given = mask if mask is None or not batched else mask[None]
        context, weights = (x.reshape(x.shape[-2:]) for x in as_numpy(attention(*inputs, given)))
        assert context.shape == (2, 2)
        assert weights.shape == (2, 3)
        np.testing.assert_allclose(weights.sum(axis=1), [1, 1], atol=1e-6)
        np.testing.assert_allclose(context, weights @ V, atol=1e-6)
        if mask is not None:
            assert (np.round(weights, 6)[:, ~mask] == 0).all()


def test_dot_and_scaled_dot_by_hand():
    scores = np.array([[1, 1, 2], [1, 1, 0]])
    for name, scale in (("dot", 1.0), ("scaled_dot", 3**-0.5)):
        attention = make_attention(name, query_size=3, memory_size=3)
        context, weights = as_numpy(attention(Q, K, V))
        np.testing.assert_allclose(weights, softmax(scale * scores), atol=1e-6)
        np.testing.assert_allclose(context, softmax(scale * scores) @ V, atol=1e-6)


def scores_by_the_paper(attention, query, memory):
    """Returns e_tj of one query and one memory vector."""
    layer = attention.score_layer
    weights = as_numpy(layer.weights)
    match attention.score:
        case "dot":
            return query @ memory
        case "scaled_dot":
            return query @ memory / np.sqrt(len(query))
        case "general":
            return query @ (memory @ weights[0])
        case "additive":
            return (np.tanh(query @ weights[0] + memory @ weights[1]) @ weights[2])[0]
        case "concat":
            return (np.tanh(np.concatenate([query, memory]) @ weights[0]) @ weights[1])[0]


@pytest.mark.parametrize("score", SCORES)
def test_scores_follow_their_equations(score):
    width = M if SCORES[score].has_keys else H
    attention = make_attention(score, memory_size=width)
    query, memory = random_array(B, T, H), random_array(B, S, width)
    _, weights = as_numpy(attention(query, memory, memory))
    for b in range(B):
        expected = [[scores_by_the_paper(attention, q, m) for m in memory[b]] for q in query[b]]
        np.testing.assert_allclose(weights[b], softmax(np.array(expected)), atol=1e-5)


@pytest.mark.parametrize(
    ("query", "memory", "scores"),
    [(0.0, (1.0, 0.0), (1.0, 0.0)), (1.0, (-1.0, 0.0), (0.0, 1.0)), (2.0, (-1.0, -2.0), (1, 0))],
)
def test_weights_with_scores_one_and_zero(query, memory, scores):
    attention = Attention("additive", 1)
    attention.build((None, None, 1), (None, None, 1))
    attention.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.full((1, 1), 1 / np.tanh(1.0))])
    memory = np.reshape(np.float32(memory), (2, 1))
    _, weights = as_numpy(attention(np.full((1, 1), query, np.float32), memory, memory))
    expected = np.where(scores, np.e / (1 + np.e), 1 / (1 + np.e))
    np.testing.assert_allclose(weights[0], expected, atol=1e-6)


@pytest.mark.parametrize("window", [1, 2])
def test_window_follows_luongs_equations(window):
    attention = make_attention("general", window)
    query, memory = random_array(B, T, H), random_array(B, S, M)
    lengths = np.array([5, 4, 2, 1])
    mask = np.arange(S) < lengths[:, None]
    _, weights = as_numpy(attention(query, memory, memory, mask))
    kernel, position_kernel, position_score_kernel = as_numpy(
        [attention.score_layer.kernel, attention.position_kernel, attention.position_score_kernel]
    )
    for b, length in enumerate(lengths):
        for t in range(T):
            hidden = np.tanh(query[b, t] @ position_kernel) @ position_score_kernel
            center = length / (1 + np.exp(-hidden[0]))
            distance = np.arange(length) - center
            aligned = np.exp(memory[b, :length] @ kernel @ query[b, t])
            expected = aligned * np.exp(-(distance**2) / (2 * (window / 2) ** 2))
            expected[np.abs(distance) > window] = 0
            expected /= expected.sum()
            np.testing.assert_allclose(weights[b, t, :length], expected, atol=1e-5)
            np.testing.assert_array_equal(weights[b, t, length:], 0)


def test_gradient_reaches_the_predicted_position():
    attention = make_attention("dot", 3, memory_size=H)
    before = as_numpy(attention.position_kernel)[0]
    inputs = [keras.Input((None, H)), keras.Input((None, H))]
    model = keras.Model(inputs, attention(*inputs, inputs[1])[0])
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    model.train_on_batch([random_array(B, T, H), random_array(B, S, H)], random_array(B, T, H))
    assert np.abs(as_numpy(attention.position_kernel)[0] - before).max() > 1e-4


def test_weights_at_padding_are_zero_and_rows_sum_to_one():
    attention = make_attention()
    source_ids = np.array([[4, 5, 6, 7, 8], [4, 5, 0, 0, 0], [4, 0, 0, 0, 0], [9, 9, 9, 9, 0]])
    memory = random_array(B, S, M)
    keys = attention.project_keys(memory)
    _, weights = as_numpy(
        attention.attend(random_array(B, T, H), keys, memory, padding_bias(source_ids))
    )
    np.testing.assert_array_equal(weights == 0, np.repeat(source_ids[:, None] == 0, T, axis=1))
    np.testing.assert_allclose(weights.sum(axis=-1), np.ones((B, T)), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_padding_bias_of_tokens_and_padding(dtype):
    bias = padding_bias(np.array([[4, 1, 0], [3, 0, 0]], np.int32), dtype)
    expected = np.array([[0, 0, MASKED_SCORE], [0, MASKED_SCORE, MASKED_SCORE]], dtype)
    np.testing.assert_array_equal(ops.convert_to_numpy(bias), expected, strict=True)
    assert np.isfinite(expected).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cosine",), "`score` must be one of.*scaled_dot.*Received: score='cosine'"),
        (("additive",), "`units` is needed by the score 'additive'. Received: units=None"),
        (("dot", 3), "`units` means nothing to the score 'dot'. Received: units=3"),
        (("dot", None, 0), "`window` must be at least 1 token. Received: window=0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Attention(*arguments)


@pytest.mark.parametrize("score", ["dot", "scaled_dot"])
def test_dot_scores_of_unequal_widths_are_refused(score):
    with pytest.raises(ValueError, match="as wide as the memory.*general.*Received: 3 and 6"):
        Attention(score).build((None, None, 3), (None, None, 6))


def test_concat_of_unknown_width_is_refused():
    with pytest.raises(ValueError, match="widths of query and memory must be known"):
        Attention("concat", A).build((None, None, None), (None, None, M))
