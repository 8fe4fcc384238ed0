"""A recipe -> a compiled model with its first weights."""

from __future__ import annotations

from collections.abc import Callable

import keras

from s2s_keras.config import Recipe, TrainingConfig
from s2s_keras.data import embedding_matrix
from s2s_keras.layers import ScheduledSampling
from s2s_keras.model import Seq2Seq
from s2s_keras.text import Tokenizer
from s2s_keras.training.metrics import (
    ExactMatch,
    MaskedCrossentropy,
    NegativeLogLikelihood,
    TokenAccuracy,
)
from s2s_keras.training.portable import JIT_COMPILE
from s2s_keras.training.schedules import make_schedule

__all__ = ["build_model"]


def build_model(
    recipe: Recipe,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    total_steps: int,
    report: Callable[[str], None] = lambda line: None,
) -> Seq2Seq:
    """Returns the model of a recipe, compiled, with pretrained embeddings where it names some.

    Args:
        recipe: sections `model` and `training`.
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: text -> `target_ids`.
        total_steps: optimiser steps of the whole training, which the schedules are spread over.
        report: takes a line of text for the person who waits.

    Raises:
        DataError: a file of embeddings is missing, broken or of another width; names file and line.
    """
    settings = recipe.training
    model = Seq2Seq(
        source_tokenizer,
        target_tokenizer,
        **recipe.model.arguments(),
        scheduled_sampling=_make_sampling(settings, total_steps),
        dtype=settings.precision,
    )
    _load_embeddings(model, recipe, report)
    _compile(model, settings, total_steps)
    return model


def _make_sampling(settings: TrainingConfig, total_steps: int) -> ScheduledSampling | None:
    if settings.scheduled_sampling is None:
        return None
    options = settings.scheduled_sampling.model_dump()
    options["decay_steps"] = options["decay_steps"] or total_steps
    return ScheduledSampling(**options, seed=settings.seed)


def _load_embeddings(model: Seq2Seq, recipe: Recipe, report: Callable[[str], None]) -> None:
    for side in ("source", "target"):
        path = getattr(recipe.model, f"{side}_embeddings")
        if path is not None:
            embeddings = getattr(model, f"{side}_embedding").embeddings
            matrix, share = embedding_matrix(
                path,
                getattr(model, f"{side}_tokenizer"),
                keras.ops.convert_to_numpy(embeddings),
            )
            embeddings.assign(matrix)
            report(f"{path}: vectors for {share:.1%} of the {side} vocabulary")


def _compile(model: Seq2Seq, settings: TrainingConfig, total_steps: int) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(
            make_schedule(settings, total_steps),
            global_clipnorm=settings.clip_norm,
            use_ema=settings.ema_momentum is not None,
            ema_momentum=settings.ema_momentum,
        ),
        loss=MaskedCrossentropy(settings.label_smoothing),
        metrics=[NegativeLogLikelihood(), TokenAccuracy(), ExactMatch()],
        jit_compile=JIT_COMPILE,
    )
    # TensorFlow would trace the first step twice if its variables came to be in it.
    model.optimizer.build(model.trainable_variables)
