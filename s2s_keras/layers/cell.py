"""What recurrent cells share: one projection for the inputs of all steps, one loop body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

__all__ = ["RecurrentCell"]


class RecurrentCell(keras.layers.Layer):
    """A recurrent cell whose inputs are projected before the loop.

    `project` computes W x + b for a whole sequence in one matrix product, `call` does the rest of a
    step: `recur`, one matrix product for all gates, and `advance`.

    Args:
        units: H, the width of the output and of each state.

    Call arguments:
        projected: float (B, gates * H), one time step of what `project` returned.
        states: `num_states` tensors, float (B, H).

    Returns:
        The new states in the same order; the first is the output.
    """

    gates: int
    """Gates of width H that one step computes."""
    num_states: int
    """Tensors that travel from step to step."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the kernels for inputs of shape (..., input width)."""
        width = self.gates * self.units
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], width), initializer="glorot_uniform"
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, width), initializer=_orthogonal_gates
        )

    @property
    def input_bias(self) -> Any:
        """The bias, float (gates * H,), that belongs to the inputs' projection."""
        raise NotImplementedError

    def project(self, inputs: Any) -> Any:
        """Returns W x + b: float (..., gates * H) for inputs float (..., input width)."""
        return ops.matmul(inputs, self.kernel) + self.input_bias

    def recur(self, output: Any) -> Any:
        """Returns what the output of the step before adds: float (B, gates * H), for (B, H)."""
        return ops.matmul(output, self.recurrent_kernel)

    def advance(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """Returns the new states; here no weights are read, so rows may be of several cells.

        Args:
            projected: float (B, gates * H), one time step of what `project` returned.
            recurrent: float (B, gates * H), what `recur` returned.
            states: `num_states` tensors, float (B, H).
        """
        raise NotImplementedError

    def call(self, projected: Any, states: Sequence[Any]) -> list[Any]:
        """Advances one step; see the class."""
        return self.advance(projected, self.recur(states[0]), states)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}


def _orthogonal_gates(shape: tuple[int, int], dtype: Any = None) -> Any:
    """Gives each gate an orthogonal matrix of its own."""
    units = shape[0]
    orthogonal = keras.initializers.Orthogonal
    gates = [orthogonal()((units, units), dtype=dtype) for _ in range(shape[1] // units)]
    return ops.concatenate(gates, axis=1)
