from pathlib import Path

import pytest

from s2s_keras.config import TuneConfig
from s2s_keras.training.trial_plot import _best_so_far, plot_trials
from s2s_keras.training.trials import Trial

FIGURES = [("complete", 3.0), ("refused", None), ("complete", 4.0), ("pruned", 1.0)]
FIGURES += [("complete", 2.0)]
TRIALS = [
    Trial(number, {"model.units": number + 1, "data.bucket_lengths": [number % 2 + 1]}, *rest)
    for number, rest in enumerate(FIGURES)
]


@pytest.mark.parametrize(
    ("monitor", "expected"), [("val_nll", [3.0, 3.0, 2.0]), ("val_exact_match", [3.0, 4.0, 4.0])]
)
def test_best_so_far_is_that_of_the_complete_trials(monitor: str, expected: list[float]) -> None:
    assert _best_so_far(TRIALS, monitor) == ([0, 2, 4], expected)


@pytest.mark.parametrize("trials", [TRIALS, TRIALS[1:2]], ids=["some", "none complete"])
def test_plot_of_any_trials_is_drawn(trials: list[Trial], tmp_path: Path) -> None:
    space = {
        "model.units": {"low": 1, "high": 9, "log": True},
        "data.bucket_lengths": {"choices": [[1], [2]]},
    }
    plot_trials(trials, TuneConfig(space=space), "val_nll", tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
