"""How the learning rate rises to its peak and falls from it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.config import TrainingConfig

__all__ = ["InverseSqrtDecay", "make_schedule"]

# What is left of the peak after the last step, as Keras's cosine takes it.
_FLOORS = {"cosine": 0.02, "constant": 1.0}


@keras.saving.register_keras_serializable(package="s2s_keras")
class InverseSqrtDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise to the peak, then a fall with the inverse square root of the step.

        learning_rate(step) = peak min(step / warmup_steps, sqrt(warmup_steps / step))

    The paper's formula, with its peak, (d_model warmup_steps)^-0.5, given instead.

    Args:
        peak: the learning rate at step `warmup_steps`, more than 0.
        warmup_steps: steps of the rise, at least 1.
        name: the schedule's name.

    Call arguments:
        step: int scalar, steps done before.

    Returns:
        The learning rate, a float32 scalar.

    Raises:
        ValueError: `peak` or `warmup_steps` is out of its range.

    Reference:
        Vaswani et al. 2017, "Attention Is All You Need", section 5.3.
    """

    def __init__(self, peak: float, warmup_steps: int, name: str = "inverse_sqrt_decay") -> None:
        super().__init__()
        if peak <= 0:
            raise ValueError(f"`peak` must be more than 0. Received: peak={peak}.")
        if warmup_steps < 1:
            raise ValueError(
                f"`warmup_steps` must be at least 1. Received: warmup_steps={warmup_steps}."
            )
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Returns the learning rate of a step."""
        progress = ops.cast(step, "float32") / self.warmup_steps
        # At progress 0, where the rise is 0, `rsqrt` would be infinite.
        return self.peak * ops.minimum(progress, ops.rsqrt(ops.maximum(progress, 1.0)))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "name": self.name}


def make_schedule(settings: TrainingConfig, total_steps: int) -> Any:
    """Returns the learning rate of a training as a Keras schedule.

    Args:
        settings: peak, warm-up (cut to half of the training) and decay.
        total_steps: optimiser steps of the whole training, at least 1.
    """
    warmup = min(settings.warmup_steps, total_steps // 2)
    if settings.decay == "inverse_sqrt":
        return InverseSqrtDecay(settings.learning_rate, max(1, warmup))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else settings.learning_rate,
        decay_steps=max(1, total_steps - warmup),
        alpha=_FLOORS[settings.decay],
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
