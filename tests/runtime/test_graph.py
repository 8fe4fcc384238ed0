from pathlib import Path

import pytest
import tensorflow as tf

from s2s_keras.errors import ExportError
from s2s_keras.export import export_tflite
from s2s_keras.export import tflite as export_module
from s2s_keras.runtime.graph import loop_outputs
from tests.export.test_tflite import SETTINGS, random_model


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
    monkeypatch.setattr(export_module, "_convert", lambda *a, **k: graph)
    with pytest.raises(ExportError, match="a loop's own.*Received: direct/sum"):
        export_tflite(random_model(), tmp_path / "model.tflite", ["a"], SETTINGS)
    assert list(tmp_path.iterdir()) == []
