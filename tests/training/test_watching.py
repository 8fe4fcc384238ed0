"""What a training shows while it goes on, and that showing it changes nothing."""

import json
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from s2s_keras.data import Pair
from s2s_keras.recipe import load_recipe
from s2s_keras.training import watching
from s2s_keras.training.history import read_history
from s2s_keras.training.run import train
from tests.events import read_events
from tests.page import Page
from tests.training.scripted import (
    MOMENTUM,
    PAIRS,
    Script,
    assert_all_close,
    make_recipe,
    trainable_weights,
)
from tests.training.test_training_report import HISTORY, METRICS, subject_of


def test_tensorboard_finds_figures_samples_and_alignments(toy_run: Path, toy_dev) -> None:
    found = read_events(toy_run / "tensorboard")
    history = read_history(toy_run)
    epochs = [row["epoch"] for row in history]
    assert set(found["scalars"]) == set(history[0]) - {"epoch", "step"}
    for tag, values in found["scalars"].items():
        assert values == pytest.approx({row["epoch"]: row[tag] for row in history}, rel=1e-6)
    texts = found["text"]["samples"]
    assert list(texts) == epochs
    step = len(toy_dev) // 4
    for text in texts.values():
        rows = [line.strip("| ").split(" | ") for line in text.splitlines()]
        assert rows[0] == ["source", "reference", "output"]
        assert [row[:2] for row in rows[2:]] == toy_dev[::step][:4]
    assert len(set(texts.values())) > 1  # it learns
    assert sum(row[1] == row[2] for row in rows[2:]) >= 3
    assert set(found["images"]) == {"alignment/1", "alignment/2"}
    for pictures in found["images"].values():
        assert list(pictures) == epochs
        assert len(set(pictures.values())) > 1
        assert all(png.startswith(b"\x89PNG") for png in pictures.values())


def test_report_of_a_finished_run_is_complete(toy_run: Path, toy_dev) -> None:
    page = Page((toy_run / "report.html").read_text(encoding="utf-8"))
    metrics = json.loads((toy_run / "metrics.json").read_text())
    assert f"epoch {metrics['kept_epoch']}" in page.text("p")
    assert f"{metrics['exact_match']:.1%}" in page.text("td")
    assert f"{len(toy_dev):,}" in page.text("td")
    texts = page.texts["bdi"]
    assert texts[0::3] == [source for source, _ in toy_dev[:: len(toy_dev) // 4]][:4]
    assert sum(a == b for a, b in zip(texts[1::3], texts[2::3], strict=True)) >= 3
    assert page.all("rect", class_="weight")


def test_config_of_a_run_is_a_recipe_that_goes_on(toy_run: Path) -> None:
    """As the report says."""
    lines: list[str] = []
    train(load_recipe(toy_run / "config.json"), toy_run, resume=True, report=lines.append)
    assert lines == [f"{toy_run} is finished already."]


def test_pictures_take_little_time_of_short_epochs(tmp_path: Path, monkeypatch) -> None:
    now, drawn = 0.0, []

    def draw(folder, subject, history, samples, metrics=None):
        nonlocal now
        now += 0.5  # seconds
        drawn.append((len(history), metrics))

    pictured = []
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(watching, "write_training_report", draw)
    monkeypatch.setattr(watching, "plot_history", lambda *given: pictured.append(given[1:]))
    watcher = watching.Watcher(tmp_path, subject_of(), [])
    for epochs, second in ((1, 0.0), (2, 10.0), (3, 10.6), (3, 12.0)):
        now = second
        watcher.show(HISTORY[:epochs])
    assert drawn == [(1, None), (3, None)]
    for _ in range(2):  # as at an interruption
        watcher.draw()
    assert drawn == [(1, None), (3, None), (3, None)]
    watcher.finish(None, HISTORY, METRICS)
    assert drawn[3:] == [(3, METRICS)]
    assert pictured == [(tmp_path / "loss.png", kept) for kept in (1, 2, 2, 2)]
    watcher.close()
    assert len(read_events(tmp_path / "tensorboard")["scalars"]["nll"]) == 3


@pytest.mark.slow
def test_watching_changes_no_training(tmp_path: Path) -> None:
    """With all that has a state: dropout, the moving average, scheduled sampling, rounding."""
    options = {
        "ema_momentum": MOMENTUM,
        "quantization_aware_epochs": 1,
        "scheduled_sampling": {"schedule": "constant"},
    }
    weights, histories = [], []
    for count in (0, 3):
        recipe = make_recipe(tmp_path, units=20, samples=count, **options)
        model = recipe.model.model_copy(update={"dropout": 0.3, "token_dropout": 0.1})
        recipe = recipe.model_copy(update={"model": model})
        script, run = Script(), tmp_path / str(count)
        assert script.train(recipe, run, interrupt_after=2) is None
        assert "2 of 3 epochs are done" in (run / "report.html").read_text(encoding="utf-8")
        weights.append(trainable_weights(script.train(recipe, run, resume=True).model))
        rows = read_history(run)
        for row in rows:
            for key in ("tokens_per_second", "waiting", "seconds"):
                del row[key]
        histories.append(rows)
        texts = read_events(run / "tensorboard")["text"]
        assert list(texts.get("samples", {})) == ([1, 2, 3] if count else [])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert histories[0] == histories[1]


@pytest.mark.slow
def test_epochs_before_a_failure_are_drawn(tmp_path: Path) -> None:
    def fail(epoch, logs):
        if epoch == 1:
            raise RuntimeError("as where a trial is stopped")

    failing = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(RuntimeError, match="a trial"):
        train(make_recipe(tmp_path, samples=0), tmp_path / "run", callbacks=[failing])
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "2 of 3 epochs are done" in report


@pytest.mark.slow
def test_samples_are_those_of_the_average(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[np.ndarray]] = []
    decode = watching.decode_samples

    def spy(model, pairs, settings):
        seen.append(trainable_weights(model))
        return decode(model, pairs, settings)

    monkeypatch.setattr(watching, "decode_samples", spy)
    script = Script()
    script.train(
        make_recipe(tmp_path, epochs=2, ema_momentum=MOMENTUM, keep="last"), tmp_path / "r"
    )
    one, two = script.weights[1], script.weights[2]
    average = [MOMENTUM * a + (1 - MOMENTUM) * b for a, b in zip(one, two, strict=True)]
    assert max(np.abs(a - b).max() for a, b in zip(average, two, strict=True)) > 0.01
    assert len(seen) == 3  # after each epoch, and of what is kept
    assert_all_close(seen[1], average)
    assert_all_close(seen[2], average)


@pytest.mark.slow
def test_hostile_texts_stay_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = [Pair("<b>", "|&"), *PAIRS]
    monkeypatch.setattr("tests.training.scripted.PAIRS", hostile)
    train(make_recipe(tmp_path, epochs=1), tmp_path / "run")
    [text] = read_events(tmp_path / "run" / "tensorboard")["text"]["samples"].values()
    assert text.splitlines()[2].startswith("| &#60;b&#62; | &#124;&#38; | ")
    page = Page((tmp_path / "run" / "report.html").read_text(encoding="utf-8"))
    assert page.texts["bdi"][:2] == ["<b>", "|&"]
    assert not page.all("b")
