"""Which backend the command line takes, and what it says where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from s2s_keras.cli import backend as module
from s2s_keras.cli.backend import choose_backend, require_tensorflow
from s2s_keras.errors import MissingDependencyError
from s2s_keras.training.history import read_history
from tests.backends.environments import FOLDERS, WITHOUT_TENSORFLOW, run
from tests.backends.systems import arguments, write_recipe


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A process that has not imported Keras, with a Keras folder of its own."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return monkeypatch


@pytest.mark.parametrize(
    ("installed", "asked", "configured", "chosen"),
    [
        ("tensorflow jax torch", None, None, None),
        ("jax torch", None, None, "jax"),
        ("torch", None, None, "torch"),
        ("torch", None, '{"backend": "tensorflow"}', "torch"),  # what Keras writes by itself
        ("jax torch", None, '{"backend": "torch"}', None),
        ("tensorflow jax", None, '{"backend": "jax"}', None),
        ("torch", None, '{"backend": "numpy"}', None),
        ("torch", None, "{", "torch"),
        ("torch", None, "[]", "torch"),
        ("torch", "", None, "torch"),
        ("jax torch", "torch", None, "torch"),
        ("jax", "numpy", None, "numpy"),
    ],
)
def test_backend_is_the_one_asked_for_or_one_installed(
    installed: str,
    asked: str | None,
    configured: str | None,
    chosen: str | None,
    machine: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    machine.setattr(module, "_is_installed", installed.split().__contains__)
    environment = {} if asked is None else {"KERAS_BACKEND": asked}
    machine.setattr("os.environ", {"KERAS_HOME": str(tmp_path), **environment})
    if configured is not None:
        (tmp_path / "keras.json").write_text(configured)
    choose_backend()
    assert module.os.environ.get("KERAS_BACKEND") == chosen


def test_backend_of_a_keras_that_is_imported_stays(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(module, "_is_installed", lambda name: False)
    machine.setitem(sys.modules, "keras", module)
    choose_backend()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("torch", r"KERAS_BACKEND=torch needs torch: pip install 's2s-keras\[train-torch\]'\.$"),
        ("jax", r"KERAS_BACKEND=jax needs jax: pip install 's2s-keras\[train-jax\]'\.$"),
        ("tensorflow", r"needs tensorflow: pip install 's2s-keras\[train\]'\.$"),
        (None, r"none is installed: .*\[train\]'.*\[train-jax\]' or 's2s-keras\[train-torch\]'\.$"),
    ],
)
def test_missing_backend_names_its_extra(
    asked: str | None, message: str, machine: pytest.MonkeyPatch
) -> None:
    machine.setattr(module, "_is_installed", lambda name: False)
    if asked is not None:
        machine.setenv("KERAS_BACKEND", asked)
    with pytest.raises(MissingDependencyError, match=message):
        choose_backend()


def test_export_without_tensorflow_names_the_extra(machine: pytest.MonkeyPatch) -> None:
    require_tensorflow()
    machine.setattr(module, "_is_installed", lambda name: False)
    with pytest.raises(MissingDependencyError, match=r"Export needs TensorFlow: .*\[train\]'"):
        require_tensorflow()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", WITHOUT_TENSORFLOW)
def test_command_line_trains_on_the_backend_that_is_installed(backend: str, tmp_path: Path) -> None:
    """Nobody asks for it, and Keras's own file names TensorFlow."""
    (tmp_path / "keras.json").write_text('{"backend": "tensorflow"}')
    write_recipe("sutskever", tmp_path / "data")
    command = ["train", *arguments("sutskever", tmp_path / "data"), "--out", tmp_path / "run"]
    environment = {"KERAS_BACKEND": None, "KERAS_HOME": str(tmp_path)}
    printed = run(backend, *command, program="s2s-keras", environment=environment)
    assert f"parameters, Keras on {backend}\n" in printed
    assert len(read_history(tmp_path / "run")) == 4

    with pytest.raises(AssertionError, match=r"error: Export needs TensorFlow: pip install"):
        command = ["export", tmp_path / "run", "--out", tmp_path / "model.tflite"]
        run(backend, *command, program="s2s-keras", environment=environment)


@pytest.mark.parametrize("backend", WITHOUT_TENSORFLOW)
def test_environment_is_what_the_extra_installs(backend: str) -> None:
    """Neither TensorFlow nor another backend, so that none can help."""
    found = run(
        backend,
        "-c",
        "from importlib.util import find_spec; "
        f"print([name for name in {list(FOLDERS)} if find_spec(name)])",
    )
    assert found == f"['{backend}']\n"
