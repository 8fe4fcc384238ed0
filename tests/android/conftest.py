"""What several tests of `android_demo/core` need, made once, by the first process that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.android.junit import compile_tests, write_goldens, write_kinds
from tests.conftest import Once


@pytest.fixture(scope="session")
def core_output(once: Once) -> Path:
    """`core` and its tests, compiled."""
    return once("core", compile_tests)


@pytest.fixture(scope="session")
def goldens(once: Once) -> Path:
    """What Python makes of many texts, with the models that ship and with small ones."""

    def write(folder: Path) -> None:
        write_goldens(folder)
        write_kinds(folder / "kinds")

    return once("goldens", write)
