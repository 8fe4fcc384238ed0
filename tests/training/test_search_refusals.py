import sys
from pathlib import Path

import pytest
from filelock import FileLock

from s2s_keras.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    MissingDependencyError,
)
from s2s_keras.training.search import tune
from tests.training.scripted_trials import make_recipe


def test_tune_resume_with_another_recipe_names_what_changed(script, tmp_path: Path) -> None:
    script()
    tune(make_recipe(tmp_path), tmp_path / "out", trials=1)
    with pytest.raises(ConfigError, match=r"changed: training.epochs, tune.seed\. Choose"):
        changed = make_recipe(tmp_path, seed=5, training={"epochs": 3})
        tune(changed, tmp_path / "out", resume=True)
    with pytest.raises(ConfigError, match=r"changed: tune.space.model.units.high\. Choose"):
        space = {**make_recipe(tmp_path).tune.model_dump()["space"]}
        space["model.units"]["high"] = 50
        tune(make_recipe(tmp_path, space), tmp_path / "out", resume=True)
    with pytest.raises(ConfigError, match="Go on with `--resume`"):
        tune(make_recipe(tmp_path), tmp_path / "out")


def test_tune_in_the_folder_of_a_training_is_refused(script, tmp_path: Path) -> None:
    script()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds a training; choose another"):
        tune(make_recipe(tmp_path), tmp_path / "out", resume=True)


def test_tune_twice_at_once_is_refused(script, tmp_path: Path) -> None:
    script()
    recipe = make_recipe(tmp_path)
    tune(recipe, tmp_path / "out", trials=1)
    with (
        FileLock(tmp_path / "out" / "search.lock"),
        pytest.raises(ConfigError, match="another search is at work in this folder"),
    ):
        tune(recipe, tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "{}",
        "[5]",
        '[{"number": 1, "values": {}}]',
        '[{"number": 0, "values": {}, "state": 1}]',
        '[{"number": 0, "values": {}, "state": "complete"}]',
    ],
)
def test_tune_resume_with_damaged_trials_is_refused(script, tmp_path: Path, text: str) -> None:
    script()
    recipe = make_recipe(tmp_path)
    tune(recipe, tmp_path / "out", trials=1)
    (tmp_path / "out" / "trials.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"trials.json: these are not the trials of a search"):
        tune(recipe, tmp_path / "out", resume=True)


@pytest.mark.parametrize("trials", [0, -1])
def test_tune_of_no_trials_is_refused(script, tmp_path: Path, trials: int) -> None:
    script()
    with pytest.raises(ConfigError, match=f"must be at least 1. Received: {trials}"):
        tune(make_recipe(tmp_path), tmp_path / "out", trials=trials)
    assert not (tmp_path / "out").exists()


def test_tune_without_its_section_is_refused(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path).model_copy(update={"tune": None})
    with pytest.raises(ConfigError, match="needs a section `tune`"):
        tune(recipe, tmp_path / "out")


def test_tune_of_missing_data_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path)
    (tmp_path / "pairs.tsv").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        tune(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_tune_without_optuna_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[tune\]'"):
        tune(make_recipe(tmp_path), tmp_path / "out")
