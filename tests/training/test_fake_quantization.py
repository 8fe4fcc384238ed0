import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.layers import ScheduledSampling
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import fake_quantize, quantized_weights

TOKENIZER = CharacterTokenizer("abcdefgh")
INPUTS = {
    "source_ids": np.array([[4, 5, 6, 0], [5, 6, 7, 8]], np.int32),
    "target_ids": np.array([[6, 5, 4, 2], [8, 7, 6, 2]], np.int32),
}


def make_model(**options: object) -> Seq2Seq:
    keras.utils.set_random_seed(1)
    return Seq2Seq(TOKENIZER, TOKENIZER, embedding_size=8, units=34, **options)


def logits_of(model: Seq2Seq) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(INPUTS))


def test_fake_quantize_rounds_to_127_steps_on_each_side() -> None:
    weights = np.array([[1.27, -0.504], [0.006, 0.0]], np.float32)
    per_tensor = keras.ops.convert_to_numpy(fake_quantize(weights))
    np.testing.assert_allclose(per_tensor, [[1.27, -0.50], [0.01, 0.0]], atol=1e-6)
    per_channel = keras.ops.convert_to_numpy(fake_quantize(weights, is_per_channel=True))
    np.testing.assert_allclose(per_channel, [[1.27, -0.504], [0.01, 0.0]], atol=1e-6)
    np.testing.assert_array_equal(fake_quantize(np.zeros((2, 2), np.float32)), np.zeros((2, 2)))


@pytest.mark.parametrize("is_per_channel", [False, True])
def test_fake_quantize_has_the_gradient_of_its_input(is_per_channel: bool) -> None:
    weights = tf.Variable([[1.0, -0.3], [0.2, 0.7]])
    with tf.GradientTape() as tape:
        rounded = fake_quantize(weights, is_per_channel)
        loss = tf.reduce_sum(rounded * rounded)
    # Twice the rounded weights: the gradient is taken there, and passed on as it is.
    np.testing.assert_allclose(tape.gradient(loss, weights), 2 * rounded.numpy(), rtol=1e-6)


@pytest.mark.parametrize("is_per_channel", [False, True])
@pytest.mark.parametrize("tie_output", [False, True])
def test_quantized_weights_are_what_the_model_reads(is_per_channel: bool, tie_output: bool) -> None:
    model = make_model(tie_output=tie_output)
    plain, before = logits_of(model), model.get_weights()
    with quantized_weights(model, is_per_channel):
        read = logits_of(model)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert np.abs(read - plain).max() > 1e-4
    for weight in model.weights:  # by hand: all of the matrices above the size are kernels
        if weight.name.endswith("kernel") and np.prod(weight.shape) >= 1024:
            weight.assign(fake_quantize(weight.value, is_per_channel))
    np.testing.assert_allclose(logits_of(model), read, atol=1e-6)


def test_quantized_weights_keep_updates_of_other_variables() -> None:
    sampling = ScheduledSampling("linear", 0.5, 4, seed=1)
    model = make_model(dropout=0.5, scheduled_sampling=sampling)
    seeds = [v for v in model.non_trainable_variables if "seed" in v.path]
    before = [np.array(keras.ops.convert_to_numpy(seed)) for seed in seeds]
    with quantized_weights(model):
        model(INPUTS, training=True)
    assert float(sampling.steps) == 1.0
    after = [keras.ops.convert_to_numpy(seed) for seed in seeds]
    assert sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)) >= 2
