"""The copies of a model on several devices: what they add up to, and what one does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

__all__ = ["alone", "count_replicas", "mean_over_replicas"]


def count_replicas() -> int:
    """Returns how many replicas of `tf.distribute` compute this together.

    On JAX a program sees the whole batch, however many devices hold it: there is one.
    """
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    count: int = tf.distribute.get_strategy().num_replicas_in_sync
    return count


def mean_over_replicas(value: Any) -> Any:
    """Returns the mean of a value over all replicas, for each of them.

    Args:
        value: a scalar tensor.
    """
    if count_replicas() == 1:
        return value
    import tensorflow as tf

    if tf.distribute.in_cross_replica_context():  # nothing is computed, as when Keras builds
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


@contextmanager
def alone() -> Iterator[None]:
    """Within it, Keras makes what it makes in this process alone, and waits for no other.

    Keras makes a few throw-away variables whenever it saves a model.
    """
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)
