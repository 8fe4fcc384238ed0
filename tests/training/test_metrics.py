import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings, greedy_search
from s2s_keras.keras_session import KerasSession
from s2s_keras.model import Seq2Seq
from s2s_keras.text import EOS_ID, UNK_ID, CharacterTokenizer, pad_ids
from s2s_keras.training import (
    ExactMatch,
    MaskedCrossentropy,
    NegativeLogLikelihood,
    TokenAccuracy,
)


def Smoothed(**kwargs) -> MaskedCrossentropy:
    return MaskedCrossentropy(label_smoothing=0.3, **kwargs)


# Three targets of 3, 1 and 2 tokens. The largest logits: all right, wrong, first right only.
Y_TRUE = np.array([[3, 1, 2], [2, 0, 0], [1, 2, 0]], np.int32)
BEST = np.array([[3, 1, 2], [3, 3, 3], [1, 3, 0]])
Y_PRED = 2.0 * np.eye(4, dtype=np.float32)[BEST]
RIGHT_NATS = np.log(np.e**2 + 3) - 2
WRONG_NATS = np.log(np.e**2 + 3)
METRICS = [NegativeLogLikelihood, TokenAccuracy, ExactMatch]
CLASSES = pytest.mark.parametrize("kind", [MaskedCrossentropy, Smoothed, *METRICS])


def value_of(kind: type, y_true=Y_TRUE, y_pred=Y_PRED) -> float:
    return float(kind()(y_true, y_pred))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MaskedCrossentropy, (4 * RIGHT_NATS + 2 * WRONG_NATS) / 6),
        (NegativeLogLikelihood, (4 * RIGHT_NATS + 2 * WRONG_NATS) / 6),
        # The mean of -log p over the vocabulary: one of four logits is 2, the others are 0.
        (Smoothed, (0.7 * (4 * RIGHT_NATS + 2 * WRONG_NATS) / 6) + 0.3 * (WRONG_NATS - 0.5)),
        (TokenAccuracy, 4 / 6),
        (ExactMatch, 1 / 3),
    ],
)
def test_value_of_three_targets(kind, expected):
    np.testing.assert_allclose(value_of(kind), expected, rtol=1e-6)


@CLASSES
@pytest.mark.parametrize("width", [1, 5])
def test_value_with_more_padding_is_the_same(kind, width):
    padding = [(0, 0), (0, width)]
    y_pred = np.pad(Y_PRED, [*padding, (0, 0)], constant_values=7.0)
    padded = value_of(kind, np.pad(Y_TRUE, padding), y_pred)
    np.testing.assert_allclose(padded, value_of(kind), rtol=1e-6)


@CLASSES
def test_value_hangs_on_no_logit_at_padding(kind):
    changed = Y_PRED.copy()
    changed[Y_TRUE == 0] = [-5, 9, 1, -3]
    assert value_of(kind, y_pred=changed) == value_of(kind)


def test_crossentropy_equals_the_mean_over_tokens():
    logits = np.random.default_rng(0).normal(size=Y_PRED.shape).astype(np.float32)
    nats = [
        np.log(np.exp(logits[b, t]).sum()) - logits[b, t, Y_TRUE[b, t]]
        for b, t in np.argwhere(Y_TRUE)
    ]
    np.testing.assert_allclose(value_of(MaskedCrossentropy, y_pred=logits), np.mean(nats), 1e-5)


@pytest.mark.parametrize("kind", METRICS)
def test_metric_of_two_batches_equals_that_of_one(kind):
    metric = kind()
    metric.update_state(Y_TRUE[:1], Y_PRED[:1])
    metric.update_state(Y_TRUE[1:, :2], Y_PRED[1:, :2])
    np.testing.assert_allclose(float(metric.result()), value_of(kind), rtol=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0


@CLASSES
def test_config_round_trip(kind):
    config = keras.saving.serialize_keras_object(kind(name="other"))
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(kind())
    assert copy.name == "other"
    assert keras.saving.serialize_keras_object(copy) == config
    assert float(copy(Y_TRUE, Y_PRED)) == value_of(kind)


def test_exact_match_equals_that_of_greedy_decoding():
    keras.utils.set_random_seed(5)
    tokenizers = CharacterTokenizer("abcd"), CharacterTokenizer("xy")
    model = Seq2Seq(*tokenizers, embedding_size=8, units=8, tie_output=False)
    for weight in model.trainable_weights:  # large enough that the outputs differ
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.5))
    source_ids = np.random.default_rng(0).integers(4, 8, (64, 5)).astype(np.int32)
    settings = DecodingSettings(beam_width=1, max_output_length=12)
    results = greedy_search(KerasSession(model), source_ids, settings)
    outputs = [hypothesis.token_ids for (hypothesis,) in results]
    targets = [_target_for(output, i) for i, output in enumerate(outputs)]
    expected = np.mean([x == y for x, y in zip(outputs, targets, strict=True)])
    assert 0.2 < expected < 0.8
    target_ids = pad_ids(targets, max(map(len, targets)))
    logits = model({"source_ids": source_ids, "target_ids": target_ids})
    np.testing.assert_allclose(value_of(ExactMatch, target_ids, logits), expected)


def _target_for(output: tuple[int, ...], i: int) -> tuple[int, ...]:
    """Returns in turn the output, the output with a letter more, and another text."""
    *letters, last = output
    is_text = last == EOS_ID and all(letter > UNK_ID for letter in letters)
    if not is_text or i % 3 == 2:
        return 4, 5, 4, EOS_ID
    return (*letters, *[5] * (i % 3), EOS_ID)


def test_token_accuracy_weighs_examples():
    target_ids = np.array([[4, 2], [5, 2]], np.int32)
    logits = keras.ops.one_hot(np.array([[4, 2], [4, 4]]), 6)
    metric = TokenAccuracy()
    metric.update_state(target_ids, logits, sample_weight=np.array([3.0, 1.0]))
    np.testing.assert_allclose(float(metric.result()), 3 / 4)


@pytest.mark.parametrize("kind", [MaskedCrossentropy, Smoothed, NegativeLogLikelihood])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_value_of_large_half_precision_logits_is_that_of_float32(kind, dtype):
    logits = keras.ops.cast(60000.0 * (Y_PRED - 1.0), dtype)
    expected = value_of(kind, y_pred=keras.ops.cast(logits, "float32"))
    assert 1000 < expected < np.inf
    np.testing.assert_allclose(value_of(kind, y_pred=logits), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [MaskedCrossentropy, Smoothed])
@pytest.mark.parametrize("weight", [np.array([2.0, 0.0, 1.0]), np.array([[2.0], [0.0], [1.0]])])
def test_crossentropy_weighs_examples(kind, weight):
    losses = [value_of(kind, Y_TRUE[i : i + 1], Y_PRED[i : i + 1]) for i in range(3)]
    weighed = float(kind()(Y_TRUE, Y_PRED, sample_weight=weight))
    np.testing.assert_allclose(weighed, (2 * 3 * losses[0] + 2 * losses[2]) / 6, rtol=1e-6)


def test_crossentropy_is_summed_where_asked():
    summed = float(MaskedCrossentropy(reduction="sum")(Y_TRUE, Y_PRED))
    np.testing.assert_allclose(summed, 4 * RIGHT_NATS + 2 * WRONG_NATS, rtol=1e-6)


@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_label_smoothing_out_of_range_raises(value):
    with pytest.raises(ValueError, match=f"less than 1. Received: label_smoothing={value}"):
        MaskedCrossentropy(label_smoothing=value)


def test_smoothed_crossentropy_is_least_at_the_smoothed_target():
    """The best logits are those of 1 - e + e / V for the true token and e / V for the others."""
    best = np.log(np.where(np.eye(4)[[[1]]] == 1, 0.7 + 0.3 / 4, 0.3 / 4)).astype(np.float32)
    least = value_of(Smoothed, np.array([[1]]), best)
    noise = np.random.default_rng(0).normal(scale=0.3, size=(20, 1, 1, 4)).astype(np.float32)
    assert all(value_of(Smoothed, np.array([[1]]), best + n) > least for n in noise)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("scale", [1.0, 60000.0])
def test_gradient_of_the_crossentropy_is_what_the_softmax_lacks(label_smoothing, scale):
    logits = tf.constant(scale * np.random.default_rng(0).normal(size=Y_PRED.shape), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = MaskedCrossentropy(label_smoothing)(Y_TRUE, logits)
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    softmax = exponentials / exponentials.sum(axis=-1, keepdims=True)
    wanted = (1 - label_smoothing) * np.eye(4)[Y_TRUE] + label_smoothing / 4
    expected = (softmax - wanted) * (Y_TRUE != 0)[..., None] / np.count_nonzero(Y_TRUE)
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, atol=1e-7)


def test_crossentropy_of_a_sure_logit_is_not_rounded_away():
    """The logits themselves are large, and what the loss adds to them is not."""
    nats = value_of(MaskedCrossentropy, np.array([[1]]), np.float32([[[1000.0, 1010.0, 990.0]]]))
    np.testing.assert_allclose(nats, np.log1p(np.exp(-10.0)), rtol=3e-3)
