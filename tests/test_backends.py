import json
import os
import subprocess
import sys

import keras
import numpy as np

from tests.jax_training import INPUTS, SETTINGS, TEXTS


def test_model_trained_on_jax_gives_the_same_logits_on_tensorflow(tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "tests.jax_training", str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    report = json.loads(process.stdout.splitlines()[-1])
    assert (report["backend"], report["steps"]) == ("jax", 2)
    assert 0 < report["loss"] < 2 * np.log(7)

    assert keras.backend.backend() == "tensorflow"
    model = keras.saving.load_model(tmp_path / "model.keras")
    logits = keras.ops.convert_to_numpy(model(INPUTS))
    np.testing.assert_allclose(logits, np.load(tmp_path / "logits.npy"), atol=1e-5)
    best = model.generate(TEXTS, SETTINGS)
    log_probs = [predictions[0].log_prob for predictions in best]
    np.testing.assert_allclose(log_probs, report["log_probs"], atol=1e-4)
