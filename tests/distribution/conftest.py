"""The recipe that all train, and what one process makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution.processes import LIMIT_SECONDS, start, write_recipe


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp("distribution") / "data")


@pytest.fixture(scope="session")
def single(recipe: Path) -> Path:
    """The run folder of one process."""
    run = recipe.parents[1] / "single"
    process = start(recipe, run)
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, err[-3000:]
    return run
