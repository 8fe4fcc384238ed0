"""What each backend trains, and what each makes of it: once for all workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.backends.environments import run
from tests.conftest import Once


class Trained:
    """The trainings of each backend, made when they are asked for.

    Args:
        once: the fixture.
    """

    def __init__(self, once: Once) -> None:
        self._once = once

    def on(self, backend: str) -> Path:
        """Returns the folder of `tests.backends.trainings`."""

        def train(folder: Path) -> None:
            folder.mkdir()
            run(backend, "-m", "tests.backends.trainings", folder)

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
            run(reader, "-m", "tests.backends.outputs", made / "runs", folder)

        return self._once(f"made on {maker}, read on {reader}", read)


@pytest.fixture(scope="session")
def trained(once: Once) -> Trained:
    return Trained(once)
