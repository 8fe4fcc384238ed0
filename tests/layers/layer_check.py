"""One call that proves what every layer owes Keras."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tests.layers.cases import Array, Case, random_array


def as_numpy(outputs: Any) -> list[Array]:
    """Returns the tensors of a structure as float32 arrays."""
    return [ops.convert_to_numpy(ops.cast(x, "float32")) for x in keras.tree.flatten(outputs)]


def randomize(layer: keras.Layer, scale: float = 0.7) -> None:
    """Gives every weight numbers that differ, biases too."""
    layer.set_weights(
        [scale * random_array(*w.shape, seed=i + 1) for i, w in enumerate(layer.weights)]
    )


def run_case(case: Case) -> list[Array]:
    """Returns the outputs of a case with the weights of `randomize`, the same on every backend."""
    layer = case.make()
    case.build(layer)
    randomize(layer)
    return as_numpy(case.call(layer, *map(ops.convert_to_tensor, case.inputs)))


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy for a while."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def check_layer(case: Case, folder: Path) -> None:
    """Checks config round trip, shapes, dtypes, gradients and saving, below `folder`."""

    class Holder(keras.Model):
        """A model of one layer."""

        def __init__(self, layer: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            is_layer = isinstance(layer, keras.Layer)
            self.layer = layer if is_layer else keras.saving.deserialize_keras_object(layer)

        def build(self, input_shape: Any = None) -> None:
            if not self.layer.built:  # a loaded layer has been built from its build config
                case.build(self.layer)

        def call(self, inputs: Any) -> Any:
            outputs = case.call(self.layer, *inputs)
            self.add_loss(sum(ops.sum(ops.square(x)) for x in keras.tree.flatten(outputs)))
            return outputs

        def get_config(self) -> dict[str, Any]:
            layer = keras.saving.serialize_keras_object(self.layer)
            return {**super().get_config(), "layer": layer}

    check_config(case.make())
    inputs = list(case.inputs)
    for policy, dtype in {"float32": "float32", "mixed_bfloat16": "bfloat16"}.items():
        with dtype_policy(policy):
            model = Holder(case.make())
            outputs = keras.tree.flatten(model(inputs))
        assert [tuple(x.shape) for x in outputs] == list(case.shapes)
        assert {keras.backend.standardize_dtype(x.dtype) for x in outputs} == {dtype}
        assert {w.dtype for w in model.weights if w.trainable} <= {"float32"}

    model = Holder(case.make())
    model(inputs)
    if model.layer.weights:
        randomize(model.layer)
    expected = as_numpy(model(inputs))
    model.save(folder / "layer.keras")
    loaded = keras.saving.load_model(folder / "layer.keras", custom_objects={"Holder": Holder})
    for x, y in zip(expected, as_numpy(loaded(inputs)), strict=True):
        np.testing.assert_array_equal(x, y)

    before = [ops.convert_to_numpy(w) for w in model.layer.trainable_weights]
    if before:
        model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
        model.train_on_batch(inputs)
    for weight, old in zip(model.layer.trainable_weights, before, strict=True):
        assert np.any(ops.convert_to_numpy(weight) != old), f"no gradient reaches {weight.path}"


def check_config(layer: keras.Layer) -> None:
    """Checks that a layer's config gives the layer back, and names every argument."""
    config = layer.get_config()
    copy = type(layer).from_config(config)
    assert copy.get_config() == config
    arguments = {
        name
        for base in type(layer).__mro__
        if base.__module__.startswith("s2s_keras.")
        for name in inspect.signature(base.__init__).parameters
    } - {"self", "args", "kwargs"}
    for name in arguments:
        assert config[name] == getattr(layer, name) == getattr(copy, name)
