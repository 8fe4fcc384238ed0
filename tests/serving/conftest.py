"""A served file of random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.serving.process import ServingProcess, served


@pytest.fixture(scope="session")
def server(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    """Serves `tiny_file`, with bounds that a test can reach; it must stop in order."""
    options = (
        *("--max-body-bytes", "20000", "--max-instances", "20", "--max-text-characters", "50"),
        *("--head-seconds", "1", "--body-seconds", "1", "--max-connections", "40"),
        *("--request-seconds", "60"),
    )
    with served(tiny_file, tmp_path_factory.mktemp("served"), *options) as process:
        yield process
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()
        assert "every request was answered" in process.log.read_text()
