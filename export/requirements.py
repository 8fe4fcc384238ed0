"""What every export needs of its arguments, and the model in the form that it exports."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ExportError
from s2s_keras.model import Seq2Seq

__all__ = ["check_can_export", "in_float32"]


def check_can_export(settings: DecodingSettings, sample: Sequence[str]) -> int:
    """Returns `max_source_length`, where an export can begin.

    Args:
        settings: how the exported model decodes.
        sample: texts for the proof.

    Raises:
        ValueError: the settings name no longest source, or there is no sample.
        ExportError: the backend is not TensorFlow.
    """
    if settings.max_source_length is None or not sample:
        raise ValueError("`settings.max_source_length` and at least one sample text are needed.")
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            "Export runs on Keras's TensorFlow backend: set KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()}."
        )
    return settings.max_source_length


def in_float32(model: Seq2Seq) -> Seq2Seq:
    """Returns the model, or its float32 twin where it was trained in mixed precision."""
    if model.compute_dtype == "float32":
        return model
    twin = Seq2Seq.from_config({**model.get_config(), "dtype": "float32"})
    twin.set_weights(model.get_weights())
    return twin
