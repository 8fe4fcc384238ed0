"""Model files that every backend loads and trains on with."""

from __future__ import annotations

from typing import Any

import keras

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
