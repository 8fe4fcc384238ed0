"""A model that one backend trained is the same on another, and trains on there."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.model import load_model
from s2s_keras.runtime import load
from s2s_keras.training.checkpoint import find_checkpoints
from s2s_keras.training.history import read_history
from tests.backends.conftest import Trained
from tests.backends.environments import BACKENDS, WITHOUT_TENSORFLOW
from tests.backends.systems import DEV_PAIRS, INTERRUPTED, LETTERS, SYSTEMS, arguments

TOLERANCE = 1e-4

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("maker", "reader"), list(itertools.permutations(BACKENDS, 2)))
def test_logits_and_outputs_agree(maker: str, reader: str, system: str, trained: Trained) -> None:
    folders = [trained.outputs(maker, backend) for backend in (maker, reader)]
    documents = [json.loads((folder / "texts.json").read_text("utf-8")) for folder in folders]
    assert [document["backend"] for document in documents] == [maker, reader]
    made, read = (np.load(folder / f"{system}.npy") for folder in folders)
    assert np.ptp(made) > 0.1
    np.testing.assert_allclose(read, made, rtol=0, atol=TOLERANCE)
    if system == "looks ahead":  # such a model writes no texts
        return
    made, read = (document["texts"][system] for document in documents)
    assert len(made) == DEV_PAIRS
    assert [text for text, _ in made] == [text for text, _ in read]
    np.testing.assert_allclose(
        [log_prob for _, log_prob in read], [log_prob for _, log_prob in made], atol=TOLERANCE
    )


@pytest.mark.parametrize("maker", WITHOUT_TENSORFLOW)
def test_training_goes_on_on_another_backend(maker: str, trained: Trained, tmp_path: Path) -> None:
    folder = trained.on(maker)
    run = shutil.copytree(folder / "interrupted", tmp_path / "run")
    [before] = read_history(run)
    [newest] = find_checkpoints(run)
    moments = [np.array(x) for x in load_model(newest).optimizer.variables]
    assert sum(np.any(moment != 0) for moment in moments) > 10  # none is lost on the way
    command = ["train", *arguments(INTERRUPTED, folder / INTERRUPTED), "--out", str(run)]
    assert main([*command, "--resume"]) == 0
    after = read_history(run)
    assert after[0] == before
    assert [row["step"] for row in after] == [before["step"] * epoch for epoch in (1, 2, 3, 4)]
    assert after[-1]["nll"] < before["nll"]


@pytest.mark.parametrize(
    ("maker", "system"), [("jax", "bahdanau"), ("jax", "cho"), ("torch", "sutskever")]
)
def test_trained_elsewhere_exports_on_tensorflow(
    maker: str, system: str, trained: Trained, tmp_path: Path
) -> None:
    path = tmp_path / "model.tflite"
    command = ["export", str(trained.on(maker) / "runs" / system), "--out", str(path)]
    assert main([*command, "--quantize", "none"]) == 0
    document = json.loads((trained.outputs(maker, maker) / "texts.json").read_text("utf-8"))
    expected = document["texts"][system]
    with load(path) as model:
        found = [best[0] for best in model.predict(["".join(x) for x in LETTERS[:DEV_PAIRS]])]
    assert [prediction.text for prediction in found] == [text for text, _ in expected]
    np.testing.assert_allclose(
        [prediction.log_prob for prediction in found],
        [log_prob for _, log_prob in expected],
        atol=TOLERANCE,
    )
