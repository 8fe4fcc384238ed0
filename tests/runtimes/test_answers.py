"""The same file gives the same answers on every runtime.

`pytest -rP tests/runtimes` prints the table of docs/runtimes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_keras.runtime import read_artifact
from s2s_keras.runtime.graph import constants
from tests.runtimes.environments import ARM64_ENVIRONMENTS, ENVIRONMENTS, Environment
from tests.runtimes.systems import ALL, SYSTEMS, export_systems

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TOLERANCES = {"none": 5e-5, "float16": 5e-5, "dynamic_range": 0.1, "int8": 0.5}
"""Quantisation -> the largest difference of a number, of a log-probability in nats.

Weights of int8 meet activations that each runtime rounds to int8 in its own way.
"""

REFERENCE = "ai-edge-litert"
"""What every other runtime is compared with; the first environment has it."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, toy_files: dict[str, Path]) -> list[Path]:
    exported = export_systems(tmp_path_factory.mktemp("systems"))
    assert len(exported) == 2 * len(SYSTEMS) + 1
    return [*exported, *(toy_files[name] for name in ALL)]


def test_files_with_int8_weights_hold_little_else(files: list[Path]) -> None:
    for path in files:
        artifact = read_artifact(path)
        sizes = dict.fromkeys(("int8", "float32"), 0)
        for tensor in constants(artifact.graph):
            sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size_bytes
        quantised = artifact.metadata["quantization"] in ("dynamic_range", "int8")
        assert (sizes["int8"] > sizes["float32"]) == quantised, path.stem


def test_answers_are_the_same_on_every_runtime(files: list[Path], tmp_path: Path) -> None:
    check(files, ENVIRONMENTS, tmp_path)


@pytest.mark.arm64
@pytest.mark.timeout(1800)
def test_answers_are_the_same_on_arm64(files: list[Path], tmp_path: Path) -> None:
    check(files, [ENVIRONMENTS[0], *ARM64_ENVIRONMENTS], tmp_path)


def check(files: Sequence[Path], environments: Sequence[Environment], folder: Path) -> None:
    """Compares every runtime with the reference, and prints how far it lies from it."""
    quantization = {path.stem: read_artifact(path).metadata["quantization"] for path in files}
    expected: dict[str, Any] = {}
    print("| machine | runtime | version |", " | ".join(TOLERANCES), "|")
    print("|---" * (3 + len(TOLERANCES)) + "|")
    for index, environment in enumerate(environments):
        (folder / str(index)).mkdir()
        for runtime, found in environment.answers(files, folder / str(index)).items():
            line = f"| {environment.machine} | {runtime} | {found.pop('version')} |"
            if not expected:
                assert runtime == REFERENCE
                expected = found
                check_reference(files, expected)
            largest = differences(expected, found, quantization, line)
            print(line, " | ".join(f"{figure:.1e}" for figure in largest.values()), "|")
            for kind, figure in largest.items():
                assert figure <= TOLERANCES[kind], f"{line} {kind}: {figure}"


def differences(
    expected: dict[str, Any], found: dict[str, Any], quantization: dict[str, str], line: str
) -> dict[str, float]:
    """Returns quantisation -> the largest difference of a number; ids and texts must be equal.

    With int8 weights and random ones only numbers are compared: near ties fall as they may.
    """
    largest = dict.fromkeys(TOLERANCES, 0.0)
    assert found.keys() == expected.keys(), line
    for key, array in found.items():
        file, part, name = key.split("/")
        other = expected[key]
        if np.issubdtype(array.dtype, np.floating):
            assert array.shape == other.shape and array.dtype == other.dtype, f"{line} {key}"
            kind = quantization[file]
            largest[kind] = float(np.maximum(largest[kind], np.abs(array - other).max()))  # and NaN
        elif not part.startswith("beam") or quantization[file] == "none" or is_learned(file, name):
            np.testing.assert_array_equal(array, other, f"{line} {key}")
    return largest


def is_learned(file: str, name: str) -> bool:
    """Whether this is the best output of the toy model, which is sure of it."""
    return file == "dynamic_range" and name == "best"


def check_reference(files: Sequence[Path], answers: dict[str, Any]) -> None:
    """Checks that the answers are such that a wrong runtime would show."""
    for path in files:
        step = "step" if f"{path.stem}/step/log_probs" in answers else "decode_step"
        log_probs = answers[f"{path.stem}/{step}/log_probs"]
        total = np.exp(log_probs).sum(axis=1)
        if path.stem.startswith("large"):  # its candidates are a few of many
            assert (total < 1.0).all()
        else:
            np.testing.assert_allclose(total, 1.0, atol=1e-4)
            assert np.ptp(log_probs, axis=1).min() > 1.0  # no file answers all tokens alike
        assert len(set(answers[f"{path.stem}/beam of 1/best"])) > 1  # and all sources alike
