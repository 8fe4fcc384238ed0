"""The interpreters that a file runs on: which are known, and which is installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

from s2s_keras.errors import MissingDependencyError

__all__ = ["INTERPRETERS", "find_interpreter"]

INTERPRETERS = {
    "tflite-runtime": "tflite_runtime.interpreter",
    "ai-edge-litert": "ai_edge_litert.interpreter",
}
"""PyPI package -> module that holds `Interpreter`, in the order of preference.

tflite-runtime comes first because it is only there where somebody asked for it.
"""


def find_interpreter(choice: str | Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Returns the class that makes an interpreter of a graph.

    Args:
        choice: a key of `INTERPRETERS`; where not given, the environment variable
            `S2S_KERAS_INTERPRETER`, or else the first that is installed. Or what takes
            `model_path` and `num_threads` as `tf.lite.Interpreter` does, and is returned as it
            is: another runtime's class, or one with delegates, bound by `functools.partial`.

    Raises:
        ValueError: there is no such package in `INTERPRETERS`.
        MissingDependencyError: it is not installed, or none is.
    """
    if callable(choice):
        return choice
    package = choice or os.environ.get("S2S_KERAS_INTERPRETER")
    if package is not None and package not in INTERPRETERS:
        raise ValueError(
            f"The interpreter must be one of {sorted(INTERPRETERS)}. Received: {package!r}."
        )
    for name in [package] if package else list(INTERPRETERS):
        module = INTERPRETERS[name]
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            interpreter: Callable[..., Any] = importlib.import_module(module).Interpreter
            return interpreter
    raise MissingDependencyError(
        f"No TFLite interpreter is installed: pip install {package or 'ai-edge-litert'}."
    )
