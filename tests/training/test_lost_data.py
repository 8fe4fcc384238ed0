"""What happens to the data, or to the processes that draw from it, while a training runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from s2s_keras.errors import DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.training.prepared import prepare
from s2s_keras.training.run import load_run, train

pytestmark = pytest.mark.slow


@pytest.fixture
def records(toy_folder: Path, tmp_path: Path) -> Path:
    prepare(load_recipe(toy_folder / "recipe.yaml").data, tmp_path / "records")
    return tmp_path / "records"


class Cut(keras.callbacks.Callback):
    """Cuts a file off after the first batch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        os.truncate(self.path, 0)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_is_cut_while_it_is_read_is_named_and_resume_goes_on(
    toy_run: Path, toy_folder: Path, records: Path, tmp_path: Path, workers: int
) -> None:
    path = max(records.glob("*.array_record"), key=lambda file: file.stat().st_size)
    content = path.read_bytes()
    changes = [f"data.folder={records}", f"training.workers={workers}"]
    recipe = load_recipe(toy_folder / "recipe.yaml", changes)
    with pytest.raises(DataError, match=rf"{path.name}: record [\d,]+ cannot be read: "):
        train(recipe, tmp_path / "run", callbacks=[Cut(path)])
    with pytest.raises(DataError, match=rf"{path.name}: the file must have .* it has 0"):
        train(recipe, tmp_path / "run", resume=True)
    path.write_bytes(content)
    check_alike(train(recipe, tmp_path / "run", resume=True).model, toy_run)


def check_alike(model, run):
    for one, other in zip(model.get_weights(), load_run(run).model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def drawing(pid: int) -> list[int]:
    """Returns the processes of a training that draw its examples."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [
        int(child)
        for thread in threads
        for child in (thread / "children").read_text().split()
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_a_worker_that_is_killed_ends_the_training_and_resume_goes_on(
    toy_run: Path, toy_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "s2s_keras", "train", str(toy_folder / "recipe.yaml")]
    command += ["--out", str(tmp_path / "run"), "--set", "training.workers=2"]
    command += ["--set", "training.checkpoint_seconds=1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 120
            while not list(tmp_path.glob("run/checkpoints/step-*.keras")):
                assert time.monotonic() < until
                time.sleep(0.05)
            workers = drawing(process.pid)
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            killed = time.monotonic()
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1, told
    assert time.monotonic() - killed < 45
    message = (
        f"Process {workers[0]}, which draws examples (`training.workers`), was ended by SIGKILL."
    )
    assert message in told
    assert "Traceback" not in told
    recipe = load_recipe(toy_folder / "recipe.yaml")
    check_alike(train(recipe, tmp_path / "run", resume=True).model, toy_run)
