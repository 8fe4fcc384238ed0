"""One call that proves what every layer owes Keras."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

Array = np.ndarray


def random_array(*shape: int, seed: int = 0) -> Array:
    """Returns float32 normal numbers, the same for the same shape and seed."""
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def as_numpy(outputs: Any) -> list[Array]:
    """Returns the tensors of a structure as float32 arrays."""
    return [ops.convert_to_numpy(ops.cast(x, "float32")) for x in keras.tree.flatten(outputs)]


def randomize(layer: keras.Layer, scale: float = 0.7) -> None:
    """Gives every weight numbers that differ, biases too."""
    layer.set_weights(
        [scale * random_array(*w.shape, seed=i + 1) for i, w in enumerate(layer.weights)]
    )


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy for a while."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def check_layer(
    make: Callable[[], keras.Layer],
    build: Callable[[Any], None],
    call: Callable[..., Any],
    inputs: Sequence[Array],
    expected_shapes: Sequence[tuple[int, ...]],
    folder: Path,
) -> None:
    """Checks config round trip, shapes, dtypes, gradients and saving.

    Args:
        make: constructs the layer, with no argument left at its default.
        build: makes the layer's weights.
        call: `call(layer, *inputs)` returns its outputs and uses every weight.
        inputs: what `call` takes.
        expected_shapes: the shapes of the outputs, in order.
        folder: where the layer may be saved.
    """

    class Holder(keras.Model):
        """A model of one layer."""

        def __init__(self, layer: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            is_layer = isinstance(layer, keras.Layer)
            self.layer = layer if is_layer else keras.saving.deserialize_keras_object(layer)

        def build(self, input_shape: Any = None) -> None:
            if not self.layer.built:  # a loaded layer has been built from its build config
                build(self.layer)

        def call(self, inputs: Any) -> Any:
            outputs = call(self.layer, *inputs)
            self.add_loss(sum(ops.sum(ops.square(x)) for x in keras.tree.flatten(outputs)))
            return outputs

        def get_config(self) -> dict[str, Any]:
            layer = keras.saving.serialize_keras_object(self.layer)
            return {**super().get_config(), "layer": layer}

    _check_config(make())
    for policy, dtype in {"float32": "float32", "mixed_bfloat16": "bfloat16"}.items():
        with dtype_policy(policy):
            model = Holder(make())
            outputs = keras.tree.flatten(model(list(inputs)))
        assert [tuple(x.shape) for x in outputs] == list(expected_shapes)
        assert {keras.backend.standardize_dtype(x.dtype) for x in outputs} == {dtype}
        assert {w.dtype for w in model.weights if w.trainable} == {"float32"}

    model = Holder(make())
    expected = as_numpy(model(list(inputs)))
    model.save(folder / "layer.keras")
    loaded = keras.saving.load_model(folder / "layer.keras", custom_objects={"Holder": Holder})
    for x, y in zip(expected, as_numpy(loaded(list(inputs))), strict=True):
        np.testing.assert_array_equal(x, y)

    randomize(model.layer)
    before = [np.array(w) for w in model.layer.get_weights()]
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    model.train_on_batch(list(inputs))
    for weight, old in zip(model.layer.trainable_weights, before, strict=True):
        assert np.any(ops.convert_to_numpy(weight) != old), f"no gradient reaches {weight.path}"


def _check_config(layer: keras.Layer) -> None:
    config = layer.get_config()
    copy = type(layer).from_config(config)
    assert copy.get_config() == config
    arguments = set(inspect.signature(type(layer).__init__).parameters) - {"self", "kwargs"}
    assert arguments
    for name in arguments:
        assert config[name] == getattr(layer, name) == getattr(copy, name)
