"""All devices of one machine, in one process, and the backends that can do nothing like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.environments import run as run_program
from tests.distribution.processes import LIMIT_SECONDS
from tests.distribution.test_processes import assert_same

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LIMIT_SECONDS)]


def test_tensorflow_s_devices_train_to_what_one_trains_to(recipe: Path, tmp_path: Path) -> None:
    program = ("-m", "tests.distribution.mirrored")
    one, three = tmp_path / "one", tmp_path / "three"
    # NCCL is for GPUs: without any, TensorFlow says so.
    quiet = {"PYTHONWARNINGS": "default", "TF_CPP_MIN_LOG_LEVEL": "3"}
    run_program("tensorflow", *program, "1", recipe, "--out", one, environment=quiet)
    options = ("--out", three, "--distribution", "data_parallel")
    said = run_program("tensorflow", *program, "3", recipe, *options, environment=quiet)
    assert "3 devices" in said
    assert_same(three, one)


def test_jax_s_devices_train_to_what_one_trains_to(
    recipe: Path, single: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    said = run_program(
        "jax",
        *("-m", "s2s_keras", "train", recipe, "--out", run, "--distribution", "data_parallel"),
        environment={
            "XLA_FLAGS": "--xla_force_host_platform_device_count=3",
        },
    )
    assert "3 devices" in said
    assert_same(run, single)


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_other_backends_say_what_to_use(backend: str, recipe: Path, tmp_path: Path) -> None:
    together = ("--job-addresses=127.0.0.1:1", "--num-processes=2", "--process-id=1")
    options = together if backend == "tensorflow" else ()
    with pytest.raises(AssertionError, match="set KERAS_BACKEND=jax.*Received: " + backend):
        run_program(
            backend,
            *("-m", "s2s_keras", "train", recipe, "--out", tmp_path / "run"),
            *("--distribution", "data_parallel", *options),
        )
    assert not (tmp_path / "run").exists()
