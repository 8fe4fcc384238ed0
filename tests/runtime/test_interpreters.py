import pytest

from s2s_keras.errors import MissingDependencyError
from s2s_keras.runtime import find_interpreter


def test_find_interpreter_not_installed_gives_the_command() -> None:
    with pytest.raises(MissingDependencyError, match="pip install tflite-runtime"):
        find_interpreter("tflite-runtime")
    with pytest.raises(ValueError, match="one of.*ai-edge-litert.*Received: 'torch'"):
        find_interpreter("torch")
