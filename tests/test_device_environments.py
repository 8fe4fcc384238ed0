"""The exported file on each interpreter, in environments that have no TensorFlow.

`make test` sets the environments up; without them these tests fail.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.serving.process import served
from s2s_keras.cli import main
from s2s_keras.runtime import load
from s2s_keras.runtime.interpreters import INTERPRETERS
from tests.conftest import Once

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = {"ai-edge-litert": ".venv-litert", "tflite-runtime": ".venv-tflite-runtime"}

FRAMEWORKS = """
import importlib.util, sys
for name in ("keras", "tensorflow", "grain"):
    assert importlib.util.find_spec(name) is None, name
import numpy
import s2s_keras, s2s_keras.text, s2s_keras.decoding, s2s_keras.evaluation, s2s_keras.data
import s2s_keras.runtime
print(s2s_keras.runtime.find_interpreter().__module__, numpy.__version__)
"""

IMPORT_SECONDS = """
import sys, time, numpy
started = time.perf_counter()
import s2s_keras.runtime
seconds = time.perf_counter() - started
assert not {"keras", "tensorflow"} & set(sys.modules)
print(seconds)
"""


WHEEL_CONTENT = """
import sys
import s2s_keras.runtime
assert s2s_keras.__file__.startswith(sys.argv[1]), s2s_keras.__file__
print(s2s_keras.runtime.Translator.shipped("en", "xx").translate("abc. ,bad").text)
assert not {"keras", "tensorflow"} & set(sys.modules)
"""

EVERYWHERE = {"none": 1e-4, "float16": 1e-4, "dynamic_range": 0.1, "int8": 0.3}
"""Quantisation that runs on every interpreter -> how far two of them may lie apart, in nats.

They round in different ways: a value near the middle of two int8 may become either.
"""


def run(interpreter: str, *arguments: str, environment: Mapping[str, str] = os.environ) -> str:
    """Runs the Python of an environment and returns what it printed."""
    python = ROOT / ENVIRONMENTS[interpreter] / "bin" / "python"
    assert python.exists(), f"{python} is missing: run `make test`"
    done = subprocess.run(
        [str(python), *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=sorted(ENVIRONMENTS))
def interpreter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_environment_has_no_framework(interpreter: str) -> None:
    module, numpy_version = run(interpreter, "-c", FRAMEWORKS).split()
    assert module == INTERPRETERS[interpreter]
    assert numpy_version.startswith("1." if interpreter == "tflite-runtime" else "2.")


def test_environment_variable_chooses_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2S_KERAS_INTERPRETER", "ai-edge-litert")
    module, _ = run("tflite-runtime", "-c", FRAMEWORKS).split()
    assert module == "ai_edge_litert.interpreter"


@pytest.fixture(params=[1, 4])
def options_and_keras_lines(
    request: pytest.FixtureRequest, toy_run: Path, toy_dev: list[list[str]], once: Once
) -> tuple[list[str], list[str]]:
    """Options of `predict` for some texts and a beam width, and what the Keras model says."""
    texts = [source for source, _ in toy_dev[:25]]
    options = ["--json", "--beam-width", str(request.param), *texts]

    def predict(path: Path) -> None:
        command = [sys.executable, "-m", "s2s_keras", "predict", str(toy_run), *options]
        path.write_text(subprocess.check_output(command, text=True), encoding="utf-8")

    path = once(f"toy-predictions-{request.param}", predict)
    return options, path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("quantization", "tolerance"),
    [("none", 1e-4), ("float16", 0.02), ("dynamic_range", 0.1), ("int8", 0.2)],
)
def test_predictions_equal_those_of_keras(
    interpreter: str,
    quantization: str,
    tolerance: float,
    toy_files: dict[str, Path],
    options_and_keras_lines: tuple[list[str], list[str]],
) -> None:
    options, lines = options_and_keras_lines
    printed = run(interpreter, "-m", "s2s_keras", "predict", str(toy_files[quantization]), *options)
    best = [
        [json.loads(line)["predictions"][0] for line in pair]
        for pair in zip(lines, printed.splitlines(), strict=True)
    ]
    assert len(best) == 25
    same = sum(a["text"] == b["text"] for a, b in best)
    assert same == 25 if quantization == "none" else same >= 0.9 * 25
    for a, b in best:
        if a["text"] == b["text"]:
            assert a["log_prob"] == pytest.approx(b["log_prob"], abs=tolerance)


def predict(interpreter: str, path: Path) -> subprocess.CompletedProcess[str]:
    python = ROOT / ENVIRONMENTS[interpreter] / "bin" / "python"
    command = [str(python), "-m", "s2s_keras", "predict", str(path), "abc"]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


def test_float16_that_would_be_wrong_is_refused(
    interpreter: str, toy_run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "m.tflite"
    options = ["--quantize", "float16", "--stateful"]
    assert main(["export", str(toy_run), "--out", str(path), *options]) == 0
    done = predict(interpreter, path)
    if interpreter == "ai-edge-litert":
        assert (done.returncode, done.stdout) == (0, "cba\n")
    else:
        assert done.returncode == 2
        assert "a stateful file has float16 weights" in done.stderr


def test_per_channel_weights_run_or_are_refused_with_the_operator(
    interpreter: str, toy_files: dict[str, Path]
) -> None:
    done = predict(interpreter, toy_files["dynamic_range_per_channel"])
    if interpreter == "ai-edge-litert":
        assert (done.returncode, done.stdout) == (0, "cba\n")
    else:
        assert done.returncode == 2
        assert "refuses the graph" in done.stderr
        assert "'FULLY_CONNECTED' version '12'" in done.stderr


def test_evaluate_and_inspect_without_tensorflow(
    interpreter: str, toy_files: dict[str, Path], toy_folder: Path
) -> None:
    path = str(toy_files["dynamic_range"])
    pairs = str(toy_folder / "dev.tsv")
    figures = json.loads(run(interpreter, "-m", "s2s_keras", "evaluate", path, pairs, "--json"))
    assert figures["exact_match"] >= 0.9
    inspected = json.loads(run(interpreter, "-m", "s2s_keras", "inspect", path, "--json"))
    assert set(inspected["signatures"]) == {"encode", "decode_step", "decode_step_1"}
    assert inspected["loaded_by"].startswith(f"{interpreter} ")


def test_benchmark_without_tensorflow(interpreter: str, toy_files: dict[str, Path]) -> None:
    files = [str(toy_files[name]) for name in EVERYWHERE]
    options = ["--rounds", "2", "--warmup-rounds", "1", "--output-tokens", "4", "--json"]
    measured = json.loads(run(interpreter, "-m", "s2s_keras", "benchmark", *files, *options))
    assert measured["machine"]["interpreter"].startswith(f"{interpreter} ")
    for file in measured["files"]:
        assert file["peak_memory_bytes"] > 0
        for entry in (*file["encode"], *file["step"]):
            assert 0 < entry["limit_ms"] < entry["median_ms"]


def test_serve_without_tensorflow(tiny_file: Path, tmp_path: Path) -> None:
    python = str(ROOT / ENVIRONMENTS["ai-edge-litert"] / "bin" / "python")
    with served(tiny_file, tmp_path, python=python) as process:
        status, answer = process.predict({"instances": ["abc", "b,c"]})
        assert status == 200
        with load(tiny_file) as model:
            expected = [found[0].text for found in model.predict(["abc", "b,c"])]
        assert [row["texts"][0] for row in answer["predictions"]] == expected
        assert process.raw("GET", "/")[0] == 200
        assert process.stop() == 0


def test_serve_without_its_extra_names_the_command(tiny_file: Path) -> None:
    python = str(ROOT / ENVIRONMENTS["tflite-runtime"] / "bin" / "python")
    command = [python, "-m", "s2s_keras", "serve", str(tiny_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 's2s-keras[serve]'" in done.stderr


def test_serving_a_saved_model_without_tensorflow_names_the_command(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").touch()
    python = str(ROOT / ENVIRONMENTS["ai-edge-litert"] / "bin" / "python")
    command = [python, "-m", "s2s_keras", "serve", str(tmp_path), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 's2s-keras[saved-model]'" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_does_not_grow_with_use(interpreter: str, tiny_file: Path) -> None:
    """After 100,000 steps, beyond what the first 10,000 allocated."""
    added_bytes = int(run(interpreter, str(ROOT / "tests/runtime/growth.py"), str(tiny_file)))
    assert added_bytes < 4 * 2**20


@pytest.fixture(scope="module")
def unpacked_wheel(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installation of the wheel holds, built from a copy with a model that ships."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("s2s_keras", "export", "web_demo"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copy(tiny_file, source / "s2s_keras/models/en-xx.tflite")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(built), str(source)], check=True)
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(built)
    return built


@pytest.mark.slow
def test_translate_of_the_wheel_without_tensorflow(
    interpreter: str, unpacked_wheel: Path, tiny_file: Path
) -> None:
    for name in ("README.md", "en-fr.tflite", "en-fr.md"):
        assert (unpacked_wheel / "s2s_keras/models" / name).exists()
    environment = {"PYTHONPATH": str(unpacked_wheel)}  # before the installed package
    command = ["-m", "s2s_keras", "translate", "--to", "fr", "Where is the station?"]
    assert run(interpreter, *command, environment=environment) == "Où est la gare\u202f?\n"
    text = "abc. ,bad"
    translated = run(
        interpreter, "-m", "s2s_keras", "translate", "--to", "xx", text, environment=environment
    )
    options = ["--split-sentences", text]
    assert translated == run(
        interpreter, "-m", "s2s_keras", "predict", str(tiny_file), *options, environment=environment
    )
    printed = run(interpreter, "-c", WHEEL_CONTENT, str(unpacked_wheel), environment=environment)
    assert printed == f"{translated.rstrip()}\n"


def test_training_without_its_extra_names_the_command(interpreter: str, toy_run: Path) -> None:
    python = ROOT / ENVIRONMENTS[interpreter] / "bin" / "python"
    done = subprocess.run(
        [str(python), "-m", "s2s_keras", "evaluate", str(toy_run), str(toy_run / "none.tsv")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "none.tsv: cannot be read" in done.stderr
    done = subprocess.run(
        [str(python), "-m", "s2s_keras", "predict", str(toy_run), "abc"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 's2s-keras[train]'" in done.stderr


@pytest.mark.parametrize("python", [sys.executable, *ENVIRONMENTS])
def test_runtime_import_is_quick_and_free_of_frameworks(python: str) -> None:
    """At most 0.25 s beyond NumPy, also where TensorFlow is installed; the best of five."""
    seconds = []
    for _ in range(5):
        if python in ENVIRONMENTS:
            seconds.append(float(run(python, "-c", IMPORT_SECONDS)))
        else:
            done = subprocess.run(
                [python, "-c", IMPORT_SECONDS], capture_output=True, text=True, check=True
            )
            seconds.append(float(done.stdout))
    assert min(seconds) <= 0.25
