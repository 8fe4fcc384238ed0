"""The Pythons that runtimes are installed in, emulated ones among them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ARM64_ENVIRONMENTS", "ENVIRONMENTS", "Environment"]

ROOT = Path(__file__).parent.parent.parent
ARM64 = ROOT / ".venv-arm64"


@dataclass(frozen=True)
class Environment:
    """A Python and what runs in it.

    Attributes:
        machine: what it runs on.
        runtimes: names of `answers.py`.
        python: the command that starts it.
        packages: a folder of packages that it does not find by itself, or `None`.
        made_by: the command that sets it up.
    """

    machine: str
    runtimes: tuple[str, ...]
    python: tuple[str, ...]
    packages: Path | None = None
    made_by: str = "make test"

    def answers(self, files: Sequence[Path], folder: Path) -> dict[str, dict[str, Any]]:
        """Runs `answers.py` over the files and returns runtime -> its arrays.

        Args:
            files: exported files.
            folder: an empty folder to work in.
        """
        for path in [Path(part) for part in self.python if part.startswith("/")]:
            assert path.exists(), f"{path} is missing: run `{self.made_by}`"
        paths = [ROOT, *filter(None, [self.packages]), os.environ.get("PYTHONPATH", "")]
        command = [*self.python, "-m", "tests.runtimes.answers", folder, ",".join(self.runtimes)]
        done = subprocess.run(
            [*map(str, command), *map(str, files)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, f"{self.machine}: {done.stderr[-2000:]}"
        found = {}
        for runtime in self.runtimes:
            with np.load(folder / f"{runtime}.npz") as answers:
                found[runtime] = dict(answers)
        return found


def _venv(name: str, *runtimes: str) -> Environment:
    return Environment("this machine", runtimes, (str(ROOT / name / "bin" / "python"),))


def _arm64(cpu: str, *runtimes: str) -> Environment:
    root = ARM64 / "root"
    # A path that exists under the root is opened there by what is emulated.
    command = ("qemu-aarch64-static", "-cpu", cpu, "-L", str(root))
    python = str(root / "usr" / "bin" / "python3.11")
    packages = ARM64 / "packages"
    return Environment(f"arm64, {cpu}", runtimes, (*command, python), packages, "make test-arm64")


ENVIRONMENTS = (
    _venv(
        ".venv-litert",
        "ai-edge-litert",  # what others are compared with
        "ai-edge-litert-without-delegates",
        "ai-edge-litert-compiled-model",
    ),
    _venv(
        ".venv-tflite-runtime",
        "tflite-runtime",
        "tflite-runtime-without-delegates",
        "c-library",
    ),
    Environment("this machine", ("tensorflow", "tensorflow-without-delegates"), (sys.executable,)),
)

ARM64_ENVIRONMENTS = (
    # Raspberry Pi 4 and older phones. CompiledModel stops there: it is built for ARMv8.1.
    _arm64("cortex-a72", "ai-edge-litert", "tflite-runtime", "c-library"),
    # Newer ones have dot products of int8. With them tflite-runtime 2.14 stops at a product of int8
    # weights and 4 rows or 8; see docs/runtimes.md.
    _arm64("neoverse-n1", "ai-edge-litert", "ai-edge-litert-compiled-model", "c-library"),
)
