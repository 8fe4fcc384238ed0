import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_keras.data import Pair, write_pairs
from s2s_keras.errors import ArtifactError, ConfigError, DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.text import SubwordTokenizer, Tokenizer
from s2s_keras.training.checkpoint import find_checkpoints
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
        "report.html",
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
    with pytest.raises(ConfigError, match=r"changed: export.shortlist\. Choose"):
        train(recipe, toy_run, resume=True)


def test_train_resume_says_what_has_changed_that_the_weights_do_not_hang_on(
    toy_run: Path, toy_folder: Path
) -> None:
    recipe = load_recipe(
        toy_folder / "recipe.yaml", ["training.samples=3", "decoding.beam_width=2"]
    )
    lines: list[str] = []
    train(recipe, toy_run, resume=True, report=lines.append)
    assert lines[0] == (
        f"Changed since {toy_run} was started: training.samples, decoding.beam_width"
    )


@pytest.mark.slow
def test_train_interrupted_after_the_last_epoch_is_finished(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path)
    whole = Script().train(recipe, tmp_path / "whole")
    out = tmp_path / "run"
    assert Script().train(recipe, out, interrupt_after=3) is None
    script = Script()
    run = script.train(recipe, out, resume=True)
    assert script.epochs == []
    assert run.metrics == whole.metrics == load_run(out).metrics
    assert_all_close(trainable_weights(run.model), trainable_weights(whole.model))


def test_train_damaged_checkpoints_are_refused(
    toy_run: Path, toy_folder: Path, tmp_path: Path
) -> None:
    shutil.copy(toy_run / "config.json", tmp_path)
    (tmp_path / "checkpoints").mkdir()
    path = tmp_path / "checkpoints" / "step-000000007.keras"
    for write in (
        lambda: path.write_bytes(b"half"),
        lambda: shutil.copy(toy_run / "model.keras", path),
    ):
        write()
        with pytest.raises(
            ArtifactError, match=r"Keras cannot load it|not a training's checkpoint"
        ):
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
    assert not {path.name for path in out.iterdir()} & {"checkpoints", "best.keras"}

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


@pytest.mark.slow
def test_train_resume_without_history_or_with_other_data_is_refused(tmp_path: Path) -> None:
    recipe, out = make_recipe(tmp_path), tmp_path / "run"
    assert Script().train(recipe, out, interrupt_after=2) is None
    (out / "history.csv").rename(tmp_path / "history.csv")
    with pytest.raises(ArtifactError, match="must hold the 2 epochs before step-000000002.keras"):
        train(recipe, out, resume=True)
    (tmp_path / "history.csv").rename(out / "history.csv")
    write_pairs(tmp_path / "pairs.tsv", [Pair("ab", "ba"), Pair("c", "c")])
    with pytest.raises(ConfigError, match="started with other data: .* 1 batches with 15 target"):
        train(recipe, out, resume=True)


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
    shutil.rmtree(early / "checkpoints")
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


def start(arguments: list[str], **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "s2s_keras", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def wait_for_checkpoint(out: Path, known: set[Path] = frozenset()) -> None:
    deadline = time.monotonic() + 120
    while not set(find_checkpoints(out)) - known:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_train_killed_and_interrupted_is_one_that_never_stopped(
    toy_folder: Path, tmp_path: Path, backend: str
) -> None:
    """With dropout, token dropout, moving averages and scheduled sampling, within epochs."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    settings = ["model.dropout=0.2", "model.token_dropout=0.1", "training.epochs=3"]
    settings += ["training.scheduled_sampling.schedule=linear", "training.ema_momentum=0.9"]
    settings += ["training.batch_size=32", "training.checkpoint_seconds=0.5"]
    arguments = ["train", str(toy_folder / "recipe.yaml"), *SMALL]
    arguments += [part for setting in settings for part in ("--set", setting)]
    whole, out = tmp_path / "whole", tmp_path / "run"
    process = start([*arguments, "--out", str(whole)], env=environment)
    process.communicate(timeout=300)
    assert process.returncode == 0

    for stop in (signal.SIGKILL, signal.SIGINT):
        known = set(find_checkpoints(out))
        process = start([*arguments, "--out", str(out), "--resume"], env=environment)
        wait_for_checkpoint(out, known)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
        if stop == signal.SIGINT:
            assert process.returncode == 130
            assert "Traceback" not in errors
            assert "go on with `--resume`" in errors
            assert errors.rstrip().endswith("Interrupted.")
            assert not [path for path in out.rglob("*") if path.name.startswith(".")]
    newest = find_checkpoints(out)[0]
    newest.write_bytes(newest.read_bytes()[:1000])  # by a disk, say
    process = start([*arguments, "--out", str(out), "--resume"], env=environment)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Going on from the checkpoint before." in errors

    runs = [load_run(folder) for folder in (whole, out)]
    for one, other in zip(*(run.model.get_weights() for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)
    assert runs[0].metrics == runs[1].metrics
    varies = {"tokens_per_second", "waiting", "seconds"}
    rows = [
        [{key: row[key] for key in row.keys() - varies} for row in read_history(folder)]
        for folder in (whole, out)
    ]
    assert rows[0] == rows[1]
    assert not (out / "checkpoints").exists() and not (out / "best.keras").exists()


@pytest.mark.slow
def test_train_on_a_full_disk_leaves_the_last_checkpoint(toy_folder: Path, tmp_path: Path) -> None:
    """A limit of the size of files stands for the disk."""
    out = tmp_path / "run"
    arguments = ["train", str(toy_folder / "recipe.yaml"), *SMALL, "--out", str(out)]
    arguments += ["--set", "training.epochs=3"]
    process = start(arguments)
    wait_for_checkpoint(out)
    process.kill()
    process.communicate()
    before = {path: path.read_bytes() for path in find_checkpoints(out)}

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = start([*arguments, "--resume"], preexec_fn=limit)
    _, errors = process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    assert "Traceback" not in errors
    assert "File too large" in errors
    assert {path: path.read_bytes() for path in before} == before
    assert not [path for path in (out / "checkpoints").iterdir() if path not in before]
    process = start([*arguments, "--resume"])
    process.communicate(timeout=120)
    assert process.returncode == 0
