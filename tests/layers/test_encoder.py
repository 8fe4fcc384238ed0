import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.layers import DIRECTIONS, Encoder
from s2s_keras.layers.cudnn import takes_cudnn
from tests.layers.cases import random_array
from tests.layers.layer_check import as_numpy, randomize

B, S, E, H = 3, 5, 2, 4
NO_PADDING = np.ones((B, S), bool)
LENGTHS = np.array([5, 3, 1])
MASK = np.arange(S) < LENGTHS[:, None]


def built_encoder(**options) -> Encoder:
    encoder = Encoder(H, **options)
    encoder.build((None, None, E))
    randomize(encoder)
    return encoder


def keras_encoder(encoder: Encoder, inputs: np.ndarray) -> list[np.ndarray]:
    """Returns memory and last states as Keras's own layers compute them."""
    layer_class = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[encoder.cell]
    outputs, last_states = inputs, []
    cells = iter(encoder.cells)
    for index in range(encoder.num_layers):
        parts, states = [], []
        for way in DIRECTIONS[encoder.direction]:
            backward = way == "backward"
            reference = layer_class(
                H, return_sequences=True, return_state=True, go_backwards=backward
            )
            reference.build(outputs.shape)
            reference.set_weights(next(cells).get_weights())
            part, *last = as_numpy(reference(outputs))
            parts.append(part[:, ::-1] if backward else part)
            states.append(last)
        below, outputs = outputs, np.concatenate(parts, axis=-1)
        if encoder.residual and index > 0:
            outputs = outputs + below
        last_states += [np.concatenate(kind, axis=-1) for kind in zip(*states, strict=True)]
    return [outputs, np.stack(last_states)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize(("num_layers", "residual"), [(1, False), (3, False), (3, True)])
def test_encoder_equals_keras_layers_with_copied_weights(direction, cell, num_layers, residual):
    encoder = built_encoder(
        num_layers=num_layers, cell=cell, direction=direction, residual=residual
    )
    inputs = random_array(B, S, E)
    found = as_numpy(encoder(inputs, NO_PADDING))
    for x, y in zip(found, keras_encoder(encoder, inputs), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_encoder_with_padding_equals_each_sentence_alone(direction):
    encoder = built_encoder(num_layers=2, direction=direction)
    inputs = random_array(B, S, E)
    memory, last_states = as_numpy(encoder(inputs, MASK))
    for b, length in enumerate(LENGTHS):
        alone = as_numpy(encoder(inputs[b : b + 1, :length], NO_PADDING[:1, :length]))
        np.testing.assert_allclose(memory[b, :length], alone[0][0], atol=1e-6)
        np.testing.assert_allclose(last_states[:, b], alone[1][:, 0], atol=1e-6)


def test_backward_is_the_reversed_source():
    """Sutskever's reversal, with each memory at the place of its token."""
    backward = built_encoder(direction="backward")
    forward = built_encoder(direction="forward")
    inputs = random_array(B, S, E)
    memory, last_states = as_numpy(backward(inputs, MASK))
    for b, length in enumerate(LENGTHS):
        reversed_inputs = inputs[b : b + 1, :length][:, ::-1]
        expected = as_numpy(forward(reversed_inputs))
        np.testing.assert_allclose(memory[b, :length], expected[0][0, ::-1], atol=1e-6)
        np.testing.assert_allclose(last_states[:, b], expected[1][:, 0], atol=1e-6)


def test_mask_of_an_embedding_is_taken():
    encoder = built_encoder()
    embedding = keras.layers.Embedding(6, E, mask_zero=True)
    ids = np.array([[4, 5, 3, 0, 0], [1, 0, 0, 0, 0]])
    given = as_numpy(encoder(np.array(embedding(ids)), ids != 0))
    for x, y in zip(as_numpy(encoder(embedding(ids))), given, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


def test_last_states_are_those_of_each_direction():
    memory, last_states = as_numpy(built_encoder(num_layers=2)(random_array(B, S, E)))
    np.testing.assert_allclose(last_states[-1, :, :H], memory[:, -1, :H], atol=1e-6)
    np.testing.assert_allclose(last_states[-1, :, H:], memory[:, 0, H:], atol=1e-6)


@pytest.mark.parametrize(
    ("num_layers", "training", "changes"),
    [(2, True, True), (2, False, False), (1, True, False)],
    ids=["between layers", "not in inference", "not with one layer"],
)
def test_dropout_acts_between_layers_in_training(num_layers, training, changes):
    inputs = random_array(B, S, E)
    plain = as_numpy(built_encoder(num_layers=num_layers)(inputs, NO_PADDING))[0]
    dropping = built_encoder(num_layers=num_layers, dropout=0.5)
    dropped = as_numpy(dropping(inputs, NO_PADDING, training=training))[0]
    assert changes == (np.abs(dropped - plain).max() > 1e-3)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_encoder_by_the_layers_that_cudnn_runs_equals_the_loop(monkeypatch, direction, cell):
    """Without a GPU these layers run a loop of Keras's; weights, turns and states are the same."""
    loop = built_encoder(num_layers=2, cell=cell, direction=direction)
    monkeypatch.setattr("s2s_keras.layers.encoder.takes_cudnn", lambda: True)
    by_layers = built_encoder(num_layers=2, cell=cell, direction=direction)
    assert by_layers.uses_cudnn
    assert not loop.uses_cudnn
    shapes = [weight.shape for weight in loop.weights]
    assert [weight.shape for weight in by_layers.weights] == shapes
    by_layers.set_weights(loop.get_weights())
    inputs = random_array(B, S, E)

    def run(encoder: Encoder) -> list[np.ndarray]:
        with tf.GradientTape() as tape:
            memory, states = tf.function(encoder)(inputs, MASK)
            memory = memory * MASK[..., None]
            loss = tf.reduce_sum(memory**2) + tf.reduce_sum(states**2)
        return as_numpy([memory, states, *tape.gradient(loss, encoder.trainable_variables)])

    for x, y in zip(run(by_layers), run(loop), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)


def test_cudnn_needs_tensorflow_and_a_gpu(monkeypatch):
    devices = {"gpu": ["gpu:0"]}
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: devices[kind])
    assert takes_cudnn()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert not takes_cudnn()
    monkeypatch.undo()
    assert not takes_cudnn()
