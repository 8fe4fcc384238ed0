import keras
import numpy as np
import pytest

from s2s_keras.layers import GRUCell
from tests.layers.layer_check import as_numpy, check_layer, random_array, randomize

SHUT, OPEN = -100.0, 100.0  # as a gate's bias


def built_cell(units: int = 3, width: int = 2) -> GRUCell:
    cell = GRUCell(units)
    cell.build((None, width))
    randomize(cell)
    return cell


def advance(cell: GRUCell, inputs: np.ndarray, state: np.ndarray) -> np.ndarray:
    return as_numpy(cell(cell.project(inputs), state))[0]


def test_gru_cell_keeps_the_contract_of_a_layer(tmp_path):
    check_layer(
        lambda: GRUCell(3),
        lambda cell: cell.build((None, 2)),
        lambda cell, inputs, state: cell(cell.project(inputs), state),
        [random_array(4, 2), random_array(4, 3)],
        [(4, 3)],
        tmp_path,
    )


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
    cell = built_cell(units=1, width=1)
    cell.set_weights(
        [
            np.array([[0.0, 0.0, 2.0]]),
            np.array([[0.0, 0.0, 3.0]]),
            np.array([[update_bias, 0.0, 0.125], [0.0, reset_bias, 0.75]]),
        ]
    )
    new_state = advance(cell, np.array([[0.25]], np.float32), np.array([[0.5]], np.float32))
    np.testing.assert_allclose(new_state, [[expected]], atol=1e-6)


def test_gru_cell_follows_its_equations():
    cell = built_cell()
    x, h = random_array(4, 2), random_array(4, 3)
    kernel, recurrent_kernel, (b, c) = as_numpy(cell.weights)
    w_z, w_r, w_n = np.split(x @ kernel + b, 3, axis=1)
    u_z, u_r, u_n = np.split(h @ recurrent_kernel + c, 3, axis=1)
    z, r = (1 / (1 + np.exp(-a)) for a in (w_z + u_z, w_r + u_r))
    expected = z * h + (1 - z) * np.tanh(w_n + r * u_n)
    np.testing.assert_allclose(advance(cell, x, h), expected, atol=1e-6)


def test_gru_cell_equals_keras_gru_with_copied_weights():
    cell = built_cell()
    inputs, state = random_array(4, 6, 2), random_array(4, 3)
    reference = keras.layers.GRU(3, reset_after=True, return_sequences=True)
    reference.build(inputs.shape)
    reference.set_weights(cell.get_weights())
    expected = as_numpy(reference(inputs, initial_state=state))[0]
    for t in range(inputs.shape[1]):
        state = advance(cell, inputs[:, t], state)
        np.testing.assert_allclose(state, expected[:, t], atol=1e-5)


def test_project_of_a_sequence_equals_each_step():
    cell = built_cell()
    inputs = random_array(4, 6, 2)
    whole = as_numpy(cell.project(inputs))[0]
    assert whole.shape == (4, 6, 9)
    steps = [as_numpy(cell.project(inputs[:, t]))[0] for t in range(6)]
    np.testing.assert_allclose(whole, np.stack(steps, 1), atol=1e-6)


def test_recurrent_kernel_starts_with_an_orthogonal_matrix_for_each_gate():
    cell = GRUCell(4)
    cell.build((None, 2))
    gates = np.split(as_numpy(cell.recurrent_kernel)[0], 3, axis=1)
    for gate in gates:
        np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-5)
    assert not np.allclose(gates[0], gates[1])
