"""The environment of each backend; those of JAX and PyTorch have no TensorFlow.

`make test` sets them up; without them the tests fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "tensorflow": Path(sys.prefix),
    "jax": ROOT / ".venv-jax",
    "torch": ROOT / ".venv-torch",
}
BACKENDS = list(FOLDERS)
WITHOUT_TENSORFLOW = [backend for backend in BACKENDS if backend != "tensorflow"]

# As in pyproject.toml.
WARNINGS = "error,ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"


def run(
    backend: str,
    *arguments: str | Path,
    program: str = "python",
    environment: Mapping[str, str | None] | None = None,
) -> str:
    """Runs a program of a backend's environment, where warnings are errors.

    Args:
        backend: whose environment.
        arguments: of the program.
        program: its name among the environment's.
        environment: variables to set, or with `None` to unset, beside `KERAS_BACKEND` and others.

    Returns:
        What it printed, on standard error first.

    Raises:
        AssertionError: it failed.
    """
    path = FOLDERS[backend] / "bin" / program
    assert path.exists(), f"{path} is missing: run `make test`"
    variables: dict[str, str | None] = {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": backend,
        "OMP_NUM_THREADS": "1",  # for PyTorch, whose threads wait busily for one another
        "PYTHONWARNINGS": WARNINGS,
        **(environment or {}),
    }
    done = subprocess.run(
        [str(path), *map(str, arguments)],
        cwd=ROOT,
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return done.stderr + done.stdout
