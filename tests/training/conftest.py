import pytest

from s2s_keras.training import search
from tests.training.scripted_trials import Trainings


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    """Replaces the trainings of a search, and its picture, which takes longest."""
    monkeypatch.setattr(search, "plot_trials", lambda *arguments: None)

    def use(*arguments, **options) -> Trainings:
        trainings = Trainings(*arguments, **options)
        monkeypatch.setattr(search, "run_trial", trainings)
        return trainings

    return use
