"""Scheduled sampling: from the true previous token to the model's own, token by token."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

__all__ = ["SCHEDULES", "ScheduledSampling"]

SCHEDULES = ("constant", "exponential", "inverse_sigmoid", "linear")
"""How the probability of the true token falls, by the names in a recipe."""


@keras.saving.register_keras_serializable(package="s2s_keras")
class ScheduledSampling(keras.layers.Layer):
    """Chooses, for each token, between the true previous token and one drawn from the model.

    At training step i the true token is taken with probability epsilon_i, which falls from 1 to
    e = 1 - `final_sampling_probability` over n = `decay_steps` and then stays:

        linear:           epsilon_i = max(e, 1 - (1 - e) i / n)
        exponential:      epsilon_i = max(e, k^i)                  with k such that k^n = e
        inverse sigmoid:  epsilon_i = max(e, k / (k + exp(i / k))) with k such that it is e at n
        constant:         epsilon_i = e

    The layer counts the steps itself, in a weight, so that it works on every backend and goes on
    where a training goes on.

    Args:
        schedule: one of `SCHEDULES`.
        final_sampling_probability: 1 - e, above 0 and at most 1; below 1 for `exponential` and
            `inverse_sigmoid`, whose epsilon never reaches 0.
        decay_steps: n, training steps, at least 1.
        seed: of the coins and of the draws.

    Call arguments:
        true_ids: int (B,), the true previous tokens.
        log_probs: float (B, V), what the model predicted for them, normalised or not.
        uniforms: float (B, 2), of `uniforms`.

    Returns:
        int (B,), the tokens to go on with.

    Raises:
        ValueError: an argument lies outside its range.

    Reference:
        Bengio et al. 2015, "Scheduled Sampling for Sequence Prediction with Recurrent Neural
        Networks", sections 2.3 and 2.4, where 1 - (1 - e) i / n is k - c i with k = 1.
    """

    def __init__(
        self,
        schedule: str = "linear",
        final_sampling_probability: float = 0.25,
        decay_steps: int = 1000,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check(schedule, final_sampling_probability, decay_steps)
        self.schedule = schedule
        self.final_sampling_probability = final_sampling_probability
        self.decay_steps = decay_steps
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._decay = _make_decay(schedule, 1.0 - final_sampling_probability, decay_steps)

    def build(self, input_shape: Any = None) -> None:
        """Makes the counter of steps."""
        self.steps = self.add_weight(
            name="steps",
            shape=(),
            dtype="float32",
            initializer="zeros",
            trainable=False,
            autocast=False,  # float16 counts to 2,048, and PyTorch would assign to a copy
        )

    def teacher_forcing_probability(self) -> Any:
        """Returns epsilon_i at the present step, a float32 scalar."""
        floor = 1.0 - self.final_sampling_probability
        return ops.maximum(floor, self._decay(ops.cast(self.steps, "float32")))

    def advance(self) -> None:
        """Counts a training step."""
        self.steps.assign(self.steps + 1.0)

    def uniforms(self, shape: tuple[Any, ...]) -> Any:
        """Draws what `call` needs for tokens of a shape: float32 (*shape, 2), 0 to 1.

        All at once, before the loop over the target: a loop has no place for a random state.
        """
        return keras.random.uniform((*shape, 2), seed=self.seed_generator)

    def call(self, true_ids: Any, log_probs: Any, uniforms: Any) -> Any:
        """Chooses; see the class."""
        probabilities = ops.softmax(ops.cast(log_probs, "float32"), axis=-1)
        below = ops.cumsum(probabilities, axis=-1) < uniforms[:, 1:]
        last = log_probs.shape[-1] - 1
        drawn = ops.minimum(ops.sum(ops.cast(below, true_ids.dtype), axis=-1), last)
        keep = uniforms[:, 0] < self.teacher_forcing_probability()
        return ops.where(keep, true_ids, ops.cast(drawn, true_ids.dtype))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "schedule": self.schedule,
            "final_sampling_probability": self.final_sampling_probability,
            "decay_steps": self.decay_steps,
            "seed": self.seed,
        }


def _check(schedule: str, final_sampling_probability: float, decay_steps: int) -> None:
    if schedule not in SCHEDULES:
        raise ValueError(
            f"`schedule` must be one of {sorted(SCHEDULES)}. Received: schedule={schedule!r}."
        )
    reaches_one = schedule in ("constant", "linear")
    if not 0 < final_sampling_probability <= 1 or (
        final_sampling_probability == 1 and not reaches_one
    ):
        raise ValueError(
            "`final_sampling_probability` must lie above 0 and "
            + ("be at most 1" if reaches_one else f"below 1 for the schedule {schedule!r}")
            + f". Received: final_sampling_probability={final_sampling_probability}."
        )
    if decay_steps < 1:
        raise ValueError(f"`decay_steps` must be at least 1. Received: decay_steps={decay_steps}.")


def _make_decay(schedule: str, floor: float, steps: int) -> Callable[[Any], Any]:
    """Returns step -> epsilon, not yet held above the floor."""
    if schedule == "constant":
        return lambda step: floor + 0.0 * step
    if schedule == "linear":
        return lambda step: 1.0 - (1.0 - floor) / steps * step
    if schedule == "exponential":
        return lambda step: ops.exp(math.log(floor) / steps * step)
    k = _inverse_sigmoid_rate(floor, steps)
    return lambda step: k * ops.exp(-step / k) / (1.0 + k * ops.exp(-step / k))


def _inverse_sigmoid_rate(floor: float, steps: int) -> float:
    """Returns k with k / (k + exp(steps / k)) = floor, by bisection: it rises with k."""
    target = math.log(floor / (1.0 - floor))
    low, high = 1e-6 * steps, 1e6 * steps + 1e6
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if math.log(middle) - steps / middle < target else (low, middle)
    return high
