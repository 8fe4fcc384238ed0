"""What each backend trains, and what each makes of it: once for all workers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.backends.environments import run


class Trained:
    """The trainings of each backend, made when they are asked for.

    Args:
        folder: a folder that all workers share.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on(self, backend: str) -> Path:
        """Returns the folder of `tests.backends.trainings`."""

        def train(folder: Path) -> None:
            folder.mkdir()
            self.run(backend, "-m", "tests.backends.trainings", folder)

        return self._once(f"trained on {backend}", train)

    def report(self, backend: str) -> Any:
        """Returns what the process that trained tells."""
        return json.loads((self.on(backend) / "report.json").read_text(encoding="utf-8"))

    def outputs(self, maker: str, reader: str) -> Path:
        """Returns the folder with what one backend makes of another's models."""
        made = self.on(maker)
        if reader == maker:
            return made / "outputs"

        def read(folder: Path) -> None:
            self.run(reader, "-m", "tests.backends.outputs", made / "runs", folder)

        return self._once(f"made on {maker}, read on {reader}", read)

    def run(self, backend: str, *arguments: str | Path, **options: Any) -> str:
        """Runs a program; see `environments.run`. What JAX compiled before, it takes as it is."""
        environment = {
            "JAX_COMPILATION_CACHE_DIR": str(self.folder / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            **options.pop("environment", {}),
        }
        return run(backend, *arguments, environment=environment, **options)

    def _once(self, name: str, make: Callable[[Path], None]) -> Path:
        folder, failure = self.folder / name, self.folder / f"{name}.failed"
        done = self.folder / f"{name}.done"
        with FileLock(self.folder / f"{name}.lock"):
            assert not failure.exists(), failure.read_text(encoding="utf-8")
            if not done.exists():
                try:
                    make(folder)
                except AssertionError as error:
                    failure.write_text(str(error), encoding="utf-8")
                    raise
                done.touch()
        return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Trained:
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "backends"
    folder.mkdir(exist_ok=True)
    return Trained(folder)
