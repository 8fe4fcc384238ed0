import keras
import numpy as np
import pytest

from s2s_keras.layers import BidirectionalEncoder
from tests.layers.layer_check import as_numpy, check_layer, random_array, randomize

B, S, E, H = 3, 5, 2, 4
NO_PADDING = np.ones((B, S), bool)


def build(encoder: BidirectionalEncoder) -> None:
    encoder.build((None, None, E))


def built_encoder(num_layers: int = 1, dropout: float = 0.0) -> BidirectionalEncoder:
    encoder = BidirectionalEncoder(H, num_layers, dropout)
    build(encoder)
    randomize(encoder)
    return encoder


def keras_encoder(encoder: BidirectionalEncoder, inputs: np.ndarray) -> list[np.ndarray]:
    """Returns memory and summary as `keras.layers.Bidirectional` computes them."""
    outputs, states = inputs, []
    for forward, backward in zip(encoder.forward_cells, encoder.backward_cells, strict=True):
        gru = keras.layers.GRU(H, return_sequences=True, return_state=True)
        reference = keras.layers.Bidirectional(gru)
        reference.build(outputs.shape)
        reference.set_weights(forward.get_weights() + backward.get_weights())
        outputs, *states = as_numpy(reference(outputs))
    return [outputs, np.concatenate(states, axis=-1)]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_encoder_keeps_the_contract_of_a_layer(num_layers, tmp_path):
    mask = np.arange(S) < np.array([[5], [3], [1]])
    check_layer(
        lambda: BidirectionalEncoder(H, num_layers, dropout=0.25),
        build,
        lambda encoder, inputs: encoder(inputs, mask),
        [random_array(B, S, E)],
        [(B, S, 2 * H), (B, 2 * H)],
        tmp_path,
    )


@pytest.mark.parametrize("num_layers", [1, 3])
def test_encoder_equals_keras_bidirectional_with_copied_weights(num_layers):
    encoder, inputs = built_encoder(num_layers), random_array(B, S, E)
    found = as_numpy(encoder(inputs, NO_PADDING))
    for x, y in zip(found, keras_encoder(encoder, inputs), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_encoder_with_padding_equals_each_sentence_alone(num_layers):
    encoder, inputs = built_encoder(num_layers), random_array(B, S, E)
    lengths = [5, 3, 1]
    memory, summary = as_numpy(encoder(inputs, np.arange(S) < np.array(lengths)[:, None]))
    for b, length in enumerate(lengths):
        alone = as_numpy(encoder(inputs[b : b + 1, :length], NO_PADDING[:1, :length]))
        np.testing.assert_allclose(memory[b, :length], alone[0][0], atol=1e-6)
        np.testing.assert_allclose(summary[b], alone[1][0], atol=1e-6)


def test_summary_is_the_last_state_of_each_direction():
    memory, summary = as_numpy(built_encoder(2)(random_array(B, S, E), NO_PADDING))
    np.testing.assert_allclose(summary[:, :H], memory[:, -1, :H], atol=1e-6)
    np.testing.assert_allclose(summary[:, H:], memory[:, 0, H:], atol=1e-6)


@pytest.mark.parametrize(
    ("num_layers", "training", "changes"),
    [(2, True, True), (2, False, False), (1, True, False)],
    ids=["between layers", "not in inference", "not with one layer"],
)
def test_dropout_acts_between_layers_in_training(num_layers, training, changes):
    inputs = random_array(B, S, E)
    plain = as_numpy(built_encoder(num_layers)(inputs, NO_PADDING))[0]
    dropped = built_encoder(num_layers, dropout=0.5)(inputs, NO_PADDING, training=training)
    assert changes == (np.abs(as_numpy(dropped)[0] - plain).max() > 1e-3)
