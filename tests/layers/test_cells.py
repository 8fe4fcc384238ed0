import keras
import numpy as np
import pytest

from s2s_keras.layers import CELLS, GRUCell, LSTMCell
from tests.layers.cases import random_array
from tests.layers.layer_check import as_numpy, randomize

SHUT, OPEN = -100.0, 100.0  # as a gate's bias
REFERENCES = {
    "gru": lambda **options: keras.layers.GRU(3, reset_after=True, **options),
    "lstm": lambda **options: keras.layers.LSTM(3, **options),
}
NAMES = pytest.mark.parametrize("name", CELLS)


def built_cell(name, units: int = 3, width: int = 2):
    cell = CELLS[name](units)
    cell.build((None, width))
    randomize(cell)
    return cell


def advance(cell, inputs, *states):
    return as_numpy(cell(cell.project(inputs), list(states)))


@pytest.mark.parametrize(
    ("update_bias", "reset_bias", "expected"),
    [
        (OPEN, 0.0, 0.5),  # the state stays
        (SHUT, SHUT, np.tanh(2 * 0.25 + 0.125)),  # nothing of the state, c_n included
        (SHUT, OPEN, np.tanh(2 * 0.25 + 0.125 + 3 * 0.5 + 0.75)),
        (0.0, SHUT, 0.5 * 0.5 + 0.5 * np.tanh(2 * 0.25 + 0.125)),
    ],
    ids=["update open", "both shut", "reset open", "update half open"],
)
def test_gru_cell_with_gates_set_by_hand(update_bias, reset_bias, expected):
    cell = built_cell("gru", units=1, width=1)
    cell.set_weights(
        [
            np.array([[0.0, 0.0, 2.0]]),
            np.array([[0.0, 0.0, 3.0]]),
            np.array([[update_bias, 0.0, 0.125], [0.0, reset_bias, 0.75]]),
        ]
    )
    state = advance(cell, np.array([[0.25]], np.float32), np.array([[0.5]], np.float32))
    np.testing.assert_allclose(state, [[[expected]]], atol=1e-6)


@pytest.mark.parametrize(
    ("write", "forget", "read", "cell_state", "output"),
    [
        (SHUT, OPEN, OPEN, 0.5, np.tanh(0.5)),  # the cell stays
        (OPEN, SHUT, OPEN, np.tanh(0.75), np.tanh(np.tanh(0.75))),  # and is written anew
        (SHUT, SHUT, OPEN, 0.0, 0.0),
        (SHUT, OPEN, SHUT, 0.5, 0.0),  # unread
        (0.0, 0.0, 0.0, 0.25 + 0.5 * np.tanh(0.75), None),
    ],
    ids=["forget open", "write open", "both shut", "read shut", "all half open"],
)
def test_lstm_cell_with_gates_set_by_hand(write, forget, read, cell_state, output):
    cell = built_cell("lstm", units=1, width=1)
    cell.set_weights(
        [
            np.array([[0.0, 0.0, 2.0, 0.0]]),
            np.array([[0.0, 0.0, 3.0, 0.0]]),
            np.array([write, forget, 0.25, read]),
        ]
    )
    before = [np.array([[0.0]], np.float32), np.array([[0.5]], np.float32)]
    found = advance(cell, np.array([[0.25]], np.float32), *before)
    expected = 0.5 * np.tanh(cell_state) if output is None else output
    np.testing.assert_allclose(found, [[[expected]], [[cell_state]]], atol=1e-6)


def test_gru_cell_follows_its_equations():
    cell = built_cell("gru")
    x, h = random_array(4, 2), random_array(4, 3)
    kernel, recurrent_kernel, (b, c) = as_numpy(cell.weights)
    w_z, w_r, w_n = np.split(x @ kernel + b, 3, axis=1)
    u_z, u_r, u_n = np.split(h @ recurrent_kernel + c, 3, axis=1)
    z, r = (1 / (1 + np.exp(-a)) for a in (w_z + u_z, w_r + u_r))
    expected = z * h + (1 - z) * np.tanh(w_n + r * u_n)
    np.testing.assert_allclose(advance(cell, x, h), [expected], atol=1e-6)


@NAMES
def test_cell_equals_keras_layer_with_copied_weights(name):
    cell = built_cell(name)
    inputs = random_array(4, 6, 2)
    states = [random_array(4, 3, seed=i) for i in range(cell.num_states)]
    reference = REFERENCES[name](return_sequences=True)
    reference.build(inputs.shape)
    reference.set_weights(cell.get_weights())
    expected = as_numpy(reference(inputs, initial_state=states))[0]
    for t in range(inputs.shape[1]):
        states = advance(cell, inputs[:, t], *states)
        np.testing.assert_allclose(states[0], expected[:, t], atol=1e-5)


@NAMES
def test_project_of_a_sequence_equals_each_step(name):
    cell = built_cell(name)
    inputs = random_array(4, 6, 2)
    whole = as_numpy(cell.project(inputs))[0]
    assert whole.shape == (4, 6, 3 * cell.gates)
    steps = [as_numpy(cell.project(inputs[:, t]))[0] for t in range(6)]
    np.testing.assert_allclose(whole, np.stack(steps, 1), atol=1e-6)


@NAMES
def test_recurrent_kernel_starts_with_an_orthogonal_matrix_for_each_gate(name):
    cell = CELLS[name](4)
    cell.build((None, 2))
    gates = np.split(as_numpy(cell.recurrent_kernel)[0], cell.gates, axis=1)
    for gate in gates:
        np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-5)
    assert not np.allclose(gates[0], gates[1])


def test_lstm_starts_with_its_forget_gate_open():
    cell = LSTMCell(2)
    cell.build((None, 2))
    np.testing.assert_array_equal(as_numpy(cell.bias)[0], [0, 0, 1, 1, 0, 0, 0, 0])
    assert GRUCell.num_states == 1
