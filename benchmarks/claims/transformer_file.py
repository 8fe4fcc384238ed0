"""The Transformer's `.tflite` file: how it is written, and the session that decodes with it.

The signatures mirror those of our files. `encode` gives the source's keys and values for every
decoder layer, and `decode_step` takes a cache of fixed length, T slots, and returns the new token's
keys and values; the session writes them into the cache in place, which costs less than a graph
that copies the cache.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from benchmarks.claims.transformer import Source, Transformer
from s2s_keras.decoding import StepOutput
from s2s_keras.errors import ExportError
from s2s_keras.export import QUANTIZATIONS
from s2s_keras.runtime import find_interpreter, write_artifact
from s2s_keras.runtime.graph import foreign_operators
from s2s_keras.text import pad_ids

__all__ = ["TransformerSession", "export_transformer"]


def export_transformer(
    model: Transformer, path: Path, *, max_length: int, quantization: str
) -> bytes:
    """Writes the file, tokenisers included, and returns its graph.

    Args:
        model: trained.
        path: the file, `.tflite`.
        max_length: S and T, the longest source and the slots of the cache.
        quantization: a key of `s2s_keras.export.QUANTIZATIONS`, one that the converter makes alone.

    Raises:
        ExportError: the file would need operators that are not builtin.
    """
    with tempfile.TemporaryDirectory() as folder:
        _save_signatures(model, folder, max_length)
        keys = ["encode", "decode_step"]
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=keys)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        QUANTIZATIONS[quantization].configure(converter)
        graph = bytes(converter.convert())
    if foreign := foreign_operators(graph):
        raise ExportError(
            f"The file would need operators that are not builtin: {', '.join(foreign)}."
        )
    metadata = {"max_source_length": max_length, "quantization": quantization}
    write_artifact(path, graph, metadata, model.tokenizer, model.tokenizer)
    return graph


def _save_signatures(model: Transformer, folder: str, length: int) -> None:
    sizes = model.sizes
    heads, depth = sizes["heads"], sizes["width"] // sizes["heads"]
    cache = (sizes["layers"], 1, heads, length, depth)

    def encode(source_ids: Any) -> dict[str, Any]:
        return dict(model.encode(source_ids)._asdict())

    def decode_step(
        token: Any,
        position: Any,
        keys: Any,
        values: Any,
        cross_keys: Any,
        cross_values: Any,
        bias: Any,
    ) -> dict[str, Any]:
        source = Source(cross_keys, cross_values, bias)
        log_probs, new_keys, new_values = model.decode_step(token, position, keys, values, source)
        # As our own files do: the candidates in falling order, here all of the vocabulary.
        log_probs, token_ids = ops.top_k(log_probs, log_probs.shape[-1], sorted=True)
        return {
            "log_probs": log_probs,
            "token_ids": ops.cast(token_ids, "int32"),
            "new_keys": new_keys,
            "new_values": new_values,
        }

    floats = {name: cache for name in ("keys", "values", "cross_keys", "cross_values")}
    floats["bias"] = (1, length)
    specs = [
        tf.TensorSpec((1,), tf.int32, name="token"),
        tf.TensorSpec((), tf.int32, name="position"),
        *(tf.TensorSpec(shape, tf.float32, name=name) for name, shape in floats.items()),
    ]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "encode", encode, [tf.TensorSpec((1, length), tf.int32, name="source_ids")]
    )
    archive.add_endpoint("decode_step", decode_step, specs)
    archive.write_out(folder, verbose=False)


class TransformerSession:
    """Decodes one source greedily; see `s2s_keras.decoding.Session`.

    Args:
        graph: what `export_transformer` returned.
    """

    def __init__(self, graph: bytes) -> None:
        self._interpreter = find_interpreter()(model_content=graph, num_threads=1)
        self._interpreter.allocate_tensors()
        runner: Callable[[str], Any] = self._interpreter.get_signature_runner
        self._encode, self._step = runner("encode"), runner("decode_step")
        self._cache_shape = tuple(self._step.get_input_details()["keys"]["shape"])
        self._length = int(self._encode.get_input_details()["source_ids"]["shape"][1])
        self._source: dict[str, NDArray[np.float32]] = {}

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes one source, int32 (1, S); `beam_width` must be 1."""
        if len(source_ids) != 1 or beam_width != 1:
            raise ValueError(
                "This session takes one source and a beam width of 1. "
                f"Received: {len(source_ids)} and {beam_width}."
            )
        self._source = self._encode(source_ids=pad_ids(list(source_ids), self._length))
        self._keys = np.zeros(self._cache_shape, np.float32)
        self._values = np.zeros(self._cache_shape, np.float32)
        self._position = 0

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances by one token; of the attention it reports nothing."""
        output = self._step(
            token=tokens,
            position=np.asarray(self._position, np.int32),
            keys=self._keys,
            values=self._values,
            **self._source,
        )
        slot = slice(self._position, self._position + 1)
        self._keys[:, :, :, slot] = output["new_keys"]
        self._values[:, :, :, slot] = output["new_values"]
        self._position += 1
        return StepOutput(
            output["log_probs"], output["token_ids"], np.zeros((1, self._length), np.float32)
        )
