"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from s2s_keras.runtime.interpreters import INTERPRETERS, find_interpreter

__all__ = ["describe_machine", "interpreter_name"]

CPU_INFO = Path("/proc/cpuinfo")
"""Linux tells the processor's name here, as `model name` or, on a board, as `Hardware`."""


def interpreter_name(interpreter: str | None = None) -> str:
    """Returns package and version of the interpreter in use: `"ai-edge-litert 2.3.0"`.

    Args:
        interpreter: a key of `INTERPRETERS`; see `find_interpreter`.

    Raises:
        MissingDependencyError: no interpreter is installed.
    """
    module = find_interpreter(interpreter).__module__
    package = next(name for name, known in INTERPRETERS.items() if known == module)
    return f"{package} {metadata.version(package)}"


def describe_machine(interpreter: str | None = None) -> dict[str, Any]:
    """Returns processor, cores, system, and the versions of all that runs a model.

    Args:
        interpreter: a key of `INTERPRETERS`; see `find_interpreter`.
    """
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "interpreter": interpreter_name(interpreter),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _cpu() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Hardware"):
                return value.strip()
    return platform.processor() or platform.machine()
