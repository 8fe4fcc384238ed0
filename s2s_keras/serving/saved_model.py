"""A SavedModel folder -> a servable."""

from __future__ import annotations

import importlib.util
import re
import reprlib
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from s2s_keras.decoding import Predictor
from s2s_keras.errors import ArtifactError, InputError, MissingDependencyError
from s2s_keras.saved_model import EXTRA_FOLDER, read_saved_model
from s2s_keras.serving.signature import DTYPES, Columns, Row, ServedSignature, TensorSpec

__all__ = ["SavedModelServable"]

SAID = re.compile(r"assertion failed: \[(?:(?:texts|source_ids)\[\d+\] )?(.*?)\]", re.DOTALL)
"""What a graph says of a row that it refuses; the row's index would be that in the batch."""


class SavedModelServable:
    """Serves a SavedModel: every signature whose tensors share a first dimension, the batch.

    TensorFlow runs one batch on all cores, so batches do not run beside each other. Where the
    folder holds `assets.extra` as `s2s-keras export` writes it, each row is checked before it is
    batched, as `Predictor.check` does. Of other SavedModels only empty texts are refused so.

    Args:
        folder: of one version, with `saved_model.pb`. Its name is the version's number, or else
            the version is 1.

    Raises:
        ArtifactError: the folder is damaged, or holds no signature that can be served.
        MissingDependencyError: the graph needs tensorflow-text, which is not installed.
    """

    batch_size = 32
    workers = 1

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        name = folder.resolve().name
        self.version = int(name) if name.isascii() and name.isdigit() else 1
        self.metadata: dict[str, Any] = {}
        self._rules: Predictor | None = None
        if (folder / EXTRA_FOLDER / "model.json").exists():
            ours = read_saved_model(folder)
            self.metadata, self._rules = ours.metadata, ours.checker()
        self.signatures = _read_signatures(folder)
        self._loaded = _load(folder)
        self._functions = {name: self._loaded.signatures[name] for name in self.signatures}

    def check(self, signature: str, row: Row) -> None:
        """Refuses what the model does not take; see `Servable.check`."""
        for name, spec in self.signatures[signature].inputs.items():
            if spec.dtype == "DT_STRING":
                for content in row[name].ravel():
                    self._check_text(content)
            elif name == "source_ids" and self._rules is not None:
                ids = row[name].tolist()
                while ids and not ids[-1]:
                    ids.pop()
                self._rules.check_ids(ids)

    def run(self, signature: str, columns: Columns) -> Columns:
        """Runs the signature; see `Servable.run`."""
        try:
            outputs = self._functions[signature](
                **{name: tf.constant(column) for name, column in columns.items()}
            )
        except tf.errors.InvalidArgumentError as error:
            said = SAID.search(error.message)
            if said is None:
                raise
            raise InputError(f"The model refuses the input. It {said[1]}") from error
        return {name: outputs[name].numpy() for name in self.signatures[signature].outputs}

    def close(self) -> None:
        """Lets the model go."""
        self._functions.clear()
        self._loaded = None

    def _check_text(self, content: bytes) -> None:
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"The text is not valid UTF-8: byte {error.start + 1}.") from error
        if self._rules is not None:
            self._rules.check(text)
        elif not text.strip():
            raise InputError("The text is empty.")


def _read_signatures(folder: Path) -> dict[str, ServedSignature]:
    """Reads the signatures as the file has them, with the names that tensors have in the graph."""
    saved = saved_model_pb2.SavedModel()
    path = folder / "saved_model.pb"
    try:
        saved.ParseFromString(path.read_bytes())
        [graph] = [g for g in saved.meta_graphs if "serve" in g.meta_info_def.tags]
    except Exception as error:  # protobuf's own error, and protobuf is no dependency of ours
        raise ArtifactError(f"{path}: it is damaged: {error}. Export the model again.") from error
    found = {
        name: ServedSignature(
            {key: _spec(info) for key, info in sorted(definition.inputs.items())},
            {key: _spec(info) for key, info in sorted(definition.outputs.items())},
            definition.method_name,
        )
        for name, definition in sorted(graph.signature_def.items())
    }
    served = {name: signature for name, signature in found.items() if _is_batched(signature)}
    if not served:
        raise ArtifactError(
            f"{folder}: a signature must have inputs and outputs whose first dimension is the "
            f"batch, of any size. Received: {reprlib.repr(sorted(found))}."
        )
    return served


def _spec(info: Any) -> TensorSpec:
    shape = tuple(None if d.size < 0 else int(d.size) for d in info.tensor_shape.dim)
    return TensorSpec(
        types_pb2.DataType.Name(info.dtype),
        None if info.tensor_shape.unknown_rank else shape,
        info.name,
    )


def _is_batched(signature: ServedSignature) -> bool:
    inputs, outputs = signature.inputs.values(), signature.outputs.values()
    return (
        bool(inputs and outputs)
        and all(spec.dtype in DTYPES for spec in (*inputs, *outputs))
        and all(spec.shape is not None and spec.shape[:1] == (None,) for spec in inputs)
        and all(spec.shape is None or spec.shape[:1] == (None,) for spec in outputs)
    )


def _load(folder: Path) -> Any:
    has_text = importlib.util.find_spec("tensorflow_text") is not None
    if has_text:
        import tensorflow_text  # noqa: F401 registers its operators
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, AttributeError, tf.errors.OpError) as error:
        if not has_text and "not registered" in str(error):
            raise MissingDependencyError(
                f"{folder}: the graph needs tensorflow-text: pip install 's2s-keras[saved-model]'."
            ) from error
        raise ArtifactError(f"{folder}: TensorFlow cannot load it: {error}") from error
