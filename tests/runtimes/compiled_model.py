"""LiteRT's newer API, `CompiledModel`, on the CPU: what LiteRT.js and Android's LiteRT 2 run."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.compiled_model import (
    CompiledModel,
    CpuOptions,
    HardwareAccelerator,
    Options,
)

__all__ = ["Interpreter", "SignatureRunner"]


class Interpreter:
    """The part of `tf.lite.Interpreter` that a `TFLiteSession` uses."""

    def __init__(self, model_path: str, num_threads: int = 1) -> None:
        options = Options(
            hardware_accelerators=HardwareAccelerator.CPU,
            cpu_options=CpuOptions(num_threads=num_threads),
        )
        self._model = CompiledModel.from_file(model_path, options=options)

    def allocate_tensors(self) -> None:
        """Does nothing: a compiled model has planned its memory."""

    def get_signature_runner(self, name: str) -> SignatureRunner:
        """Returns the runner of a signature.

        Raises:
            ValueError: there is none of this name.
        """
        if self._model.get_signature_index(name) < 0:
            raise ValueError(f"The graph has no signature {name!r}.")
        return SignatureRunner(self._model, name)


class SignatureRunner:
    """Takes and returns arrays by name, as the runners of `tf.lite.Interpreter` do."""

    def __init__(self, model: Any, name: str) -> None:
        self._model, self._name = model, name
        self._inputs = {
            tensor: model.create_input_buffer_by_name(name, tensor)
            for tensor in self.get_input_details()
        }
        self._outputs = {
            tensor: model.create_output_buffer_by_name(name, tensor)
            for tensor in self.get_output_details()
        }
        self._output_details = self.get_output_details()

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        for tensor, buffer in self._inputs.items():
            buffer.write(inputs[tensor])
        self._model.run_by_name(self._name, self._inputs, self._outputs)
        return {
            tensor: buffer.read(
                int(np.prod(self._output_details[tensor]["shape"])),
                np.dtype(self._output_details[tensor]["dtype"]),
            ).reshape(self._output_details[tensor]["shape"])
            for tensor, buffer in self._outputs.items()
        }

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """Returns input -> its `dtype` and `shape`."""
        return dict(self._model.get_input_tensor_details(self._name))

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """Returns output -> its `dtype` and `shape`."""
        return dict(self._model.get_output_tensor_details(self._name))
