import numpy as np
import pytest
from keras import ops

from s2s_keras.layers import AttentionDecoder, padding_bias
from tests.layers.layer_check import as_numpy, check_layer, random_array, randomize

B, S, T, E, H, M, A, O = 3, 5, 4, 2, 4, 6, 3, 7  # noqa: E741
BIAS = padding_bias(np.array([[4, 4, 4, 4, 4], [4, 4, 4, 0, 0], [4, 0, 0, 0, 0]], np.int32))
LAYERS = pytest.mark.parametrize("num_layers", [1, 2])


def build(decoder: AttentionDecoder) -> None:
    decoder.build((None, None, E), (None, None, M))


@pytest.fixture
def decoder(num_layers):
    layer = AttentionDecoder(H, A, O, num_layers)
    build(layer)
    randomize(layer)
    return layer


def sources(decoder: AttentionDecoder, count: int = B):
    """Returns memory, keys and bias of the first `count` sources."""
    memory = ops.convert_to_tensor(random_array(B, S, M)[:count])
    return memory, decoder.attention.project_memory(memory), BIAS[:count]


@LAYERS
def test_decoder_keeps_the_contract_of_a_layer(num_layers, tmp_path):
    def call(decoder, embedded, memory, summary):
        keys, state = decoder.attention.project_memory(memory), decoder.initial_state(summary)
        return decoder(embedded, memory, keys, ops.cast(BIAS, memory.dtype), state)

    check_layer(
        lambda: AttentionDecoder(H, A, O, num_layers),
        build,
        call,
        [random_array(B, T, E), random_array(B, S, M), random_array(B, M)],
        [(B, T, O)],
        tmp_path,
    )


@LAYERS
def test_call_equals_repeated_step(decoder, num_layers):
    embedded, source = random_array(B, T, E), sources(decoder)
    state = ops.convert_to_tensor(random_array(num_layers, B, H))
    whole = as_numpy(decoder(embedded, *source, state))[0]
    for t in range(T):
        output, state, weights = decoder.step(embedded[:, t], *source, state)
        np.testing.assert_allclose(whole[:, t], as_numpy(output)[0], atol=1e-5)
    assert state.shape == (num_layers, B, H)
    assert weights.shape == (B, S)


@LAYERS
def test_step_follows_its_equations(decoder, num_layers):
    embedded, state = random_array(B, E), random_array(num_layers, B, H)
    memory, keys, bias = sources(decoder)
    context, weights = decoder.attention(state[-1], keys, memory, bias)
    below, states = ops.concatenate([embedded, context], -1), []
    for cell, previous in zip(decoder.cells, state, strict=True):
        below = cell(cell.project(below), previous)
        states.append(below)
    output = decoder.output_layer(ops.concatenate([states[-1], context, embedded], -1))
    found = as_numpy(decoder.step(embedded, memory, keys, bias, ops.convert_to_tensor(state)))
    for x, y in zip(found, as_numpy([output, ops.stack(states), weights]), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


@LAYERS
def test_step_with_one_source_for_all_rows(decoder, num_layers):
    embedded, source = random_array(B, E), sources(decoder, 1)
    state = ops.convert_to_tensor(random_array(num_layers, B, H))
    shared = as_numpy(decoder.step(embedded, *source, state))
    repeated = as_numpy(decoder.step(embedded, *(ops.repeat(x, B, 0) for x in source), state))
    for x, y in zip(shared, repeated, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


@LAYERS
def test_initial_state_gives_each_layer_its_part_of_the_bridge(decoder, num_layers):
    summary = random_array(B, M)
    kernel, bias = as_numpy(decoder.bridge.weights)
    expected = np.tanh(summary @ kernel + bias).reshape(B, num_layers, H).swapaxes(0, 1)
    np.testing.assert_allclose(as_numpy(decoder.initial_state(summary))[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    "shapes", [((None, None, None), (None, None, M)), ((2, 3, E), (2, 3, None))]
)
def test_build_with_unknown_width_is_refused(shapes):
    with pytest.raises(ValueError, match="widths of embeddings and memory must be known"):
        AttentionDecoder(H, A, O).build(*shapes)
