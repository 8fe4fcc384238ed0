"""What trackers are asked to do; which libraries these are is scripted.

MLflow and wandb are large and no part of the development environment. Modules of their names, which
write down how they are called, stand for them: these tests show when `train` calls what with which
figures, and not that the libraries take it. That was tried with the real ones, whose versions
`s2s_keras/training/trackers.py` names.
"""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from s2s_keras.cli import main
from s2s_keras.config import Recipe
from s2s_keras.errors import ConfigError, MissingDependencyError, TrainingError
from s2s_keras.training.history import read_history
from s2s_keras.training.trackers import Tracking
from tests.training.scripted import Script, make_recipe


class Calls(list):
    """The calls of both libraries: names and arguments. `broken` are those that fail."""

    broken: tuple[str, ...] = ()

    def note(self, name: str, *arguments: Any) -> None:
        if name in self.broken:
            raise RuntimeError(f"no {name} today")
        self.append((name, *arguments))

    def of(self, name: str) -> list[Any]:
        return [call[1:] for call in self if call[0] == name]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()

    def start_run(run_id: str | None, run_name: str) -> Any:
        calls.note("mlflow.start", run_id, run_name)
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id or "new"))

    def init(**options: Any) -> Any:
        calls.note("wandb.init", options)
        return SimpleNamespace(
            define_metric=lambda *a, **k: None,
            log=lambda figures: calls.note("wandb.log", figures),
            save=lambda path, base_path, policy: calls.note("wandb.save", Path(path).name),
            finish=lambda exit_code: calls.note("wandb.finish", exit_code),
        )

    functions = {
        "mlflow": {
            "start_run": start_run,
            "log_params": lambda params: calls.note("mlflow.params", params),
            "set_tag": lambda key, value: None,
            "log_metrics": lambda figures, step: calls.note("mlflow.log", step, figures),
            "log_artifact": lambda path: calls.note("mlflow.save", Path(path).name),
            "end_run": lambda status: calls.note("mlflow.end", status),
        },
        "wandb": {"init": init},
    }
    for name, members in functions.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        module.__spec__ = SimpleNamespace(origin=f"{name}.py")
        monkeypatch.setitem(sys.modules, name, module)
    return calls


def tracked(folder: Path, *names: str) -> Recipe:
    return make_recipe(folder, trackers=names or ("mlflow", "wandb"))


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_tracker_that_is_not_installed_is_named_before_anything_is_done(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    recipe = tracked(tmp_path, name)
    with pytest.raises(MissingDependencyError, match=rf"not installed: pip install {name}\.$"):
        Tracking(recipe, tmp_path)
    monkeypatch.delitem(sys.modules, name)
    (tmp_path / name).mkdir()  # where they keep their runs, and no package
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path)])
        with pytest.raises(MissingDependencyError, match=name):
            Tracking(recipe, tmp_path)
    monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "recipe.yaml").write_text(recipe.model_dump_json())
    assert main(["train", str(tmp_path / "recipe.yaml"), "--out", str(tmp_path / "run")]) == 2
    assert f"pip install {name}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_tracker_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"training.trackers.0.*'mlflow' or 'wandb'"):
        tracked(tmp_path, "tensorflow")


@pytest.mark.slow
def test_trackers_get_every_epoch_of_a_training_that_goes_on(tmp_path: Path, calls: Calls) -> None:
    recipe, out = tracked(tmp_path), tmp_path / "run"
    assert Script().train(recipe, out, interrupt_after=2) is None
    assert [call[:1] for call in calls.of("mlflow.end")] == [("KILLED",)]
    assert calls.of("wandb.finish") == [(1,)]
    run = Script().train(recipe, out, resume=True)
    assert calls.of("mlflow.end")[1:] == [("FINISHED",)]
    assert calls.of("wandb.finish")[1:] == [(0,)]

    # The same run of each, of which the parameters are said once.
    assert calls.of("mlflow.start") == [(None, "model"), ("new", "model")]
    [(first,), (second,)] = calls.of("wandb.init")
    assert first["id"] == second["id"] and second["resume"] == "allow"
    assert json.loads((out / "trackers.json").read_text()) == {
        "mlflow": "new",
        "wandb": first["id"],
    }
    [(params,)] = calls.of("mlflow.params")
    assert params["model.units"] == first["config"]["model"]["units"] == 5

    # The script stops the second epoch before its callbacks.
    rows = {
        row["epoch"]: {key: row[key] for key in row.keys() - {"epoch", "step"}}
        for row in read_history(out)
        if row["epoch"] != 2
    }
    logged = calls.of("mlflow.log")
    assert {step: figures for step, figures in logged[:-1]} == rows
    logged_there = [figures for (figures,) in calls.of("wandb.log")]
    assert {figures.pop("epoch"): figures for figures in logged_there[:-1]} == rows
    step, figures = logged[-1]
    assert step == run.metrics["kept_epoch"]
    assert figures["dev/exact_match"] == run.metrics["exact_match"]
    assert figures == {k: v for k, v in logged_there[-1].items() if k != "epoch"}
    assert calls.of("mlflow.save") == calls.of("wandb.save") == [("report.html",)]


@pytest.mark.slow
def test_tracker_that_fails_is_left_out_and_the_training_goes_on(
    tmp_path: Path, calls: Calls
) -> None:
    calls.broken = ("mlflow.log",)
    lines: list[str] = []
    run = Script().train(tracked(tmp_path), tmp_path / "run", report=lines.append)
    assert run.metrics["trained_epochs"] == 3
    failures = [line for line in lines if "mlflow" in line]
    assert failures == [
        "mlflow cannot record epoch 1, and is left out from now on: no mlflow.log today"
    ]
    assert len(calls.of("wandb.log")) == 4


def test_tracker_that_cannot_begin_ends_the_training_before_it_starts(
    tmp_path: Path, calls: Calls
) -> None:
    calls.broken = ("wandb.init",)
    with pytest.raises(
        TrainingError, match=r"wandb cannot begin a run: no wandb.init today\. Mend"
    ):
        Script().train(tracked(tmp_path), tmp_path / "run")
    assert calls.of("mlflow.end") == [("KILLED",)]
    assert not (tmp_path / "run" / "history.csv").exists()


def test_training_without_trackers_asks_none(tmp_path: Path, calls: Calls) -> None:
    with Tracking(make_recipe(tmp_path), tmp_path) as tracking:
        tracking.on_train_begin()
        tracking.on_epoch_end(0, {"loss": 1.0})
    assert calls == []
    assert not (tmp_path / "trackers.json").exists()
