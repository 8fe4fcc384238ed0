import json

import numpy as np
import pytest

from tests.backends.environments import WITHOUT_TENSORFLOW, run
from tests.layers.cases import CASES, SAMPLING
from tests.layers.layer_check import check_config, check_layer, run_case


@pytest.mark.parametrize("name", CASES)
def test_layer_keeps_the_contract_of_a_layer(name, tmp_path):
    check_layer(CASES[name], tmp_path)


def test_scheduled_sampling_config_gives_the_layer_back():
    check_config(SAMPLING.make())


@pytest.fixture(scope="module", params=WITHOUT_TENSORFLOW)
def other_backend(request, tmp_path_factory):
    """The outputs of every case on another backend, computed in its environment."""
    path = tmp_path_factory.mktemp(request.param) / "outputs.json"
    run(request.param, "-m", "tests.layers.outputs", path)
    found = json.loads(path.read_text())
    assert found.pop("backend") == request.param
    return found


@pytest.mark.parametrize("name", [*CASES, "sampling"])
def test_backends_agree(name, other_backend):
    expected = run_case({**CASES, "sampling": SAMPLING}[name])
    for x, y in zip(expected, other_backend[name], strict=True):
        np.testing.assert_allclose(x, np.array(y, np.float32), atol=1e-5)
