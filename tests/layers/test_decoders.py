import numpy as np
import pytest
from keras import ops

from s2s_keras.layers import DECODERS, Maxout, Source, mask_bias
from tests.layers.cases import CASES, MASK, A, B, E, H, O, S, T, random_array
from tests.layers.layer_check import as_numpy, randomize

M = 6
NAMES = [name for name in CASES if name.split(",")[0] in DECODERS]


def built_decoder(name, memory_size=M, **options):
    decoder = DECODERS[name](H, O, **options)
    decoder.build((None, None, E), (None, None, memory_size))
    randomize(decoder)
    return decoder


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("name", NAMES)
def test_call_equals_repeated_step(name):
    """Also that what runs over the whole target at once is what a step computes."""
    case = CASES[name]
    decoder = case.make()
    case.build(decoder)
    randomize(decoder)
    embedded, memory, last_states = case.inputs
    whole = as_numpy(case.call(decoder, *case.inputs))[0]
    source = decoder.read(memory, last_states, mask_bias(MASK))
    state = decoder.first_state(last_states)
    shape = state.shape
    for t in range(T):
        output, state, weights = decoder.step(embedded[:, t], state, source)
        np.testing.assert_allclose(whole[:, t], as_numpy(output)[0], atol=1e-5)
        assert state.shape == shape
        if name.split(",")[0] in ("bahdanau", "luong"):
            np.testing.assert_allclose(ops.sum(weights, -1), np.ones(B), atol=1e-5)
            assert (ops.convert_to_numpy(weights)[~MASK] == 0).all()
        else:
            assert weights is None


@pytest.mark.parametrize("name", NAMES)
def test_step_of_several_hypotheses_a_source(name):
    """Rows n * 2 and n * 2 + 1 read source n."""
    case = CASES[name]
    decoder = case.make()
    case.build(decoder)
    randomize(decoder)
    _, memory, last_states = case.inputs
    bias = mask_bias(MASK)
    source = decoder.read(memory, last_states, bias)
    repeated = decoder.read(
        ops.repeat(memory, 2, 0), ops.repeat(last_states, 2, 1), ops.repeat(bias, 2, 0)
    )
    embedded = random_array(2 * B, E)
    state = ops.repeat(decoder.first_state(last_states), 2, axis=1)
    grouped = decoder.step(embedded, state, source)
    apart = decoder.step(embedded, state, repeated)
    for x, y in zip(as_numpy(grouped[:2]), as_numpy(apart[:2]), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)
    if grouped[2] is not None:
        np.testing.assert_allclose(*as_numpy([grouped[2], apart[2]]), atol=1e-5)


def first_step(decoder):
    """Returns y_0, s_0, memory, features, new state and weights of a decoder, in NumPy."""
    embedded, memory, last_states = (
        random_array(B, E),
        random_array(B, S, M),
        random_array(1, B, M),
    )
    source = decoder.read(memory, last_states, mask_bias(MASK))
    state = decoder.first_state(last_states)
    features, new_state, weights = decoder.step(embedded, state, source)
    weights = None if weights is None else as_numpy(weights)[0]
    return embedded, as_numpy(state)[0], memory, *as_numpy([features, new_state]), weights


def attend(decoder, query, memory):
    """Returns contexts and weights of queries (B, H) by the additive or the general score."""
    weights = as_numpy(decoder.attention.score_layer.weights)
    if decoder.score == "general":
        scores = np.einsum("bh,bsh->bs", query, memory @ weights[0])
    else:
        hidden = np.tanh((query @ weights[0])[:, None] + memory @ weights[1])
        scores = (hidden @ weights[2])[..., 0]
    alpha = softmax(np.where(MASK, scores, -1e4))
    return np.einsum("bs,bsm->bm", alpha, memory), alpha


def advance(decoder, embedded, state, extra=None):
    """Returns the new state of a decoder of one GRU layer."""
    cell = decoder.cells[0]
    inputs = as_numpy(cell.project(embedded))[0]
    if extra is not None:
        inputs = inputs + extra @ as_numpy(decoder.extra_kernel)[0]
    return as_numpy(cell(inputs, [state]))[0]


def test_bahdanau_follows_its_equations():
    decoder = built_decoder("bahdanau", attention_units=A, deep_output="maxout")
    embedded, state, memory, features, new_state, weights = first_step(decoder)
    context, alpha = attend(decoder, state[0], memory)  # the query is the previous state
    expected = advance(decoder, embedded, state[0], context)
    kernel, bias = as_numpy(decoder.output_layer.weights)
    linear = np.concatenate([expected, context, embedded], -1) @ kernel + bias
    np.testing.assert_allclose(new_state[0], expected, atol=1e-5)
    np.testing.assert_allclose(weights, alpha, atol=1e-5)
    np.testing.assert_allclose(features, np.maximum(linear[:, :O], linear[:, O:]), atol=1e-5)


def test_bahdanau_with_tanh_output():
    decoder = built_decoder("bahdanau", attention_units=A)
    embedded, state, memory, features, new_state, _ = first_step(decoder)
    context, _ = attend(decoder, state[0], memory)
    kernel, bias = as_numpy(decoder.output_layer.weights)
    linear = np.concatenate([new_state[0], context, embedded], -1) @ kernel + bias
    np.testing.assert_allclose(features, np.tanh(linear), atol=1e-5)


@pytest.mark.parametrize("input_feeding", [False, True])
def test_luong_follows_its_equations(input_feeding):
    decoder = built_decoder("luong", input_feeding=input_feeding)
    embedded, state, memory, features, new_state, weights = first_step(decoder)
    assert state.shape == (1 + input_feeding, B, H)
    fed = np.zeros((B, H)) if input_feeding else None
    expected = advance(decoder, embedded, state[0], fed)
    context, alpha = attend(decoder, expected, memory)  # the query is the current state
    attentional = np.tanh(
        np.concatenate([context, expected], -1) @ as_numpy(decoder.attentional_layer.kernel)[0]
    )
    np.testing.assert_allclose(new_state[0], expected, atol=1e-5)
    np.testing.assert_allclose(weights, alpha, atol=1e-5)
    kernel = as_numpy(decoder.output_layer.weights)[0]
    np.testing.assert_allclose(features, attentional @ kernel, atol=1e-5)
    if input_feeding:
        np.testing.assert_allclose(new_state[1], attentional, atol=1e-5)
        source = decoder.read(memory, random_array(1, B, M), mask_bias(MASK))
        second = decoder.step(embedded, ops.convert_to_tensor(new_state), source)[1]
        expected = advance(decoder, embedded, new_state[0], attentional)
        np.testing.assert_allclose(as_numpy(second)[0][0], expected, atol=1e-5)


def test_luong_without_projection_where_the_features_are_as_wide():
    decoder = DECODERS["luong"](H, H)
    decoder.build((None, None, E), (None, None, M))
    assert decoder.output_layer.weights == []


def test_cho_follows_its_equations():
    decoder = built_decoder("cho", deep_output="tanh")
    embedded, state, _, features, new_state, weights = first_step(decoder)
    context = random_array(1, B, M)[0]  # the encoder's last output
    expected = advance(decoder, embedded, state[0], context)
    kernel, bias = as_numpy(decoder.output_layer.weights)
    linear = np.concatenate([expected, context, embedded], -1) @ kernel + bias
    np.testing.assert_allclose(new_state[0], expected, atol=1e-5)
    np.testing.assert_allclose(features, np.tanh(linear), atol=1e-5)
    assert weights is None


def test_sutskever_follows_its_equations():
    decoder = built_decoder("sutskever")
    embedded, state, _, features, new_state, weights = first_step(decoder)
    expected = advance(decoder, embedded, state[0])
    np.testing.assert_allclose(new_state[0], expected, atol=1e-5)
    kernel = as_numpy(decoder.output_layer.kernel)[0]
    np.testing.assert_allclose(features, expected @ kernel, atol=1e-5)
    assert weights is None


def test_residual_adds_the_layer_below():
    decoder = built_decoder("sutskever", num_layers=3, residual=True)
    embedded, state = random_array(B, E), random_array(3, B, H)
    features, new_state, _ = as_numpy(
        [*decoder.step(embedded, ops.convert_to_tensor(state), Source())[:2], 0]
    )
    outputs = []
    for cell, previous in zip(decoder.cells, state, strict=True):
        below = sum(outputs) if outputs else embedded
        outputs.append(as_numpy(cell(cell.project(below), [previous]))[0])
    np.testing.assert_allclose(new_state, outputs, atol=1e-5)
    kernel = as_numpy(decoder.output_layer.kernel)[0]
    np.testing.assert_allclose(features, sum(outputs) @ kernel, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_dense_bridge_gives_each_state_its_part(cell):
    decoder = built_decoder("sutskever", num_layers=2, cell=cell)
    states = {"gru": 1, "lstm": 2}[cell]
    last_states = random_array(3 * states, B, M)
    kernel, bias = as_numpy(decoder.bridge_layer.weights)
    summary = last_states[-states]  # the top layer's output
    expected = np.tanh(summary @ kernel + bias).reshape(B, 2 * states, H).swapaxes(0, 1)
    np.testing.assert_allclose(as_numpy(decoder.first_state(last_states))[0], expected, atol=1e-6)


def test_copy_bridge_is_the_encoders_last_states():
    decoder = built_decoder(
        "luong", H, num_layers=2, cell="lstm", bridge="copy", input_feeding=True
    )
    last_states = random_array(4, B, H)
    state = as_numpy(decoder.first_state(last_states))[0]
    np.testing.assert_array_equal(state[:4], last_states)
    np.testing.assert_array_equal(state[4:], np.zeros((1, B, H)))


def test_copy_bridge_of_another_width_is_refused():
    with pytest.raises(ValueError, match="`bridge` 'copy' needs an encoder as wide.*6 and 4"):
        built_decoder("sutskever", bridge="copy")


@pytest.mark.parametrize(
    "shapes", [((None, None, None), (None, None, M)), ((2, 3, E), (2, 3, None))]
)
def test_build_with_unknown_width_is_refused(shapes):
    with pytest.raises(ValueError, match="widths of embeddings and memory must be known"):
        DECODERS["cho"](H, O).build(*shapes)


def test_unknown_bridge_is_refused():
    with pytest.raises(ValueError, match="`bridge` must be one of.*dense.*Received.*'zero'"):
        DECODERS["cho"](H, O, bridge="zero")


def test_unknown_deep_output_is_refused():
    with pytest.raises(ValueError, match="`deep_output` must be one of.*Received.*'relu'"):
        DECODERS["cho"](H, O, deep_output="relu")


def test_maxout_keeps_the_larger_half():
    layer = Maxout(2)
    layer.build((None, 1))
    layer.dense.set_weights([np.array([[1.0, -1.0, 2.0, 3.0]]), np.array([0.0, 0.0, 0.5, 0.0])])
    outputs = as_numpy(layer(np.array([[1.0], [-1.0]], np.float32)))[0]
    np.testing.assert_allclose(outputs, [[2.5, 3.0], [-1.0, 1.0]])
