"""Several processes train to what one trains to, and none goes on when one is gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.model import load_model
from s2s_keras.training.history import read_history
from tests.distribution.processes import LIMIT_SECONDS, Processes, start, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * LIMIT_SECONDS)]

FIGURES = ("loss", "nll", "token_accuracy", "exact_match", "learning_rate")


def assert_same(run: Path, single: Path, atol: float = 1e-5) -> None:
    """Compares the losses of all epochs, on both sets of pairs, and the weights."""
    rows, expected = read_history(run), read_history(single)
    assert [row["step"] for row in rows] == [row["step"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        for key in (*FIGURES, *(f"val_{name}" for name in FIGURES[:4])):
            assert row[key] == pytest.approx(other[key], abs=atol), key
    weights, others = (load_model(folder / "model.keras").get_weights() for folder in (run, single))
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(one, other, atol=atol, rtol=0)


def children(pid: int) -> list[int]:
    """Returns the processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return list(map(int, text.split()))


def test_processes_train_to_what_one_trains_to(recipe: Path, single: Path, tmp_path: Path) -> None:
    """Four; the two of the next test do, too."""
    run = tmp_path / "run"
    first, *others = Processes(recipe, run, 4, ["--json"]).end()
    assert [one.status for one in (first, *others)] == [0] * 4, first.stderr[-3000:]
    assert json.loads(first.stdout)["run"] == str(run)
    assert "39 training pairs" in first.stderr
    for other in others:
        assert other.stdout == ""
        assert "training pairs" not in other.stderr
        assert "step" not in other.stderr
    assert {path.name for path in run.iterdir()} == {path.name for path in single.iterdir()}
    assert_same(run, single)


@pytest.mark.parametrize(("victim", "number_then"), [(0, 2), (1, 1)])
def test_killed_process_stops_the_others_and_resume_goes_on(
    victim: int, number_then: int, recipe: Path, single: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    processes = Processes(recipe, run, 2, ["--set", "training.checkpoint_seconds=0.1"])
    wait_for(run / "best.keras", processes)
    processes.running[victim].kill()
    killed = time.monotonic()
    ended = processes.end()
    assert time.monotonic() - killed < 20
    assert ended[victim].status == -signal.SIGKILL
    left = ended[1 - victim]
    assert left.status == 1
    assert f"error: process {1 - victim} of 2 stops: another one has ended" in left.stderr
    assert "--resume" in left.stderr
    assert not (run / "model.keras").exists()
    assert len(read_history(run)) < 6

    if number_then == 1:
        ended = [start(recipe, run, "--resume")]
        _, err = ended[0].communicate(timeout=LIMIT_SECONDS)
        assert ended[0].returncode == 0, err[-3000:]
        assert "Going on at step" in err
    else:
        ended = Processes(recipe, run, number_then, ["--resume"]).end()
        assert [one.status for one in ended] == [0] * number_then, ended[0].stderr[-3000:]
        assert "Going on at step" in ended[0].stderr
        assert "Going on" not in ended[1].stderr
    assert_same(run, single)


def test_silent_process_stops_the_others_in_time(recipe: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    processes = Processes(recipe, run, 2, ["--silence-seconds", "5"])
    wait_for(run / "history.csv", processes)
    [child] = children(processes.running[1].pid)
    os.kill(child, signal.SIGSTOP)
    silent = time.monotonic()
    _, err = processes.running[0].communicate(timeout=60)
    assert time.monotonic() - silent < 30
    assert processes.running[0].returncode == 1
    assert "has not been heard of for 5 s" in err
    processes.running[1].kill()
    processes.running[1].communicate(timeout=60)


def test_interrupted_processes_save_and_stop(recipe: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    processes = Processes(recipe, run, 2)
    wait_for(run / "best.keras", processes)
    for process in processes.running:
        process.send_signal(signal.SIGINT)
    first, other = processes.end(60)
    assert first.status == 130
    assert "go on with `--resume`" in first.stderr
    assert other.status in (1, 130)
    assert list((run / "checkpoints").iterdir())


class TestBadInput:
    def test_other_recipe_is_refused_by_all(self, recipe: Path, tmp_path: Path):
        each = [(), ("--set", "training.batch_size=14")]
        for one in Processes(recipe, tmp_path / "run", 2, each=each).end(60):
            assert one.status == 2
            assert "recipe.training.batch_size (process 0: 13, process 1: 14)" in one.stderr
        assert not (tmp_path / "run").exists()

    def test_other_data_is_refused_by_all(self, recipe: Path, tmp_path: Path):
        text = recipe.read_text(encoding="utf-8").replace(f"{recipe.parent}/", "")
        recipes = tmp_path / "recipe.yaml"
        recipes.write_text(text, encoding="utf-8")
        other = shutil.copytree(recipe.parent, tmp_path / "other")
        lines = (other / "train.tsv").read_text(encoding="utf-8").splitlines()
        (other / "train.tsv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
        each = [("--data", str(recipe.parent)), ("--data", str(other))]
        for one in Processes(recipes, tmp_path / "run", 2, each=each).end(60):
            assert one.status == 2
            assert "data.target tokens (process 0: 156, process 1: 152)" in one.stderr
        assert not (tmp_path / "run").exists()

    def test_other_run_folder_is_refused_by_all(self, recipe: Path, tmp_path: Path) -> None:
        run = tmp_path / "run"
        processes = Processes(recipe, run, 2)
        wait_for(run / "best.keras", processes)
        processes.running[0].kill()
        processes.end(60)
        options = ("--resume", "--out")
        each = [(*options, str(run)), (*options, str(tmp_path / "other"))]
        for one in Processes(recipe, run, 2, each=each).end(90):
            assert one.status == 2
            assert "checkpoint (process 0: " in one.stderr

    def test_missing_process_is_named(self, recipe: Path, tmp_path: Path) -> None:
        options = ["--connect-seconds", "3", "--num-processes", "3"]
        for one in Processes(recipe, tmp_path / "run", 2, options).end(60):
            assert one.status == 1
            assert "of 3 processes, 2 did not come within 3 s" in one.stderr
