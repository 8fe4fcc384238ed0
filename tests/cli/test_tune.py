import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.recipe import load_recipe
from s2s_keras.training import search
from s2s_keras.training.checkpoint import find_checkpoints
from s2s_keras.training.history import read_history
from s2s_keras.training.run import load_run
from tests.cli.commands import output
from tests.training.scripted_trials import Trainings

RECIPE = """
name: tiny
data: {train: pairs.tsv, dev: pairs.tsv, max_source_length: 6, max_target_length: 6}
model: {embedding_size: 4, units: 4, dropout: 0.0}
training: {epochs: 6, warmup_steps: 1, decay: inverse_sqrt}
decoding: {beam_width: 1, max_output_length: 1}
tune:
  trials: 2
  random_trials: 1
  space:
    model.units: {low: 3, high: 9}
    training.learning_rate: {low: 1.0e-3, high: 0.1, log: true}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "pairs.tsv").write_text("ab\tba\nabc\tcba\nc\tc\nbcabc\tcbacb\n")
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trainings:
    trainings = Trainings()
    monkeypatch.setattr(search, "run_trial", trainings)
    monkeypatch.chdir(tmp_path)
    return trainings


def failure(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Runs the command line, which must find bad input, and returns its last line."""
    capfd.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    return capfd.readouterr().err.splitlines()[-1]


def test_tune_prints_a_table_and_where_the_best_is(
    recipe: Path, scripted: Trainings, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", str(recipe), "--set", "tune.trials=3"]) == 0
    printed = capfd.readouterr()
    out = Path("runs/tiny-tune")
    rows = list(csv.DictReader((out / "trials.csv").read_text().splitlines()))
    assert len(rows) == 3
    best = min(rows, key=lambda row: float(row["figure"]))
    assert f"runs/tiny-tune, the best is trial {best['trial']}" in printed.out
    for row in rows:
        assert f"{float(row['figure']):.4f}" in printed.out
    last = printed.err.splitlines()[-1]
    assert last.startswith("The best recipe is runs/tiny-tune/best.yaml; its model is trained")
    assert last.endswith(f"runs/tiny-tune/trial-{int(best['trial']):04}")


def test_tune_prints_json(
    recipe: Path, scripted: Trainings, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["tune", recipe, "--trials", "4", "--out", "out"]
    document = json.loads(output(capfd, *arguments, "--json"))
    assert (document["search"], document["monitor"]) == ("out", "val_nll")
    assert [trial["number"] for trial in document["trials"]] == [0, 1, 2, 3]
    assert document["best"] == min(document["trials"], key=lambda trial: trial["figure"])
    assert document["best_run"] == f"out/trial-{document['best']['number']:04}"
    assert set(document["best"]) == {
        "number",
        "values",
        "state",
        "figure",
        "epochs",
        "seconds",
        "note",
    }
    assert document["best"]["epochs"] == 6
    more = json.loads(output(capfd, *arguments, "--trials", "5", "--resume", "--json"))
    assert more["trials"][:4] == document["trials"]
    assert len(scripted.epochs) == 5 * 6


def test_tune_reads_the_files_of_the_folder_that_is_given(
    recipe: Path, scripted: Trainings, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "corpus").mkdir()
    line = failure(capfd, "tune", recipe, "--data", "corpus", "--out", "out")
    assert line.startswith(f"error: {tmp_path}/corpus/pairs.tsv: cannot be read")
    assert not (tmp_path / "out").exists()
    (tmp_path / "pairs.tsv").rename(tmp_path / "corpus" / "pairs.tsv")
    output(capfd, "tune", recipe, "--data", "corpus", "--out", "out")
    assert load_recipe("out/best.yaml").data.folder == tmp_path / "corpus"


def test_tune_bad_input(
    recipe: Path, scripted: Trainings, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = failure(capfd, "tune", recipe, "--set", "tune.space={model.unit: {choices: [1]}}")
    assert "the recipe has no key `model.unit`; did you mean `model.units`?" in line
    line = failure(capfd, "tune", recipe, "--trials", "0")
    assert "must be at least 1. Received: 0." in line
    line = failure(capfd, "tune", recipe, "--set", "tune=")
    assert "needs a section `tune`" in line
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert "Not a directory" in failure(capfd, "tune", recipe, "--out", blocked / "out")
    assert not (tmp_path / "runs").exists()
    output(capfd, "tune", recipe, "--out", "out")
    line = failure(capfd, "tune", recipe, "--out", "out", "--resume", "--set", "model.units=5")
    assert line.endswith("changed: model.units. Choose another `--out`.")


def test_tune_interrupted_says_how_to_go_on(
    recipe: Path, scripted: Trainings, capfd: pytest.CaptureFixture[str]
) -> None:
    scripted.interrupt = {("trial-0001", 2)}
    assert main(["tune", str(recipe), "--out", "out"]) == 130
    *_, hint, last = capfd.readouterr().err.splitlines()
    assert hint == "The search is in out; go on with the same command and `--resume`."
    assert last == "Interrupted."
    assert main(["tune", str(recipe), "--out", "out", "--resume"]) == 0
    assert scripted.epochs.count(("trial-0001", 2)) == 1


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def without_seconds(folder: Path) -> list[dict[str, object]]:
    trials = json.loads((folder / "trials.json").read_text())
    return [{key: value for key, value in trial.items() if key != "seconds"} for trial in trials]


@pytest.mark.slow
def test_tune_killed_in_two_ways_finds_what_an_undisturbed_one_finds(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the first trial, SIGKILL in the second; both are then gone on with."""
    monkeypatch.chdir(tmp_path)
    assert main(["tune", str(recipe), "--out", "whole"]) == 0
    command = ["tune", str(recipe), "--out", "parts"]
    first, second = (tmp_path / "parts" / f"trial-000{number}" for number in (0, 1))

    program = [sys.executable, "-m", "s2s_keras", *command]
    # A process started in the background ignores Ctrl-C, and so would this one.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(program, stderr=subprocess.PIPE, preexec_fn=heed)
    wait_for(lambda: bool(find_checkpoints(first)), process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    lines = errors.decode().splitlines()
    assert lines[-1] == "Interrupted."
    assert "go on with the same command and `--resume`" in lines[-2]
    assert "Traceback" not in errors.decode()
    assert 1 <= len(read_history(first)) < 6
    assert not (first / "model.keras").exists()

    process = subprocess.Popen([*program, "--resume"], stderr=subprocess.DEVNULL)
    wait_for(lambda: bool(find_checkpoints(second)), process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    started = len(read_history(second))
    assert started < 6
    assert json.loads((tmp_path / "parts" / "trials.json").read_text())[1]["state"] == "running"

    assert main([*command, "--resume"]) == 0
    assert without_seconds(tmp_path / "parts") == without_seconds(tmp_path / "whole")
    for name in ("best.yaml", "config.json"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()
    for folder in (first, second):
        assert len(list((folder / "tensorboard").iterdir())) == 2  # it was not begun anew
        assert [row["epoch"] for row in read_history(folder)] == [1, 2, 3, 4, 5, 6]

    best = load_recipe(tmp_path / "parts" / "best.yaml")
    number = json.loads((tmp_path / "parts" / "trials.json").read_text())
    trial = min(number, key=lambda row: row["figure"])
    run = load_run(tmp_path / "parts" / f"trial-{trial['number']:04}")
    assert run.recipe == best
    assert (best.model.units, best.training.learning_rate) == tuple(trial["values"].values())
