"""How embeddings start."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["embedding_initializer"]


def embedding_initializer(size: int) -> Any:
    """Logits of a tied output start near 1 in size: with Keras's own, attention is found late."""
    return keras.initializers.RandomNormal(stddev=size**-0.5)
