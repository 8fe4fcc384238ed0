import json
import os
import subprocess
import sys
from importlib import util

import keras
import numpy as np
import pytest

from tests.backend_training import INPUTS, SETTINGS, SYSTEMS, TEXTS

BACKENDS = ["jax", *(["torch"] if util.find_spec("torch") else [])]


@pytest.fixture(scope="module", params=BACKENDS)
def trained(request, tmp_path_factory):
    """The folder and the figures of models trained on another backend."""
    folder = tmp_path_factory.mktemp(request.param)
    process = subprocess.run(
        [sys.executable, "-m", "tests.backend_training", str(folder)],
        env={**os.environ, "KERAS_BACKEND": request.param, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    reports = json.loads(process.stdout.splitlines()[-1])
    assert {report["backend"] for report in reports.values()} == {request.param}
    return folder, reports


@pytest.mark.parametrize("name", SYSTEMS)
def test_model_trained_on_another_backend_gives_the_same_logits_on_tensorflow(name, trained):
    folder, reports = trained
    number, report = list(SYSTEMS).index(name), reports[name]
    assert report["steps"] == report["sampling_steps"] == 2
    assert 0 < report["loss"] < 2 * np.log(7)

    assert keras.backend.backend() == "tensorflow"
    model = keras.saving.load_model(folder / f"{number}.keras")
    logits = keras.ops.convert_to_numpy(model(INPUTS))
    np.testing.assert_allclose(logits, np.load(folder / f"{number}.npy"), atol=1e-5)
    best = model.generate(TEXTS, SETTINGS)
    log_probs = [predictions[0].log_prob for predictions in best]
    np.testing.assert_allclose(log_probs, report["log_probs"], atol=1e-4)
