import signal
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from s2s_keras.config import TrainingConfig
from s2s_keras.training.callbacks import InterruptGuard, ProgressBar, RunRecorder
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
    guard = InterruptGuard()
    guard.on_train_begin()
    guard.on_train_batch_end(0)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        guard.on_train_batch_end(1)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    guard.close()


def test_progress_without_a_terminal_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(steps=4, tokens_per_step=1000.0, done=1, line_seconds=0.0)
    bar.set_params({"epochs": 2})
    bar.on_train_begin()
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, logs={"loss": 2.5})
    bar.on_train_end()
    line = capsys.readouterr().err
    assert line.startswith("epoch 1/2, step 2/4: loss 2.5000, ")
    assert "tokens/s" in line
    assert "s left" in line


def record(folder: Path, figures: list[float], **settings: object) -> tuple[int, RunRecorder]:
    """Goes on with scripted dev figures until the recorder stops.

    An epoch has one step, and the model one weight: the number of the epoch.
    """
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.optimizer.build(model.trainable_variables)
    recorder = RunRecorder(folder, TrainingConfig(**settings), read_history(folder))
    recorder.set_model(model)
    recorder.on_train_begin()
    model.stop_training = False
    epoch = len(recorder.history)
    while epoch < len(figures) and not model.stop_training:
        model.trainable_variables[0].assign([[epoch + 1.0]])
        model.optimizer.iterations.assign(epoch + 1)
        logs = dict.fromkeys(("nll", "exact_match", "val_exact_match"), 0.5)
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
    assert epoch_of(tmp_path / "checkpoint.keras") == trained
    if best < trained:
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
    assert epoch_of(tmp_path / "checkpoint.keras") == 2
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_recorder_keeping_the_last_epoch_puts_none_aside(tmp_path) -> None:
    record(tmp_path, [5, 4, 6], keep="last")
    assert not (tmp_path / "best.keras").exists()
