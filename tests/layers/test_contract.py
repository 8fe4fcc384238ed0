import json
import os
import subprocess
import sys
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from tests.layers.cases import CASES, SAMPLING
from tests.layers.layer_check import check_config, check_layer, run_case

BACKENDS = ["jax", *(["torch"] if util.find_spec("torch") else [])]


@pytest.mark.parametrize("name", CASES)
def test_layer_keeps_the_contract_of_a_layer(name, tmp_path):
    check_layer(CASES[name], tmp_path)


def test_scheduled_sampling_config_gives_the_layer_back():
    check_config(SAMPLING.make())


@pytest.fixture(scope="module", params=BACKENDS)
def other_backend(request, tmp_path_factory):
    """The outputs of every case on another backend, computed in a process of its own."""
    path = tmp_path_factory.mktemp(request.param) / "outputs.json"
    environment = {**os.environ, "KERAS_BACKEND": request.param}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.layers.test_contract", str(path)]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(path.read_text())
    assert found.pop("backend") == request.param
    return found


@pytest.mark.parametrize("name", [*CASES, "sampling"])
def test_backends_agree(name, other_backend):
    expected = run_case({**CASES, "sampling": SAMPLING}[name])
    for x, y in zip(expected, other_backend[name], strict=True):
        np.testing.assert_allclose(x, np.array(y, np.float32), atol=1e-5)


def main(path: Path) -> None:
    import keras

    outputs = {
        name: [x.tolist() for x in run_case(case)]
        for name, case in {**CASES, "sampling": SAMPLING}.items()
    }
    path.write_text(json.dumps({"backend": keras.backend.backend(), **outputs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
