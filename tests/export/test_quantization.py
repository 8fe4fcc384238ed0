"""What each quantisation recipe makes of the trained toy."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from s2s_keras.config import ExportConfig
from s2s_keras.export import QUANTIZATIONS
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import load, read_artifact
from s2s_keras.runtime.compatibility import missing_operators
from s2s_keras.runtime.graph import builtin_operators, constants, operator_versions
from s2s_keras.training import fake_quantize
from s2s_keras.training.run import load_run

SAME_BEST = {
    "none": 1.0,
    "float16": 1.0,
    "dynamic_range": 0.95,
    "dynamic_range_per_channel": 0.95,
    "int8": 0.95,
}
EVERYWHERE = [name for name in Quantization if name != "dynamic_range_per_channel"]


def graph_of(path: Path) -> bytes:
    return read_artifact(path).graph


def sizes(path: Path) -> Counter[str]:
    """Bytes of constants by their type."""
    counted: Counter[str] = Counter()
    for tensor in constants(graph_of(path)):
        counted[tensor.dtype] += tensor.size_bytes
    return counted


def matrices(path: Path) -> list[Any]:
    """The int8 constants."""
    return [tensor for tensor in constants(graph_of(path)) if tensor.dtype == "int8"]


def test_every_name_has_a_recipe_and_the_default_runs_everywhere() -> None:
    assert list(QUANTIZATIONS) == list(Quantization)
    assert set(SAME_BEST) == set(QUANTIZATIONS)
    assert ExportConfig().quantization in EVERYWHERE


@pytest.mark.parametrize("name", SAME_BEST)
def test_file_answers_as_the_keras_model(
    name: str, toy_files: dict[str, Path], toy_dev: list[list[str]]
) -> None:
    metadata = read_artifact(toy_files[name]).metadata
    assert metadata["quantization"] == name
    assert metadata["parity"]["same_best"] >= SAME_BEST[name]
    found = [best[0].text for best in load(toy_files[name]).predict([s for s, _ in toy_dev])]
    right = sum(a == b for a, (_, b) in zip(found, toy_dev, strict=True))
    assert right >= 0.9 * len(toy_dev)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_operators_are_no_newer_than_tflite_runtime_2_14(
    name: str, toy_files: dict[str, Path]
) -> None:
    versions = operator_versions(graph_of(toy_files[name]))
    assert not any(missing_operators(versions).values())


def test_per_channel_weights_ask_for_a_newer_product(toy_files: dict[str, Path]) -> None:
    versions = operator_versions(graph_of(toy_files["dynamic_range_per_channel"]))
    assert versions["FULLY_CONNECTED"] == 12


def test_float16_is_half_of_float32(toy_files: dict[str, Path]) -> None:
    whole, half = sizes(toy_files["none"]), sizes(toy_files["float16"])
    assert half["float16"] == pytest.approx(whole["float32"] / 2, rel=0.02)
    assert half["float32"] < 0.02 * whole["float32"]


def test_int8_weights_have_one_scale_or_one_a_channel(toy_files: dict[str, Path]) -> None:
    per_tensor = matrices(toy_files["dynamic_range"])
    assert {tensor.scales for tensor in per_tensor} == {1}
    per_channel = [t for t in matrices(toy_files["dynamic_range_per_channel"]) if t.scales > 1]
    assert [tensor.scales for tensor in per_channel] == [t.shape[0] for t in per_channel]
    assert len(per_channel) == len(per_tensor) >= 8


def test_weights_of_int8_are_stored_once(toy_files: dict[str, Path]) -> None:
    before, after = sizes(toy_files["dynamic_range"]), sizes(toy_files["int8"])
    assert after["int8"] == before["int8"]
    # Beside the biases in float32, which loops keep, stand those in int32, once for both widths.
    assert after["int32"] - before["int32"] <= before["float32"]


def test_dynamic_range_holds_what_training_for_int8_reads(
    toy_files: dict[str, Path], toy_run: Path
) -> None:
    """The fake-quantised weights are, to the last bit, the values of the file."""
    stored = []
    model = objects(toy_files["dynamic_range"])
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            data = model.buffers[tensor.buffer].data
            if tensor.type == schema.TensorType.INT8 and data is not None:
                values = data.view(np.int8).reshape(tensor.shape)
                stored.append(values * np.float32(tensor.quantization.scale[0]))
    weights = [w for w in load_run(toy_run).model.weights if w.name.endswith("kernel")]
    large = [w for w in weights if np.prod(w.shape) >= 1024]
    assert len(large) >= 8
    for weight in large:
        expected = np.asarray(fake_quantize(weight.value)).T
        assert any(
            found.shape == expected.shape and np.allclose(found, expected, atol=1e-6)
            for found in stored
        ), weight.path


def objects(path: Path) -> Any:
    return flatbuffer_utils.convert_bytearray_to_object(bytearray(graph_of(path)))


def types_of(path: Path, operator: int) -> list[list[str]]:
    """The types of what each operator of a kind reads and puts out."""
    names = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}
    model = objects(path)
    found = []
    for subgraph in model.subgraphs:
        for one in subgraph.operators:
            code = model.operatorCodes[one.opcodeIndex]
            if max(code.builtinCode, code.deprecatedBuiltinCode) == operator:
                tensors = [*one.inputs, *one.outputs]
                found.append([names[subgraph.tensors[i].type] for i in tensors if i >= 0])
    return found


def test_int8_computes_products_in_int8_and_attention_in_float(
    toy_files: dict[str, Path],
) -> None:
    path, code = toy_files["int8"], schema.BuiltinOperator
    products = Counter(" ".join(types) for types in types_of(path, code.FULLY_CONNECTED))
    hybrid = Counter(
        " ".join(types) for types in types_of(toy_files["dynamic_range"], code.FULLY_CONNECTED)
    )
    static = products["INT8 INT8 INT32 INT8"] + products["INT8 INT8 INT8"]
    in_loops = products["FLOAT32 INT8 FLOAT32 FLOAT32"] + products["FLOAT32 INT8 FLOAT32"]
    assert in_loops == 2  # one of each direction
    assert static + in_loops == sum(n for types, n in hybrid.items() if "INT8" in types)
    for kind in (code.SOFTMAX, code.BATCH_MATMUL, code.LOG, code.TANH, code.LOGISTIC):
        types = {t for row in types_of(path, kind) for t in row}
        assert types == {"FLOAT32"}, kind
    operators = builtin_operators(graph_of(path))
    assert operators["QUANTIZE"] <= static  # what several products read is quantised once
