import signal

import numpy as np
import pytest

from s2s_keras.training.callbacks import InterruptGuard, ProgressBar, plot_history


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


def test_history_plot_shows_train_and_dev(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    saved = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: (saved.append(f), save(f, *a, **k)))
    row = {"loss": 1.0, "val_loss": 1.5, "exact_match": 0.2, "val_exact_match": 0.1}
    history = [{"epoch": 1, **row}, {"epoch": 2, **{key: value / 2 for key, value in row.items()}}]
    plot_history(history, tmp_path / "loss.png")
    [figure] = saved
    lines = {
        (axes.get_ylabel(), line.get_label()): line.get_ydata()
        for axes in figure.axes
        for line in axes.lines
    }
    assert len(lines) == 4
    np.testing.assert_allclose(lines["loss (nats a token)", "dev"], [1.5, 0.75])
    assert (tmp_path / "loss.png").stat().st_size > 1000
