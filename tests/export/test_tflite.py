from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings, StepOutput
from s2s_keras.errors import ExportError
from s2s_keras.export import export_tflite
from s2s_keras.export import tflite as export_module
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import TFLiteSession, read_artifact
from s2s_keras.runtime.graph import builtin_operators, constants, foreign_operators
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training.run import load_run

SETTINGS = DecodingSettings(beam_width=3, max_source_length=6, max_output_length=7)


def random_model(**options: object) -> Seq2Seq:
    keras.utils.set_random_seed(5)
    tokenizer = CharacterTokenizer("abcdefgh")
    sizes = {"embedding_size": 12, "units": 20, "attention_units": 16, **options}
    return Seq2Seq(tokenizer, tokenizer, **sizes)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tie_output": False},
        {"share_embeddings": True},
        {"encoder_layers": 2, "decoder_layers": 2},
        {"dtype": "mixed_bfloat16"},
    ],
)
def test_export_float32_equals_keras(tmp_path: Path, options: dict[str, object]) -> None:
    report = export_tflite(
        random_model(**options),
        tmp_path / "model.tflite",
        ["abc", "h", "hgfedc"],
        SETTINGS,
        quantization="none",
    )
    assert report.parity.same_beams == 1.0
    assert report.parity.max_difference < 1e-4
    assert report.size_bytes == report.path.stat().st_size


def test_export_quantised_is_smaller_and_agrees(toy_files: dict[str, Path]) -> None:
    graphs = {name: read_artifact(path).graph for name, path in toy_files.items()}
    size = {name: sum(t.size_bytes for t in constants(graph)) for name, graph in graphs.items()}
    assert size["dynamic_range"] < 0.4 * size["none"]
    assert {t.dtype for t in constants(graphs["dynamic_range"])} >= {"int8"}
    parity = read_artifact(toy_files["dynamic_range"]).metadata["parity"]
    assert parity["same_best"] >= 0.95


def test_export_weights_are_stored_once(toy_files: dict[str, Path], toy_run: Path) -> None:
    """Three signatures, one copy: the constants hold little more than the model's parameters."""
    parameters = load_run(toy_run).model.count_params()
    stored = sum(t.size_bytes for t in constants(read_artifact(toy_files["none"]).graph))
    assert 4 * parameters <= stored < 4.2 * parameters + 2000


def test_export_operators_are_builtin(toy_files: dict[str, Path]) -> None:
    for path in toy_files.values():
        graph = read_artifact(path).graph
        assert foreign_operators(graph) == []
        assert builtin_operators(graph)["WHILE"] == 1  # one loop for both directions


def foreign_graph() -> bytes:
    """A graph with an operator that has no builtin form."""

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((4,), tf.float32)])
        def graph(self, x: tf.Tensor) -> tf.Tensor:
            return tf.raw_ops.Erfinv(x=x)  # has no builtin form

    module = Module()
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.graph.get_concrete_function()], module
    )
    converter.allow_custom_ops = True
    return bytes(converter.convert())


def test_foreign_operators_are_found() -> None:
    assert foreign_operators(foreign_graph()) == ["Erfinv"]


def test_export_with_foreign_operators_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "_convert", lambda *a, **k: (foreign_graph(), {}))
    with pytest.raises(ExportError, match="not builtin: Erfinv"):
        export_tflite(random_model(), tmp_path / "model.tflite", ["a"], SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_export_signatures_have_the_stated_shapes(tmp_path: Path) -> None:
    model = random_model(decoder_layers=2)
    path = tmp_path / "model.tflite"
    export_tflite(model, path, ["ab"], SETTINGS, quantization="none", candidates=5)
    signatures = TFLiteSession(read_artifact(path)).signatures()
    assert set(signatures) == {"encode", "decode_step", "decode_step_1"}
    source = {
        "memory": ("float32", [1, 6, 40]),
        "keys": ("float32", [1, 6, 16]),
        "bias": ("float32", [1, 6]),
    }
    assert signatures["encode"] == {
        "inputs": {"source_ids": ("int32", [1, 6])},
        "outputs": {**source, "state": ("float32", [2, 1, 20])},
    }
    for name, width in (("decode_step", 3), ("decode_step_1", 1)):
        state = ("float32", [2, width, 20])
        assert signatures[name] == {
            "inputs": {**source, "token": ("int32", [width]), "state": state},
            "outputs": {
                "log_probs": ("float32", [width, 5]),
                "token_ids": ("int32", [width, 5]),
                "state": state,
                "attention": ("float32", [width, 6]),
            },
        }


def test_export_of_other_function_fails_parity_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model()
    convert = export_module._convert

    def convert_other_weights(model: Seq2Seq, *arguments: object, **options: object) -> object:
        kept = model.get_weights()
        model.set_weights([w + np.float32(0.05) for w in kept])
        converted = convert(model, *arguments, **options)
        model.set_weights(kept)
        return converted

    monkeypatch.setattr(export_module, "_convert", convert_other_weights)
    with pytest.raises(ExportError, match="within 0.001 of the Keras model's. Largest difference"):
        export_tflite(model, tmp_path / "m.tflite", ["abc"], SETTINGS, quantization="none")
    assert list(tmp_path.iterdir()) == []


def test_export_whose_greedy_signature_differs_fails_parity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = TFLiteSession.step

    def wrong_when_greedy(self: TFLiteSession, *arguments: np.ndarray) -> StepOutput:
        output = step(self, *arguments)
        return output._replace(log_probs=output.log_probs - (len(arguments[0]) == 1) * 0.01)

    monkeypatch.setattr(TFLiteSession, "step", wrong_when_greedy)
    with pytest.raises(ExportError, match=r"Largest difference: 0.01"):
        export_tflite(random_model(), tmp_path / "m.tflite", ["abc"], SETTINGS, quantization="none")


def test_export_that_disagrees_too_often_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = export_module.check_parity
    monkeypatch.setattr(export_module, "check_parity", lambda *a: replace(check(*a), same_best=0.5))
    with pytest.raises(ExportError, match=r"At least 90%.*Received: 50.0% of 1"):
        export_tflite(random_model(), tmp_path / "m.tflite", ["abc"], SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_export_bad_arguments_are_refused(tmp_path: Path) -> None:
    model, path = random_model(), tmp_path / "m.tflite"
    with pytest.raises(ValueError, match="one of.*Received: 'int3'"):
        export_tflite(model, path, ["a"], SETTINGS, quantization="int3")
    with pytest.raises(ValueError, match="at least one sample text"):
        export_tflite(model, path, [], SETTINGS)
    with pytest.raises(ValueError, match="max_source_length"):
        export_tflite(model, path, ["a"], DecodingSettings())
