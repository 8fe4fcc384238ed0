"""How to train: the section `training`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from s2s_keras.config.base import Count, Positive, Section, Share

__all__ = ["ScheduledSamplingConfig", "TrainingConfig"]

UNREACHED = ("exponential", "inverse_sigmoid")
"""Schedules that fall for ever."""


class ScheduledSamplingConfig(Section):
    """How the decoder comes to see its own tokens in training; see `ScheduledSampling`."""

    schedule: Literal["linear", "exponential", "inverse_sigmoid", "constant"] = "linear"
    """How the probability of the true token falls from 1."""
    final_sampling_probability: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Probability, at the end, that a token is the model's own; below 1 for `exponential` and
    `inverse_sigmoid`."""
    decay_steps: Count | None = None
    """Optimiser steps after which it is reached; those of the whole training where not given."""

    @model_validator(mode="after")
    def _is_reached(self) -> Self:
        if self.final_sampling_probability == 1 and self.schedule in UNREACHED:
            raise ValueError(
                "`training.scheduled_sampling.final_sampling_probability` must be below 1 for the "
                f"schedules {' and '.join(UNREACHED)}, which never reach it; take one below 1, or "
                f"`linear`. Received: 1 with {self.schedule!r}"
            )
        return self


class TrainingConfig(Section):
    """How long and how fast to train."""

    epochs: Count = 10
    """Passes over the training pairs."""
    batch_size: Count = 64
    """Pairs an optimiser step."""
    batch_tokens: Count | None = None
    """The most tokens of a batch's longer side, padding included, instead of `batch_size`: steps
    are then alike in size, however long their pairs are."""
    learning_rate: Positive = 1e-3
    """Adam's peak step size."""
    warmup_steps: Annotated[int, Field(ge=0, strict=True)] = 100
    """Steps over which the learning rate rises to its peak; at most half of the training."""
    decay: Literal["cosine", "inverse_sqrt", "constant"] = "cosine"
    """How it falls from there: to a fiftieth at the last step, with 1/sqrt(step), or not at all."""
    label_smoothing: Share = 0.0
    """Share of every target that is spread evenly over the vocabulary."""
    scheduled_sampling: ScheduledSamplingConfig | None = None
    """How the decoder comes to see its own tokens; teacher forcing where not given."""
    clip_norm: Positive = 1.0
    """Largest norm of the whole gradient."""
    ema_momentum: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Evaluates and keeps a moving average of the weights over about 1/(1 - this) steps, such as
    0.999; `null` for the weights themselves."""
    monitor: Literal["val_nll", "val_loss", "val_exact_match", "val_token_accuracy"] = "val_nll"
    """The dev figure that says which epoch is best; `val_nll` is the loss without smoothing."""
    keep: Literal["best", "last"] = "best"
    """The epoch whose weights become `model.keras`."""
    early_stopping_patience: Count | None = None
    """Stops after so many epochs in a row without a new best; `null` trains all `epochs`."""
    quantization_aware_epochs: Annotated[int, Field(ge=0, strict=True)] = 0
    """The last epochs, which train with the weights as an int8 file will hold them; needs such an
    `export.quantization`."""
    workers: Annotated[int, Field(ge=0, le=64, strict=True)] = 0
    """Processes that prepare batches, where examples are drawn anew at each epoch; 0 for a thread
    of the training's own process."""
    checkpoint_seconds: Positive = 300.0
    """Seconds after which a checkpoint is saved, so that a training that dies loses no more."""
    keep_checkpoints: Count = 2
    """The newest checkpoints that stay until the training is finished."""
    samples: Annotated[int, Field(ge=0, le=100, strict=True)] = 4
    """Dev pairs whose outputs TensorBoard and the report show after each epoch; 0 for none."""
    trackers: tuple[Literal["mlflow", "wandb"], ...] = ()
    """What else records each epoch, where it is installed: MLflow, Weights & Biases."""
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    """Seed of the weights, the dropout and the order of the pairs."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy."""

    @property
    def float_epochs(self) -> int:
        """Epochs before those that train for int8."""
        return self.epochs - self.quantization_aware_epochs

    @model_validator(mode="after")
    def _quantization_aware_epochs_come_last(self) -> Self:
        aware = self.quantization_aware_epochs
        if aware > self.epochs:
            raise ValueError(
                "`training.quantization_aware_epochs` are the last of `training.epochs`, and at "
                f"most as many. Received: {aware} of {self.epochs}"
            )
        if aware and self.early_stopping_patience is not None:
            raise ValueError(
                "`training.quantization_aware_epochs` come last, and "
                "`training.early_stopping_patience` may stop before them: leave one out. "
                f"Received: {aware} and {self.early_stopping_patience}"
            )
        return self

    @model_validator(mode="after")
    def _inverse_sqrt_starts_at_a_peak(self) -> Self:
        if self.decay == "inverse_sqrt" and not self.warmup_steps:
            raise ValueError(
                "`training.decay: inverse_sqrt` needs `training.warmup_steps` of at least 1"
            )
        return self
