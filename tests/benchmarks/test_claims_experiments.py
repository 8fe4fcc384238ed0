"""Trainings in processes of their own: what is skipped, what fails, what comes back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.claims import experiments, reversal
from s2s_keras.errors import ConfigError

# Stands in for a training: notes its start, fails at 13 units, and leaves the files of a run.
PROGRAM = """
import json, os, pathlib, sys
recipe = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
with (folder.parent / "started").open("a") as file:
    print(recipe["name"], os.environ["TF_NUM_INTRAOP_THREADS"], file=file)
if recipe["model"]["units"] == 13:
    sys.exit("13 is unlucky")
folder.mkdir(exist_ok=True)
(folder / "config.json").write_text(json.dumps(recipe))
(folder / "metrics.json").write_text(json.dumps({"exact_match": recipe["training"]["seed"]}))
(folder / "decoded.json").write_text(json.dumps(
    {"parameters": 7, "steps": 20, "history": [{"epoch": 1}], "decoded": [["a", "b", "c"]]}))
"""


@pytest.fixture(autouse=True)
def _program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(experiments, "PROGRAM", [sys.executable, "-c", PROGRAM])


def make_recipe(units: int = 8) -> dict[str, object]:
    return {"data": {"train": "train.tsv"}, "model": {"units": units}}


def started(folder: Path) -> list[str]:
    return sorted((folder / "started").read_text().splitlines())


def test_run_experiments_returns_each_seed_and_skips_what_is_finished(tmp_path: Path) -> None:
    recipes = {"one": make_recipe(), "two": make_recipe(9)}
    found = experiments.run_experiments(recipes, [0, 1], tmp_path)
    assert {name: [r.seed for r in results] for name, results in found.items()} == {
        "one": [0, 1],
        "two": [0, 1],
    }
    assert found["two"][1].metrics == {"exact_match": 1}
    assert found["two"][1].decoded == [experiments.Decoded("a", "b", "c")]
    assert started(tmp_path) == ["one-0 1", "one-1 1", "two-0 1", "two-1 1"]
    # Neither a changed recipe nor a new seed hides behind a finished run.
    recipes["two"] = make_recipe(10)
    experiments.run_experiments(recipes, [0, 2], tmp_path, threads=2)
    assert started(tmp_path)[1:] == [
        *("one-1 1", "one-2 2", "two-0 1", "two-0 2", "two-1 1", "two-2 2"),
    ]


def test_run_experiments_names_the_log_of_a_failing_training(tmp_path: Path) -> None:
    with pytest.raises(experiments.ExperimentError, match=r"bad with seed 3 .*bad-3\.log") as error:
        experiments.run_experiments({"bad": make_recipe(13)}, [3], tmp_path)
    log = Path(str(error.value).rpartition("see ")[2].removesuffix("."))
    assert "13 is unlucky" in log.read_text()


def test_run_experiments_refuses_a_bad_recipe_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"bad: `model\.units`"):
        experiments.run_experiments({"a": make_recipe(), "bad": make_recipe(0)}, [0], tmp_path)
    assert not (tmp_path / "started").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_quick_script_leaves_figures_and_a_plot(tmp_path: Path) -> None:
    assert reversal.main(["--out", str(tmp_path), "--quick", "--seeds", "1"]) == 0
    text = (tmp_path / "docs" / "reversal.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    figures = json.loads(text)
    assert figures["command"].endswith("reversal --out OUT --seeds 1 --quick")
    assert len(figures["results"]) == 4
    for row in figures["results"].values():
        assert 0 <= row["token_accuracy"]["mean"] <= 1 < row["perplexity"]["mean"]
    assert (tmp_path / "docs" / "reversal.png").stat().st_size < 80_000
