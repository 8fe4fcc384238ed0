from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.errors import ExportError
from s2s_keras.export import export_tflite
from s2s_keras.export import tflite as export_module
from s2s_keras.runtime import TFLiteSession, read_artifact
from s2s_keras.runtime.graph import (
    builtin_operators,
    constants,
    embeddings,
    loop_bodies,
    loop_outputs,
    operator_versions,
    operators,
    operators_by_part,
    signature_subgraphs,
)
from tests.export.test_tflite import SETTINGS, random_model

from .graphs import convert


def test_signatures_have_their_subgraphs(tiny_files: dict[str, Path]) -> None:
    artifact = read_artifact(tiny_files["float32"])
    signatures = TFLiteSession(artifact).signatures()
    subgraphs = signature_subgraphs(artifact.graph)
    assert set(subgraphs) == set(signatures)
    assert len(set(subgraphs.values())) == len(subgraphs)
    for name, index in subgraphs.items():
        shapes = {t.shape for o in operators(artifact.graph, index) for t in o.outputs}
        for _, shape in signatures[name]["outputs"].values():
            assert tuple(shape) in shapes


def test_operators_by_part_add_up(tiny_files: dict[str, Path]) -> None:
    for path in tiny_files.values():
        graph = read_artifact(path).graph
        total: dict[str, int] = {}
        for part in operators_by_part(graph).values():
            for name, times in part.items():
                total[name] = total.get(name, 0) + times
        assert total == builtin_operators(graph)


def test_operators_by_part_name_the_loops(tiny_files: dict[str, Path]) -> None:
    parts = operators_by_part(read_artifact(tiny_files["float32"]).graph)
    steps = {"decode_step", "decode_step_1", "decode_step_s4", "decode_step_1_s4"}
    assert set(parts) == {"encode", "encode, loop", "encode_s4", "encode_s4, loop", *steps}
    assert parts["encode"]["WHILE"] == 1
    assert "WHILE" not in parts["encode, loop"]
    stateful = operators_by_part(read_artifact(tiny_files["stateful"]).graph)
    assert set(stateful["other"]) == {
        "VAR_HANDLE",
        "ASSIGN_VARIABLE",
    }  # the variables' first values


def test_operators_have_versions_tensors_and_left_out_inputs() -> None:
    matrix = np.ones((3, 5), np.float32)
    graph = convert(lambda x: tf.nn.tanh(tf.matmul(x, matrix)), (2, 3))
    product, tanh = operators(graph, 0)
    assert (product.name, tanh.name) == ("FULLY_CONNECTED", "TANH")
    given, weights, *bias = product.inputs
    assert given is not None
    assert weights is not None
    assert (given.dtype, given.shape, given.size_bytes) == ("float32", (2, 3), 0)
    assert (weights.dtype, weights.shape, weights.size_bytes) == ("float32", (5, 3), 60)
    assert bias in ([], [None])
    assert product.outputs == tanh.inputs
    assert operator_versions(graph)["FULLY_CONNECTED"] == product.version
    assert loop_bodies(graph, product) == ()


def test_embeddings_are_the_tables_of_lookups(tiny_files: dict[str, Path]) -> None:
    graph = read_artifact(tiny_files["float32"]).graph
    looked_up = embeddings(graph)
    tables = [tensor for tensor in constants(graph) if tensor.buffer in looked_up]
    assert [table.shape for table in tables] == [(12, 24)] * 2


class Loops(tf.Module):
    """Two signatures that add while a loop runs: one puts the loop's result out as it is."""

    @tf.function(input_signature=[tf.TensorSpec((3,), tf.float32)])
    def direct(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": doubled(x), "twice": x * 2.0}

    @tf.function(input_signature=[tf.TensorSpec((3,), tf.float32)])
    def behind(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": doubled(x) + x}


def doubled(x: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y + y), [0, x])[1]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder, module = str(tmp_path_factory.mktemp("loops")), Loops()
    tf.saved_model.save(
        module, folder, signatures={"direct": module.direct, "behind": module.behind}
    )
    return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def test_loop_outputs_are_those_without_an_operator_behind_the_loop(graph: bytes) -> None:
    assert loop_outputs(graph) == ["direct/sum"]


def test_export_with_a_loop_output_is_refused(
    graph: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "_convert", lambda *a, **k: (graph, {}))
    with pytest.raises(ExportError, match="a loop's own.*Received: direct/sum"):
        export_tflite(random_model(), tmp_path / "model.tflite", ["a"], SETTINGS)
    assert list(tmp_path.iterdir()) == []
