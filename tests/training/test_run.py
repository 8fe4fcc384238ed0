import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.data import Pair, write_pairs
from s2s_keras.errors import ArtifactError, ConfigError, DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.text import SubwordTokenizer, Tokenizer
from s2s_keras.training.corpus import learn_tokenizers, load_corpus
from s2s_keras.training.history import best_epoch, read_history
from s2s_keras.training.run import load_run, train
from tests.training.scripted import (
    CLIP_NORM,
    MOMENTUM,
    Script,
    assert_all_close,
    check_averaging,
    check_training_for_int8,
    make_recipe,
    trainable_weights,
)

SMALL = ["--set", "model.units=8", "--set", "training.batch_size=256"]


def test_train_toy_task_is_learned(toy_run: Path) -> None:
    metrics = json.loads((toy_run / "metrics.json").read_text())
    assert metrics["exact_match"] >= 0.9
    assert metrics["unprocessed"] == 0
    assert metrics["chrf"]["low"] <= metrics["chrf"]["score"] <= metrics["chrf"]["high"]
    assert metrics["chrf"]["score"] > 90


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
    history = read_history(toy_run)
    assert [row["epoch"] for row in history] == list(range(1, 6))
    assert history[-1]["val_loss"] < history[0]["val_loss"]
    assert history[-1]["learning_rate"] < 0.001
    assert [row["val_loss"] for row in history] == pytest.approx(
        [row["val_nll"] for row in history], rel=0.1
    )
    metrics = json.loads((toy_run / "metrics.json").read_text())
    assert metrics["trained_epochs"] == 5
    assert metrics["kept_epoch"] == best_epoch(history, "val_nll")
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
    with pytest.raises(ConfigError, match=r"changed: training.epochs\. Choose"):
        train(recipe, toy_run, resume=True)
    recipe = load_recipe(toy_folder / "recipe.yaml", ["data.folder=/x", "export.shortlist.size=5"])
    with pytest.raises(ConfigError, match=r"changed: data.folder, export.shortlist\. Choose"):
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
def test_train_keeps_the_best_epoch_through_interruptions(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path, epochs=9, early_stopping_patience=2, ema_momentum=MOMENTUM)
    out = tmp_path / "run"
    script = Script(val_nll=(2.0, 1.0, 1.5, 1.25))
    lines: list[str] = []
    assert script.train(recipe, out, interrupt_after=3) is None
    assert script.train(recipe, out, interrupt_after=4, resume=True) is None
    run = script.train(recipe, out, resume=True, report=lines.append)
    assert script.epochs == [1, 2, 3, 4]
    assert "Stopped early: no better val_nll since epoch 2." in lines
    assert (run.metrics["kept_epoch"], run.metrics["trained_epochs"]) == (2, 4)
    pairs = zip(script.weights[1], script.weights[2], strict=True)
    average = [MOMENTUM * first + (1 - MOMENTUM) * second for first, second in pairs]
    assert_all_close(trainable_weights(run.model), average)
    assert_all_close(trainable_weights(load_run(out).model), average)
    assert not {path.name for path in out.iterdir()} & {"checkpoint.keras", "best.keras"}

    # The recipe's smoothing, clipping and schedule are at work.
    first, second, third, _ = read_history(out)
    assert abs(first["loss"] - first["nll"]) > 1e-3
    # Adam's first moment is 1 - beta_1 of the gradient. TensorFlow takes the norm of an embedding's
    # gradient before it adds up the rows of a token.
    assert script.momentum_norms[1] == pytest.approx(0.1 * CLIP_NORM, rel=0.05)
    rates = [row["learning_rate"] for row in (first, second, third)]
    assert rates == pytest.approx([0.05, 0.05 / 2**0.5, 0.05 / 3**0.5])


@pytest.mark.slow
def test_train_keeps_the_average_of_the_weights(tmp_path: Path) -> None:
    check_averaging(tmp_path)


@pytest.mark.slow
def test_train_for_int8_rounds_what_the_model_reads(tmp_path: Path) -> None:
    check_training_for_int8(tmp_path)


@pytest.mark.slow
def test_train_averages_and_rounds_on_jax_too() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.training.scripted"],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == "jax"


def test_train_resume_without_history_is_refused(
    toy_run: Path, toy_folder: Path, tmp_path: Path
) -> None:
    shutil.copy(toy_run / "config.json", tmp_path)
    shutil.copy(toy_run / "model.keras", tmp_path / "checkpoint.keras")
    with pytest.raises(ArtifactError, match="history.csv must hold the epochs of checkpoint.keras"):
        train(load_recipe(toy_folder / "recipe.yaml"), tmp_path, resume=True)


@pytest.mark.slow
def test_train_resumed_counts_with_the_subwords_it_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checkpoint and before the first; the data would give another vocabulary now."""
    recipe = make_recipe(tmp_path)
    data = recipe.data.model_copy(update={"tokenizer": "subword", "max_vocabulary": 5})
    recipe = recipe.model_copy(update={"data": data})
    run = tmp_path / "run"
    assert Script().train(recipe, run, interrupt_after=1) is None
    early = shutil.copytree(run, tmp_path / "early")
    (early / "checkpoint.keras").unlink()
    tokenizer = Tokenizer.from_json((run / "source_tokenizer.json").read_text())

    text = "bbbbbbbb"
    write_pairs(tmp_path / "pairs.tsv", [Pair(text, "b"), Pair("b", "b")])
    before, now = tokenizer.pieces(text), learn_tokenizers(load_corpus(data), data)[0].pieces(text)
    assert len(before) > data.max_source_length >= len(now)
    monkeypatch.setattr(SubwordTokenizer, "learn", None)
    for folder in (run, early):
        with pytest.raises(DataError, match=f"pairs.tsv:1: the source has {len(before)} tokens"):
            train(recipe, folder, resume=True)
    (early / "target_tokenizer.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"target_tokenizer.json: cannot be read"):
        train(recipe, early, resume=True)


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
    before = read_history(out)
    assert 1 <= len(before) < 12

    assert main([*arguments, "--resume"]) == 0
    after = read_history(out)
    assert [row["epoch"] for row in after] == list(range(1, 13))
    assert after[: len(before) - 1] == before[:-1]  # the last row may be ahead of its checkpoint
    assert (out / "model.keras").exists()
    assert not (out / "checkpoint.keras").exists()
