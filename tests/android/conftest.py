"""What several tests of `android_demo/core` need, made once, by the first process that asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.android.junit import compile_tests, write_goldens, write_kinds

Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Returns the folder of a name, which a function has filled before for all processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def made(name: str, make: Callable[[Path], None]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            ready = shared / f"{name}.ready"
            if not ready.exists():
                make(shared / name)
                ready.touch()
        return shared / name

    return made


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
