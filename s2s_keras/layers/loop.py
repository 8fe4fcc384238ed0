"""The loop over time that every layer shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

__all__ = ["run_loop"]


def run_loop(
    step: Callable[[list[Any], Any], list[Any]], carry: list[Any], inputs: Any
) -> tuple[list[Any], list[Any]]:
    """Runs `step` over time, and stacks what it carries.

    All that a step reads goes in as one tensor, and all that it puts out is carried: on TensorFlow,
    `keras.ops.scan` (3.15) fails on several inputs where the length is dynamic, and puts out
    nothing else.

    Args:
        step: takes what is carried and one time step of `inputs`, and returns what is carried on,
            in the same shapes and dtypes.
        carry: tensors (N, ...).
        inputs: (T, N, ...), time first.

    Returns:
        What is carried at the end, and, stacked, after every step: each (T, N, ...).
    """

    def body(carried: list[Any], at: Any) -> tuple[list[Any], list[Any]]:
        carried = step(carried, at)
        return carried, carried

    # On TensorFlow, `unroll` is how many steps may overlap: the gradients of the weights do.
    overlap = 32 if keras.backend.backend() == "tensorflow" else 1
    last, stacked = ops.scan(body, carry, inputs, unroll=overlap)
    return list(last), list(stacked)
