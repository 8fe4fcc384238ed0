"""A corrector of a few words: trained, exported and opened once."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.runtime import Corrector
from tests.correction.few_words import write_data


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few-words")
    assert main(["train", str(write_data(folder)), "--out", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture(scope="session")
def file(run: Path) -> Path:
    path = run.parent / "few-words.tflite"
    assert main(["export", str(run), "--out", str(path), "--min-same-best", "0.8"]) == 0
    return path


@pytest.fixture(scope="session")
def corrector(file: Path) -> Corrector:
    return Corrector(file)
