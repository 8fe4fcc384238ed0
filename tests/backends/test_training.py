"""Recipes train on every backend, unchanged; on JAX and PyTorch where there is no TensorFlow."""

from __future__ import annotations

import pytest

from s2s_keras.training.history import read_history
from tests.backends.conftest import Trained
from tests.backends.environments import BACKENDS, run
from tests.backends.systems import INTERRUPTED, PRECISIONS, SYSTEMS
from tests.events import read_events


@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", BACKENDS)
class TestTraining:
    def test_tensorflow_is_there_for_its_own_backend_alone(
        self, backend: str, trained: Trained
    ) -> None:
        report = trained.report(backend)
        is_there = backend == "tensorflow"
        assert report["can import tensorflow"] is is_there
        assert report["imported tensorflow"] is is_there
        assert report["backend"] == backend

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_recipe_is_learned(self, backend: str, system: str, trained: Trained) -> None:
        report = trained.report(backend)["systems"][system]
        assert report["status"] == 0
        history = read_history(trained.on(backend) / "runs" / system)
        assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
        assert len(history) >= 2
        assert history[-1]["nll"] < 0.95 * history[0]["nll"]
        assert report["optimizer steps"] == history[-1]["step"]

    @pytest.mark.parametrize("system", ["luong", "cho"])
    def test_scheduled_sampling_counts_every_step(
        self, backend: str, system: str, trained: Trained
    ) -> None:
        report = trained.report(backend)["systems"][system]
        assert report["sampling steps"] == report["optimizer steps"] > 0

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_precision_is_the_recipe_s(self, backend: str, system: str, trained: Trained) -> None:
        report = trained.report(backend)["systems"][system]
        precision = PRECISIONS.get(system, "float32")
        assert report["compute dtype"] == precision.removeprefix("mixed_")
        assert report["weight dtypes"] == ["float32"]
        is_scaled = precision == "mixed_float16"
        assert report["optimizer"] == ("LossScaleOptimizer" if is_scaled else "Adam")

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_samples_and_alignments_are_shown(
        self, backend: str, system: str, trained: Trained
    ) -> None:
        folder = trained.on(backend) / "runs" / system
        epochs = [row["epoch"] for row in read_history(folder)]
        found = read_events(folder / "tensorboard")
        assert list(found["scalars"]["val_nll"]) == epochs
        writes_texts, attends = system != "looks ahead", system in ("bahdanau", "luong")
        assert list(found["text"].get("samples", ())) == (epochs if writes_texts else [])
        assert set(found["images"]) == ({"alignment/1", "alignment/2"} if attends else set())
        report = (folder / "report.html").read_text(encoding="utf-8")
        assert f"<td>{backend} " in report
        assert ('class="weight"' in report) == attends

    def test_interrupted_training_goes_on(self, backend: str, trained: Trained) -> None:
        assert trained.report(backend)["systems"][INTERRUPTED]["interrupted"] == 130
        folder = trained.on(backend)
        [before] = read_history(folder / "interrupted")
        after = read_history(folder / "runs" / INTERRUPTED)
        assert after[0] == before
        assert len(after) == 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_weights_are_averaged_rounded_and_resumed_on_torch_too() -> None:
    """To the last digit; `tests/training/test_run.py` has the other backends."""
    assert run("torch", "-m", "tests.training.scripted").endswith("torch")
