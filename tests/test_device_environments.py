"""The exported file on each interpreter, in environments that have no TensorFlow.

`make test` sets the environments up; without them these tests fail.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from s2s_keras.runtime.session import INTERPRETERS

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


DECODE = """
import json, sys
from s2s_keras.runtime import DecodingSettings, load
found = {}
for path in sys.argv[1:]:
    predictor = load(path, DecodingSettings(beam_width=2, n_best=2, max_output_length=6))
    found[path] = [
        [(p.text, p.log_prob, p.attention is None) for p in best]
        for best in predictor.predict(["abc", "h", "gfedc"])
    ]
print(json.dumps(found))
"""

SYSTEMS = {
    "bahdanau": {"deep_output": "maxout", "score": "concat", "attention_window": 2},
    "luong": {"decoder": "luong", "cell": "lstm", "score": "dot", "encoder_units": 8},
    "feeding": {"decoder": "luong", "input_feeding": True, "decoder_layers": 2, "residual": True},
    "cho": {"decoder": "cho", "cell": "lstm"},
    "sutskever": {
        "decoder": "sutskever",
        "encoder_direction": "backward",
        "bridge": "copy",
        "tie_output": False,
    },
}


def run(interpreter: str, *arguments: str) -> str:
    """Runs the Python of an environment and returns what it printed."""
    python = ROOT / ENVIRONMENTS[interpreter] / "bin" / "python"
    assert python.exists(), f"{python} is missing: run `make test`"
    done = subprocess.run(
        [str(python), *arguments],
        capture_output=True,
        text=True,
        cwd="/",
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


@pytest.mark.parametrize(("quantization", "tolerance"), [("none", 1e-4), ("dynamic_range", 0.1)])
@pytest.mark.parametrize("beam_width", [1, 4])
def test_predictions_equal_those_of_keras(
    interpreter: str,
    quantization: str,
    tolerance: float,
    beam_width: int,
    toy_run: Path,
    toy_files: dict[str, Path],
    toy_dev: list[list[str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    from s2s_keras.cli import main

    texts = [source for source, _ in toy_dev[:25]]
    options = ["--json", "--beam-width", str(beam_width), *texts]
    capfd.readouterr()
    assert main(["predict", str(toy_run), *options]) == 0
    expected = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    printed = run(interpreter, "-m", "s2s_keras", "predict", str(toy_files[quantization]), *options)
    found = [json.loads(line) for line in printed.splitlines()]
    best = [
        (a["predictions"][0], b["predictions"][0]) for a, b in zip(expected, found, strict=True)
    ]
    same = sum(a["text"] == b["text"] for a, b in best)
    assert same == len(texts) if quantization == "none" else same >= 0.9 * len(texts)
    for a, b in best:
        if a["text"] == b["text"]:
            assert a["log_prob"] == pytest.approx(b["log_prob"], abs=tolerance)


@pytest.fixture(scope="module")
def system_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """One file for each of `SYSTEMS` and each quantisation, with random weights."""
    import keras

    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import export_tflite
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import CharacterTokenizer

    folder = tmp_path_factory.mktemp("systems")
    tokenizer = CharacterTokenizer("abcdefgh")
    settings = DecodingSettings(beam_width=2, max_source_length=5, max_output_length=6)
    for name, options in SYSTEMS.items():
        keras.utils.set_random_seed(1)
        model = Seq2Seq(tokenizer, tokenizer, embedding_size=16, units=16, **options)
        for weight in model.trainable_weights:
            weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
        for quantization in ("none", "dynamic_range"):
            path = folder / f"{name}-{quantization}.tflite"
            arguments = {"quantization": quantization, "min_same_best": 0.0}
            export_tflite(model, path, ["abc"], settings, **arguments)
    return sorted(map(str, folder.iterdir()))


def test_every_decoder_decodes_alike_on_every_interpreter(system_files: list[str]) -> None:
    assert len(system_files) == 2 * len(SYSTEMS)
    first, second = (
        json.loads(run(interpreter, "-c", DECODE, *system_files)) for interpreter in ENVIRONMENTS
    )
    for path in system_files:
        for best, other in zip(first[path], second[path], strict=True):
            (text, log_prob, without), (other_text, other_log_prob, _) = best[0], other[0]
            assert text == other_text, path
            assert log_prob == pytest.approx(other_log_prob, abs=1e-2), path
            assert without == any(name in path for name in ("cho-", "sutskever-"))
            # No file answers every token with the same probability.
            assert abs(best[0][1] - best[1][1]) > 1e-3, path


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
    files = [str(path) for path in toy_files.values()]
    options = ["--rounds", "2", "--warmup-rounds", "1", "--output-tokens", "4", "--json"]
    measured = json.loads(run(interpreter, "-m", "s2s_keras", "benchmark", *files, *options))
    assert measured["machine"]["interpreter"].startswith(f"{interpreter} ")
    for file in measured["files"]:
        assert file["peak_memory_bytes"] > 0
        for entry in (*file["encode"], *file["step"]):
            assert 0 < entry["limit_ms"] < entry["median_ms"]


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
