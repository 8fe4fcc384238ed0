import math

import pytest

from s2s_keras.config import TrainingConfig
from s2s_keras.errors import ArtifactError
from s2s_keras.training.history import (
    best_epoch,
    is_complete,
    kept_epoch,
    read_history,
    write_history,
)


def history_of(*figures: float, monitor: str = "val_nll") -> list[dict[str, float]]:
    rows = enumerate(figures, 1)
    return [{"epoch": epoch, "step": 10 * epoch, monitor: figure} for epoch, figure in rows]


@pytest.mark.parametrize(
    ("monitor", "figures", "expected"),
    [
        ("val_nll", (3, 1, 2), 2),
        ("val_loss", (3, 1, 1), 2),
        ("val_exact_match", (0.3, 0.1, 0.3), 1),
        ("val_token_accuracy", (0.3, 0.1, 0.4), 3),
        ("val_nll", (math.nan, 2, math.nan), 2),
        ("val_exact_match", (math.nan, 0.0), 2),
        ("val_nll", (math.nan, math.nan), 1),
    ],
)
def test_best_epoch_is_the_first_with_the_best_figure(monitor, figures, expected):
    history = history_of(*figures, monitor=monitor)
    assert best_epoch(history, monitor) == expected
    assert kept_epoch(history, TrainingConfig(monitor=monitor)) == expected
    assert kept_epoch(history, TrainingConfig(monitor=monitor, keep="last")) == len(figures)


@pytest.mark.parametrize(
    ("figures", "expected"), [((1, 2), 1), ((1, 2, 4), 3), ((1, 2, 4, 3), 4), ((1, 2, 3, 3), 3)]
)
def test_kept_epoch_is_one_that_trained_for_int8_as_soon_as_there_is_one(figures, expected):
    settings = TrainingConfig(epochs=4, quantization_aware_epochs=2)
    assert kept_epoch(history_of(*figures), settings) == expected


@pytest.mark.parametrize(
    ("figures", "patience", "expected"),
    [
        ((), 1, False),
        ((1, 2, 2), None, False),
        ((2, 1, 3), 1, True),
        ((2, 1, 3), 2, False),
        ((2, 1, 3, 1), 2, True),
        ((4, 3, 2, 1, 0), None, True),
    ],
)
def test_training_is_complete_without_patience_or_epochs(figures, patience, expected):
    settings = TrainingConfig(epochs=5, early_stopping_patience=patience)
    assert is_complete(history_of(*figures), settings) is expected


def test_history_survives_its_file(tmp_path):
    assert read_history(tmp_path) == []
    history = history_of(1 / 3, math.pi, 1e-17)
    write_history(history, tmp_path)
    assert read_history(tmp_path) == history
    assert read_history(tmp_path, steps=20) == history[:2]


@pytest.mark.parametrize("text", ["epoch,loss\n1,2\n", "epoch,step\n1,x\n", "epoch,step\n1\n"])
def test_damaged_history_is_refused(tmp_path, text):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(ArtifactError, match=r"history.csv: this is not a training's history"):
        read_history(tmp_path)
