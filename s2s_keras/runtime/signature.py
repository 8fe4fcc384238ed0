"""A call of one signature of an interpreter: arrays go in and come out by name."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["Signature"]

_RUNNER_PARTS = ("_interpreter_wrapper", "_subgraph_index", "_inputs", "_outputs")


class Signature:
    """One signature of an interpreter, whose inputs keep their values from call to call.

    The interpreters' own runners plan the memory anew at each call, and copy every input; beside a
    step of a decoder that is a fifth of the time. Where a runner shows what it works with, as
    those of TensorFlow, tflite-runtime and LiteRT do, that is called; any other runner is called
    as it is.

    Args:
        interpreter: has `get_signature_runner`, as `tf.lite.Interpreter`.
        name: the signature's.

    Raises:
        ValueError: there is no such signature.
    """

    def __init__(self, interpreter: Any, name: str) -> None:
        self._runner = interpreter.get_signature_runner(name)
        self.is_direct = all(hasattr(self._runner, part) for part in _RUNNER_PARTS)
        self._kept: dict[str, NDArray[Any]] = {}
        if self.is_direct:
            self._wrapper = self._runner._interpreter_wrapper
            self._subgraph = self._runner._subgraph_index
            self._inputs = dict(self._runner._inputs)
            self._outputs = dict(self._runner._outputs)
            self._is_planned = False

    def keep(self, **inputs: NDArray[Any]) -> None:
        """Sets inputs for all calls from now on.

        Args:
            inputs: arrays of the type and shape that the signature has.
        """
        if not self.is_direct:
            self._kept |= inputs
            return
        if not self._is_planned:  # a signature that is never called takes no memory
            self._wrapper.AllocateTensors(self._subgraph)
            self._is_planned = True
        for name, value in inputs.items():
            self._wrapper.SetTensor(self._inputs[name], value, self._subgraph)

    def __call__(self, **inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Runs the signature.

        Args:
            inputs: those that are not kept, likewise.

        Returns:
            The outputs, each an array of its own.
        """
        if not self.is_direct:
            outputs: dict[str, NDArray[Any]] = self._runner(**self._kept, **inputs)
            return outputs
        self.keep(**inputs)
        self._wrapper.Invoke(self._subgraph)
        get, subgraph = self._wrapper.GetTensor, self._subgraph
        return {name: get(index, subgraph) for name, index in self._outputs.items()}

    @property
    def details(self) -> dict[str, dict[str, Any]]:
        """`inputs` and `outputs` -> tensor -> what the interpreter tells of it."""
        return {
            "inputs": self._runner.get_input_details(),
            "outputs": self._runner.get_output_details(),
        }
