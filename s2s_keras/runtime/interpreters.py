"""The interpreters that a file runs on: which are known, and which is installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
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


def find_interpreter(package: str | None = None) -> Any:
    """Returns the `Interpreter` class of an installed package.

    Args:
        package: a key of `INTERPRETERS`; where not given, the environment variable
            `S2S_KERAS_INTERPRETER`, or else the first that is installed.

    Raises:
        ValueError: there is no such package in `INTERPRETERS`.
        MissingDependencyError: it is not installed, or none is.
    """
    package = package or os.environ.get("S2S_KERAS_INTERPRETER")
    if package is not None and package not in INTERPRETERS:
        raise ValueError(
            f"The interpreter must be one of {sorted(INTERPRETERS)}. Received: {package!r}."
        )
    for name in [package] if package else list(INTERPRETERS):
        module = INTERPRETERS[name]
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            return importlib.import_module(module).Interpreter
    raise MissingDependencyError(
        f"No TFLite interpreter is installed: pip install {package or 'ai-edge-litert'}."
    )
