"""The table of what each runtime knows, asked of the runtimes themselves."""

import json
from pathlib import Path

import pytest

from s2s_keras.runtime import read_artifact
from s2s_keras.runtime.compatibility import HIGHEST_VERSIONS, missing_operators
from s2s_keras.runtime.graph import operator_versions

from ..test_device_environments import run

PROBE = Path(__file__).parent / "operator_probe.py"


@pytest.mark.parametrize("runtime", sorted(HIGHEST_VERSIONS))
def test_table_is_what_the_runtime_answers(runtime: str) -> None:
    known = json.loads(run(runtime.split()[0], str(PROBE)).splitlines()[-1])
    expected = {name: max(versions) for name, versions in known.items() if versions}
    assert expected == HIGHEST_VERSIONS[runtime]
    assert expected["FULLY_CONNECTED"] == (10 if runtime == "tflite-runtime 2.14" else 14)
    # Every version up to the highest: only of BROADCAST_TO there is no first.
    for name, versions in known.items():
        first = 2 if name == "BROADCAST_TO" else 1
        assert not versions or versions == list(range(first, max(versions) + 1))


def test_missing_operators_are_named_with_their_version() -> None:
    versions = {"FULLY_CONNECTED": 12, "GATHER": 2, "STABLEHLO_TANH": 1}
    assert missing_operators(versions) == {
        "tflite-runtime 2.14": ["FULLY_CONNECTED 12", "STABLEHLO_TANH 1"],
        "ai-edge-litert 2.3": ["STABLEHLO_TANH 1"],
    }


def test_exported_files_miss_nothing(tiny_files: dict[str, Path]) -> None:
    for path in tiny_files.values():
        versions = operator_versions(read_artifact(path).graph)
        assert len(versions) > 15
        assert missing_operators(versions) == {runtime: [] for runtime in HIGHEST_VERSIONS}
