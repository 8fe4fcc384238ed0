"""Which framework Keras runs on: what a person asks for, or what is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

from s2s_keras.errors import INSTALL_TRAINING, MissingDependencyError

__all__ = ["EXTRAS", "choose_backend", "require_tensorflow"]

EXTRAS = {"tensorflow": "train", "jax": "train-jax", "torch": "train-torch"}
"""Backend that trains, by the name of its package -> the extra that installs it.

In the order in which they are taken where nobody asks for one.
"""


def choose_backend() -> None:
    """Sets `KERAS_BACKEND`, where nothing else gives Keras a backend that is installed.

    `KERAS_BACKEND` comes first, then Keras's own `keras.json`; else the first of `EXTRAS` that is
    installed. A Keras that is imported already keeps the one that it has.

    Raises:
        MissingDependencyError: none is installed, or not the one that `KERAS_BACKEND` asks for.
    """
    if "keras" in sys.modules:
        return
    asked = os.environ.get("KERAS_BACKEND")
    if asked:
        if asked in EXTRAS and not _is_installed(asked):
            raise MissingDependencyError(
                f"KERAS_BACKEND={asked} needs {asked}: pip install 's2s-keras[{EXTRAS[asked]}]'."
            )
        return
    configured = _configured()
    if configured not in EXTRAS or _is_installed(configured):
        return  # Keras takes it
    for name in EXTRAS:
        if _is_installed(name):
            os.environ["KERAS_BACKEND"] = name
            return
    raise MissingDependencyError(
        f"Keras needs one of {', '.join(EXTRAS)}, and none is installed: {INSTALL_TRAINING}."
    )


def require_tensorflow() -> None:
    """Checks that TensorFlow is there, before any of it is imported.

    Raises:
        MissingDependencyError: it is not.
    """
    if not _is_installed("tensorflow"):
        raise MissingDependencyError(
            "Export needs TensorFlow: pip install 's2s-keras[train]'. It takes runs of every "
            "backend as they are."
        )


def _configured() -> str:
    """Returns what `keras.json` names; Keras writes that file when it is first imported."""
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    try:
        document = json.loads((folder / "keras.json").read_text(encoding="utf-8"))
        return str(document["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
