import csv
import json
import math
from pathlib import Path
from statistics import median

import pytest
import yaml

from s2s_keras.config import Recipe
from s2s_keras.errors import (
    ConfigError,
    S2SKerasError,
)
from s2s_keras.recipe import load_recipe
from s2s_keras.training import search
from s2s_keras.training.search import SearchResult, tune, with_values
from s2s_keras.training.trials import read_trials
from tests.training.scripted_trials import Trainings, distance, make_recipe


def interrupted(recipe: Recipe, folder: Path, **options: object) -> None:
    with pytest.raises(KeyboardInterrupt):
        tune(recipe, folder, **options)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def states(result: SearchResult) -> list[str]:
    return [trial.state for trial in result.trials]


def test_tune_finds_the_best_trial_and_writes_its_recipe(script, tmp_path: Path) -> None:
    trainings = script()
    recipe = make_recipe(tmp_path)
    lines: list[str] = []
    result = tune(recipe, tmp_path / "out", report=lines.append)
    assert states(result) == ["complete"] * 20
    assert len(trainings.epochs) == 80

    figures = [distance(with_values(recipe, dict(trial.values)), 4) for trial in result.trials]
    assert [trial.figure for trial in result.trials] == figures
    assert result.best == result.trials[figures.index(min(figures))]
    assert result.best.number > 0
    assert result.recipe == with_values(recipe, dict(result.best.values))
    assert (result.recipe.tune, result.monitor) == (None, "val_nll")
    assert load_recipe(tmp_path / "out" / "best.yaml") == result.recipe
    assert result.recipe.data == recipe.data
    document = yaml.safe_load((tmp_path / "out" / "best.yaml").read_text())
    assert document["model"]["units"] == result.best.values["model.units"]
    assert lines[0].startswith("Trial 0, of 20: model.units=")
    assert len(lines) == 40


def test_tune_learns_from_the_trials_before(script, tmp_path: Path) -> None:
    """Those after the first ten, which are random, are better than random ones."""
    script()
    medians = []
    for sampler in ("tpe", "random"):
        recipe = make_recipe(tmp_path, trials=30, sampler=sampler)
        result = tune(recipe, tmp_path / sampler)
        medians.append(median(trial.figure for trial in result.trials[10:]))
    assert medians[0] < medians[1] - 0.2


def test_tune_begins_with_the_recipe_itself_where_the_space_has_it(script, tmp_path: Path) -> None:
    script()
    own = {"model.units": 128, "training.learning_rate": 0.001, "model.cell": "gru"}
    space = {
        "model.units": {"low": 64, "high": 256, "step": 64},
        "training.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "model.cell": {"choices": ["lstm", "gru"]},
    }
    for seed in (1, 2):
        recipe = make_recipe(tmp_path, space, seed=seed)
        result = tune(recipe, tmp_path / f"out{seed}", trials=1)
        assert result.trials[0].values == own
    space["model.units"]["low"] = 192
    result = tune(make_recipe(tmp_path, space), tmp_path / "other", trials=1)
    assert result.trials[0].values["model.units"] in (192, 256)


@pytest.mark.parametrize(
    "interrupt",
    [
        {("trial-0000", 1), ("trial-0012", 4)},
        {(f"trial-{number:04}", 1 + number % 3) for number in range(0, 15, 2)},
    ],
)
def test_tune_resumed_has_the_trials_of_one_never_interrupted(
    script, tmp_path: Path, interrupt: set[tuple[str, int]]
) -> None:
    recipe = make_recipe(tmp_path, trials=15, random_trials=4, pruner="median", seed=3)
    script()
    whole = tune(recipe, tmp_path / "whole")
    assert "pruned" in states(whole)

    trainings = script(interrupt=interrupt)
    interrupted(recipe, tmp_path / "parts")
    for _ in range(len(interrupt) - 1):
        interrupted(recipe, tmp_path / "parts", resume=True)
    assert tune(recipe, tmp_path / "parts", resume=True).trials == whole.trials
    assert len(set(trainings.epochs)) == len(trainings.epochs)
    for name in ("trials.csv", "trials.json", "best.yaml"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_tune_resumed_when_finished_runs_nothing_again(script, tmp_path: Path) -> None:
    script()
    recipe = make_recipe(tmp_path, trials=3)
    whole = tune(recipe, tmp_path / "out")
    trainings = script()
    assert tune(recipe, tmp_path / "out", resume=True) == whole
    assert trainings.epochs == []
    more = tune(recipe, tmp_path / "out", resume=True, trials=5)
    assert more.trials[:3] == whole.trials
    assert {name for name, _ in trainings.epochs} == {"trial-0003", "trial-0004"}
    assert tune(make_recipe(tmp_path, trials=4), tmp_path / "out", resume=True) == more


def test_tune_with_another_seed_chooses_other_values(script, tmp_path: Path) -> None:
    script()
    first = tune(make_recipe(tmp_path), tmp_path / "first", trials=3)
    second = tune(make_recipe(tmp_path, seed=1), tmp_path / "second", trials=3)
    assert all(a.values != b.values for a, b in zip(first.trials, second.trials, strict=True))
    values = [tuple(trial.values.items()) for trial in first.trials]
    assert len(set(values)) == 3


def falling(recipe: Recipe, epoch: int) -> float:
    """Worse, the more units there are."""
    return recipe.model.units / 10 + 1 / epoch


def test_tune_stops_trials_that_are_worse_than_the_median(script, tmp_path: Path) -> None:
    trainings = script(falling)
    space = {"model.units": {"low": 1, "high": 100_000}}
    settings = {"pruner": "median", "pruner_trials": 3, "pruner_epochs": 2, "sampler": "random"}
    recipe = make_recipe(tmp_path, space, **settings)
    result = tune(recipe, tmp_path / "out")
    complete: list[float] = []
    for trial in result.trials:
        units = trial.values["model.units"]
        middle = sorted(complete)[(len(complete) - 1) // 2 : len(complete) // 2 + 1]
        is_bad = len(complete) >= 3 and units > sum(middle) / len(middle)
        folder = tmp_path / "out" / trial.folder_name
        if is_bad:
            assert (trial.state, len(trial.figures)) == ("pruned", 2)
            assert trial.note == "worse than the median after epoch 2"
            assert trial.figure == units / 10 + 1 / 2
            assert not (folder / "checkpoints").exists()
        else:
            assert (trial.state, len(trial.figures)) == ("complete", 4)
            complete.append(units)
        assert trainings.epochs.count((trial.folder_name, 2)) == 1
    assert 3 <= len(complete) < 15
    assert result.best.values["model.units"] == min(complete)

    script(falling)
    everything = tune(make_recipe(tmp_path, space, sampler="random"), tmp_path / "all")
    assert states(everything) == ["complete"] * 20


def test_tune_interrupted_before_it_noted_that_a_trial_is_stopped(script, tmp_path: Path) -> None:
    space = {"model.units": {"low": 1, "high": 100_000}}
    settings = {"pruner": "median", "pruner_trials": 1, "pruner_epochs": 1, "sampler": "random"}
    recipe = make_recipe(tmp_path, space, **settings)
    script(falling)
    whole = tune(recipe, tmp_path / "whole")
    pruned = states(whole).index("pruned")
    trainings = script(falling, interrupt={(f"trial-{pruned:04}", 1)})
    interrupted(recipe, tmp_path / "parts")
    resumed = tune(recipe, tmp_path / "parts", resume=True)
    assert resumed.trials == whole.trials
    assert (f"trial-{pruned:04}", 2) not in trainings.epochs


def test_tune_takes_the_largest_of_a_share(script, tmp_path: Path) -> None:
    script(lambda recipe, epoch: recipe.model.units / 100)
    training = {"monitor": "val_exact_match"}
    recipe = make_recipe(tmp_path, trials=8, training=training)
    result = tune(recipe, tmp_path / "out")
    assert result.best.figure == max(trial.figure for trial in result.trials)
    assert result.monitor == "val_exact_match"


@pytest.mark.parametrize(("keep", "epoch"), [("best", 2), ("last", 4)])
def test_tune_compares_the_epoch_that_a_run_keeps(
    script, tmp_path: Path, keep: str, epoch: int
) -> None:
    script(lambda recipe, epoch: [9.0, 2.0, 3.0, 4.0][epoch - 1])
    recipe = make_recipe(tmp_path, trials=1, training={"keep": keep})
    result = tune(recipe, tmp_path / "out")
    assert result.best.figure == epoch
    assert result.best.figures == [9.0, 2.0, 3.0, 4.0]


def test_tune_goes_on_after_values_that_do_not_go_together(script, tmp_path: Path) -> None:
    trainings = script()
    space = {
        "training.warmup_steps": {"choices": [0, 5]},
        "training.decay": {"choices": ["inverse_sqrt", "cosine"]},
        "model.dropout": {"low": 0.0, "high": 0.5},
    }
    result = tune(make_recipe(tmp_path, space, seed=1), tmp_path / "out")
    refused = [trial for trial in result.trials if trial.state == "refused"]
    assert refused
    assert len(refused) < len(result.trials)
    for trial in result.trials:
        both = (trial.values["training.warmup_steps"], trial.values["training.decay"])
        assert (trial.state == "refused") == (both == (0, "inverse_sqrt"))
    assert refused[0].note.startswith(f"trial {refused[0].number}: `training.decay: inverse_sqrt`")
    assert refused[0].figure is None
    assert len(trainings.epochs) == 4 * (20 - len(refused))
    rows = rows_of(tmp_path / "out" / "trials.csv")
    assert [row["state"] for row in rows] == states(result)
    assert rows[refused[0].number]["note"] == refused[0].note


def test_tune_without_a_complete_trial_says_why(script, tmp_path: Path) -> None:
    script(endings={"all": ("refused", "the data are too long")})
    with pytest.raises(ConfigError, match="last one was refused: the data are too long"):
        tune(make_recipe(tmp_path), tmp_path / "out", trials=4)
    assert [trial.state for trial in read_trials(tmp_path / "out")] == ["refused"] * 4
    assert not (tmp_path / "out" / "best.yaml").exists()


def test_tune_goes_on_after_a_failure_and_gives_up_after_three(script, tmp_path: Path) -> None:
    script(endings={"trial-0001": ("failed", "no memory")})
    recipe = make_recipe(tmp_path)
    assert states(tune(recipe, tmp_path / "one", trials=3)) == ["complete", "failed", "complete"]
    script(endings={"all": ("failed", "no memory")})
    with pytest.raises(S2SKerasError, match="3 trials in a row failed, .*: no memory"):
        tune(recipe, tmp_path / "all")


def test_tune_with_a_full_disk_stops_and_can_go_on(script, tmp_path: Path) -> None:
    script(endings={"trial-0001": OSError(28, "No space left on device", "x")})
    recipe = make_recipe(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        tune(recipe, tmp_path / "out", trials=3)
    script()
    resumed = tune(recipe, tmp_path / "out", trials=3, resume=True)
    assert resumed.trials == tune(recipe, tmp_path / "whole", trials=3).trials


def test_tune_stops_a_trial_whose_figure_is_no_number(script, tmp_path: Path) -> None:
    def figure(recipe: Recipe, epoch: int) -> float:
        is_diverging = recipe.model.cell == "gru" and epoch > 1
        return math.nan if is_diverging else distance(recipe, epoch)

    script(figure)
    result = tune(make_recipe(tmp_path), tmp_path / "out", trials=12)
    for trial in result.trials:
        is_diverging = trial.values["model.cell"] == "gru"
        assert trial.state == ("pruned" if is_diverging else "complete")
        assert len(trial.figures) == (2 if is_diverging else 4)
        assert ("not a number" in trial.note) == is_diverging
    assert set(states(result)) == {"pruned", "complete"}

    script(lambda recipe, epoch: math.nan if recipe.model.cell == "gru" else 1.0)
    once = {"epochs": 1}
    result = tune(make_recipe(tmp_path, training=once), tmp_path / "once", trials=12)
    assert {(trial.values["model.cell"], trial.state) for trial in result.trials} == {
        ("gru", "pruned"),
        ("lstm", "complete"),
    }


def test_tune_trains_no_values_twice_and_ends_where_none_are_left(script, tmp_path: Path) -> None:
    trainings = script()
    space = {"model.units": {"low": 3, "high": 4}, "model.cell": {"choices": ["gru", "lstm"]}}
    lines: list[str] = []
    recipe = make_recipe(tmp_path, space, sampler="random", trials=60)
    result = tune(recipe, tmp_path / "out", report=lines.append)
    assert len(trainings.epochs) == 4 * 4
    assert lines[-1] == "All 4 combinations were tried."
    assert 4 < len(result.trials) < 60
    [again] = [trial for trial in result.trials if trial.note][:1]
    first = int(again.note.removeprefix("the same values as trial "))
    assert result.trials[first].figure == again.figure
    assert result.trials[first].values == again.values
    assert (tmp_path / "out" / result.best.folder_name).exists()


def test_tune_of_a_section_and_of_lists(script, tmp_path: Path) -> None:
    seen = []

    def figure(recipe: Recipe, epoch: int) -> float:
        seen.append((recipe.training.scheduled_sampling, recipe.data.bucket_lengths))
        return 1.0

    script(figure)
    space = {
        "training.scheduled_sampling": {"choices": [None, {"schedule": "constant"}]},
        "data.bucket_lengths": {"choices": [[3], [2, 4]]},
    }
    result = tune(make_recipe(tmp_path, space, sampler="random"), tmp_path / "out")
    assert {sampling and sampling.schedule for sampling, _ in seen} == {None, "constant"}
    assert {tuple(lengths) for _, lengths in seen} == {(3,), (2, 4)}
    assert load_recipe(tmp_path / "out" / "best.yaml") == result.recipe


def test_tune_files_are_complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(search, "run_trial", Trainings())
    result = tune(make_recipe(tmp_path), tmp_path / "out", trials=2)
    names = {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".lock"}
    assert names == {
        "best.yaml",
        "config.json",
        "trial-0000",
        "trial-0001",
        "trials.csv",
        "trials.json",
        "trials.png",
    }
    assert (tmp_path / "out" / "trials.png").read_bytes().startswith(b"\x89PNG")
    rows = rows_of(tmp_path / "out" / "trials.csv")
    for row, trial in zip(rows, result.trials, strict=True):
        assert (int(row["trial"]), row["state"]) == (trial.number, "complete")
        assert float(row["figure"]) == trial.figure
        assert int(row["model.units"]) == trial.values["model.units"]
        assert float(row["training.learning_rate"]) == trial.values["training.learning_rate"]
        assert row["model.cell"] == trial.values["model.cell"]
        assert (row["epochs"], row["seconds"]) == ("4", "6.0")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["tune"]["space"]
