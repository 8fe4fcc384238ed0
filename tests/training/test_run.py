import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.config import load_recipe
from s2s_keras.errors import ArtifactError, ConfigError
from s2s_keras.training.callbacks import read_history
from s2s_keras.training.run import load_run, train

SMALL = ["--set", "model.units=8", "--set", "training.batch_size=256"]


def test_train_toy_task_is_learned(toy_run: Path) -> None:
    metrics = json.loads((toy_run / "metrics.json").read_text())
    assert metrics["exact_match"] >= 0.9
    assert metrics["unprocessed"] == 0


def test_train_run_folder_is_complete(toy_run: Path) -> None:
    names = {path.name for path in toy_run.iterdir()}
    assert names == {
        "config.json",
        "history.csv",
        "loss.png",
        "metrics.json",
        "model.keras",
        "sample.json",
        "source_tokenizer.json",
        "target_tokenizer.json",
        "tensorboard",
    }
    history = read_history(toy_run, 99)
    assert [row["epoch"] for row in history] == list(range(1, 6))
    assert history[-1]["val_loss"] < history[0]["val_loss"]
    assert history[-1]["learning_rate"] < 0.001
    assert list((toy_run / "tensorboard").glob("events.out.tfevents.*"))


def test_train_finished_run_is_returned_on_resume(toy_run: Path, toy_folder: Path) -> None:
    recipe = load_recipe(toy_folder / "recipe.yaml")
    lines: list[str] = []
    run = train(recipe, toy_run, resume=True, report=lines.append)
    assert run.metrics["exact_match"] >= 0.9
    assert lines == [f"{toy_run} is finished already."]


def test_train_into_an_existing_run_is_refused(toy_run: Path, toy_folder: Path) -> None:
    with pytest.raises(ConfigError, match="holds a run already"):
        train(load_recipe(toy_folder / "recipe.yaml"), toy_run)


def test_train_resume_with_another_recipe_names_the_section(
    toy_run: Path, toy_folder: Path
) -> None:
    recipe = load_recipe(toy_folder / "recipe.yaml", ["training.epochs=3"])
    with pytest.raises(ConfigError, match="changed: training"):
        train(recipe, toy_run, resume=True)


def test_train_interrupted_after_the_last_epoch_is_finished(
    toy_run: Path, toy_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(toy_run, out)
    (out / "metrics.json").unlink()
    (out / "model.keras").rename(out / "checkpoint.keras")
    run = train(load_recipe(toy_folder / "recipe.yaml"), out, resume=True)
    assert run.metrics == load_run(toy_run).metrics
    assert (out / "history.csv").read_text() == (toy_run / "history.csv").read_text()


def test_train_damaged_checkpoint_is_refused(
    toy_run: Path, toy_folder: Path, tmp_path: Path
) -> None:
    shutil.copy(toy_run / "config.json", tmp_path)
    (tmp_path / "checkpoint.keras").write_bytes(b"half")
    with pytest.raises(ArtifactError, match="Keras cannot load it"):
        train(load_recipe(toy_folder / "recipe.yaml"), tmp_path, resume=True)


def test_load_run_of_an_unfinished_or_foreign_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not a run folder"):
        load_run(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match="not finished"):
        load_run(tmp_path)


@pytest.mark.slow
def test_train_interrupted_goes_on_after_the_last_epoch(toy_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["train", str(toy_folder / "recipe.yaml"), "--out", str(out), *SMALL]
    arguments += ["--set", "training.epochs=12"]
    process = subprocess.Popen(
        [sys.executable, "-m", "s2s_keras", *arguments], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (out / "checkpoint.keras").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.rstrip().endswith("Interrupted.")
    assert "go on with `--resume`" in errors
    assert not (out / "model.keras").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    before = read_history(out, 99)
    assert 1 <= len(before) < 12

    assert main([*arguments, "--resume"]) == 0
    after = read_history(out, 99)
    assert [row["epoch"] for row in after] == list(range(1, 13))
    assert after[: len(before) - 1] == before[:-1]  # the last row may be ahead of its checkpoint
    assert (out / "model.keras").exists()
    assert not (out / "checkpoint.keras").exists()
