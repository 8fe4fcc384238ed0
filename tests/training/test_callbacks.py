import signal
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from s2s_keras.config import TrainingConfig
from s2s_keras.errors import TrainingError
from s2s_keras.training.callbacks import InterruptGuard, NumberGuard, ProgressBar, RunRecorder
from s2s_keras.training.checkpoint import Position, find_checkpoints
from s2s_keras.training.history import kept_epoch, read_history


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process started in the background ignores Ctrl-C, and so would the test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_waits_for_the_end_of_the_batch_and_a_second_does_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    saved: list[bool] = []
    guard = InterruptGuard(lambda: saved.append(True))
    guard.set_model(keras.Sequential())
    guard.model.stop_training = False
    guard.on_train_begin()
    guard.on_train_batch_end(0)
    signal.raise_signal(signal.SIGINT)
    guard.model.stop_training = True  # the last of an epoch, which must be recorded first
    guard.on_train_batch_end(1)
    with pytest.raises(KeyboardInterrupt):
        guard.on_epoch_end(0)
    assert not saved
    guard.model.stop_training = False
    with pytest.raises(KeyboardInterrupt):
        guard.on_train_batch_end(2)
    assert saved
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    guard.close()


def test_progress_without_a_terminal_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(4, 1000.0, 1, lambda step: step / 100, lambda: 0.0, line_seconds=0.0)
    bar.set_params({"epochs": 2})
    bar.on_train_begin()
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, logs={"loss": 2.5})
    bar.on_train_end()
    line = capsys.readouterr().err
    assert line.startswith("epoch 1/2, step 2/4: loss 2.5000, learning rate 0.02, ")
    assert "tokens/s, 0% waiting for data, " in line
    assert "s left" in line


@pytest.mark.parametrize("weight", [1.0, np.nan])
def test_numbers_that_are_none_are_reported_with_their_batch(tmp_path: Path, weight: float) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.trainable_variables[0].assign([[weight]])
    lines: list[str] = []

    def batch_at(step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        ids = np.array([[step]], np.int32)
        return {"source_ids": ids, "target_ids": ids + 1}, ids

    guard = NumberGuard(batch_at, tmp_path, 5, lines.append)
    guard.set_model(model)
    guard.on_epoch_begin(1)
    guard.on_train_batch_end(0, {"loss": 2.0})
    assert not list(tmp_path.iterdir())
    if np.isnan(weight):
        with pytest.raises(TrainingError, match=r"since step 7, .*nan-7.npz, and neither are the"):
            guard.on_train_batch_end(1, {"loss": np.nan})
    else:
        for batch in (1, 2):  # the mean of the epoch stays what it is, and is reported once
            guard.on_train_batch_end(batch, {"loss": np.nan})
        assert len(lines) == 1 and "The optimiser left it out" in lines[0]
    with np.load(tmp_path / "nan-7.npz") as found:
        assert {name: found[name].tolist() for name in found.files} == {
            "source_ids": [[6]],
            "target_ids": [[7]],
        }


def record(folder: Path, figures: list[float], **settings: object) -> tuple[int, RunRecorder]:
    """Goes on with scripted dev figures until the recorder stops.

    An epoch has one step, and the model one weight: the number of the epoch.
    """
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.optimizer.build(model.trainable_variables)
    paths = find_checkpoints(folder)
    done = epoch_of(paths[0]) if paths else 0
    position = Position(done, 0.0, epoch_steps=1, target_tokens=8)
    rows = read_history(folder, done)
    recorder = RunRecorder(folder, TrainingConfig(**settings), position, rows)
    recorder.set_model(model)
    recorder.on_train_begin()
    model.stop_training = False
    epoch = len(recorder.history)
    while epoch < len(figures) and not model.stop_training:
        model.trainable_variables[0].assign([[epoch + 1.0]])
        logs = dict.fromkeys(("nll", "exact_match", "val_exact_match"), 0.5)
        recorder.on_epoch_begin(epoch)
        recorder.on_train_batch_end(0)
        assert model.stop_training  # so that an epoch that was begun before ends in time
        recorder.on_epoch_end(epoch, {**logs, "val_nll": figures[epoch]})
        epoch += 1
    recorder.on_train_end()
    return epoch, recorder


def epoch_of(path: Path) -> int:
    [weight] = keras.saving.load_model(path).get_weights()
    return int(weight.item())


@pytest.mark.parametrize(
    ("figures", "patience", "trained", "best"),
    [
        ([5, 4, 3, 2], 1, 4, 4),
        ([5, 4, 6, 3], 1, 3, 2),
        ([5, 4, 6, 3, 4, 4], 2, 6, 4),
        ([5, 5, 5, 5], 2, 3, 1),
        ([5, np.nan, 4, np.nan], 2, 4, 3),
        ([5, 4, 6, 6, 3, 9], None, 6, 5),
    ],
)
@pytest.mark.parametrize("interrupted", [False, True])
def test_recorder_stops_in_time_and_has_the_best_epoch(
    tmp_path, figures, patience, trained, best, interrupted
) -> None:
    if interrupted:  # the patience and the best epoch of before go on
        record(tmp_path, figures[: trained - 1], early_stopping_patience=patience)
    end, recorder = record(tmp_path, figures, early_stopping_patience=patience)
    assert end == trained
    assert kept_epoch(recorder.history, recorder.settings) == best
    assert epoch_of(find_checkpoints(tmp_path)[0]) == trained
    assert len(find_checkpoints(tmp_path)) == recorder.settings.keep_checkpoints
    assert epoch_of(tmp_path / "best.keras") == best


def test_recorder_interrupted_at_a_checkpoint_still_has_the_best_epoch(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, [5, 4])

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "save", interrupt)
        with pytest.raises(KeyboardInterrupt):
            record(tmp_path, [5, 4, 6])
    assert len(read_history(tmp_path)) == 3
    rows = read_history(tmp_path, steps=2)  # what the checkpoint has
    assert kept_epoch(rows, TrainingConfig()) == 2
    assert epoch_of(find_checkpoints(tmp_path)[0]) == 2
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_recorder_keeping_the_last_epoch_puts_none_aside(tmp_path) -> None:
    record(tmp_path, [5, 4, 6], keep="last")
    assert not (tmp_path / "best.keras").exists()
