"""A model whose files every backend loads, and whose loss is the same on any number of devices."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.text import PAD_ID
from s2s_keras.training.replicas import count_replicas, mean_over_replicas

__all__ = ["JIT_COMPILE", "PortableModel"]

JIT_COMPILE = keras.backend.backend() == "jax"
"""What `compile` is told, unless a person says otherwise.

XLA on TensorFlow needs to know the number of steps, which `keras.ops.scan` hides.
"""


class PortableModel(keras.Model):
    """A model whose file holds nothing of the backend that it was saved on.

    Keras would write the class of the optimiser, which on PyTorch is one that the other backends do
    not have, and whether that backend compiled.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # With `jit_compile="auto"`, Keras's default, it would compile on TensorFlow with a GPU.
        self.supports_jit = JIT_COMPILE

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Returns the loss, and sees to it that rows of padding alone count in no mean of losses.

        Keras weighs the loss of a batch by the batch's rows. The filler rows among them, which make
        the shares of several devices equal, are taken off here.
        """
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if self.compiled and y is not None:
            has_token = ops.max(ops.cast(ops.not_equal(y, PAD_ID), "float32"), axis=-1)
            fillers = mean_over_replicas(ops.sum(1.0 - has_token))
            # Keras has divided the loss by the replicas, because their gradients are added up.
            self._loss_tracker.update_state(loss * count_replicas(), sample_weight=-fillers)
        return loss

    def get_compile_config(self) -> dict[str, Any]:
        """Returns what the model was compiled with."""
        config: dict[str, Any] = _portable(super().get_compile_config())
        if config.get("jit_compile") == JIT_COMPILE:
            del config["jit_compile"]
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` returned, perhaps on another backend."""
        super().compile_from_config({"jit_compile": JIT_COMPILE, **config})


def _portable(config: Any) -> Any:
    """Returns a config with Keras's public optimisers in the place of a backend's."""
    if isinstance(config, list):
        return [_portable(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: _portable(value) for key, value in config.items()}
    module = config.get("module")
    if isinstance(module, str) and module.startswith("keras.src.backend."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
