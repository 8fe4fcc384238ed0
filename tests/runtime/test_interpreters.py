from functools import partial

import pytest
from ai_edge_litert.interpreter import Interpreter

from s2s_keras.errors import MissingDependencyError
from s2s_keras.runtime import find_interpreter


def test_find_interpreter_not_installed_gives_the_command() -> None:
    with pytest.raises(MissingDependencyError, match="pip install tflite-runtime"):
        find_interpreter("tflite-runtime")
    with pytest.raises(ValueError, match="one of.*ai-edge-litert.*Received: 'torch'"):
        find_interpreter("torch")


def test_find_interpreter_returns_a_class_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2S_KERAS_INTERPRETER", "tflite-runtime")
    choice = partial(Interpreter, experimental_delegates=[])
    assert find_interpreter(choice) is choice
