"""Signatures are called the short way, and answer as the interpreter's own runner does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.signature import Signature


class Foreign:
    """An interpreter whose runners show nothing of what they work with."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter

    def get_signature_runner(self, name: str) -> Callable[..., Any]:
        runner = self._interpreter.get_signature_runner(name)
        return lambda **inputs: runner(**inputs)


@pytest.fixture
def interpreter(toy_files: dict[str, Path]) -> Any:
    opened = find_interpreter()(model_path=str(toy_files["none"]), num_threads=1)
    opened.allocate_tensors()
    return opened


def some_inputs(interpreter: Any, seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    details = interpreter.get_signature_runner("decode_step").get_input_details()
    return {
        name: generator.integers(1, 5, detail["shape"]).astype(detail["dtype"])
        for name, detail in details.items()
    }


@pytest.mark.parametrize("opened_as", [lambda interpreter: interpreter, Foreign])
def test_kept_inputs_count_in_every_call(interpreter: Any, opened_as: Callable[[Any], Any]) -> None:
    signature = Signature(opened_as(interpreter), "decode_step")
    assert signature.is_direct == (opened_as is not Foreign)
    runner = interpreter.get_signature_runner("decode_step")
    for seed in (1, 2):
        inputs = some_inputs(interpreter, seed)
        changing = {name: inputs.pop(name) for name in ("token", "state")}
        signature.keep(**inputs)
        for _ in range(2):
            expected = runner(**inputs, **changing)
            found = signature(**changing)
            assert found.keys() == expected.keys()
            for name in found:
                np.testing.assert_array_equal(found[name], expected[name])
            changing["state"] = found["state"]


def test_outputs_outlive_the_next_call(interpreter: Any) -> None:
    signature = Signature(interpreter, "decode_step")
    first = signature(**some_inputs(interpreter, 1))
    copies = {name: output.copy() for name, output in first.items()}
    signature(**some_inputs(interpreter, 2))
    for name, copy in copies.items():
        np.testing.assert_array_equal(first[name], copy)


def test_inputs_of_another_type_or_shape_are_refused(interpreter: Any) -> None:
    signature = Signature(interpreter, "decode_step")
    inputs = some_inputs(interpreter, 1)
    with pytest.raises(ValueError, match="Cannot set tensor"):
        signature(**{**inputs, "token": inputs["token"][:1]})
    with pytest.raises(ValueError, match="Cannot set tensor"):
        signature(**{**inputs, "token": inputs["token"].astype(np.float32)})
