"""The signatures: `encode`, and `decode_step` for each beam width, on one set of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from s2s_keras.model import Seq2Seq

__all__ = ["save_signatures", "step_signature_names"]


def step_signature_names(beam_width: int) -> dict[int, str]:
    """Returns beam width -> signature name: `decode_step`, and `decode_step_1` for greedy search.

    Args:
        beam_width: K, the width of `decode_step`, at least 1.
    """
    names = {beam_width: "decode_step"}
    return names if beam_width == 1 else {1: "decode_step_1", **names}


def save_signatures(
    model: Seq2Seq,
    folder: str,
    *,
    max_source_length: int,
    step_names: dict[int, str],
    candidates: int,
) -> None:
    """Writes a SavedModel with the model's signatures on ids.

    | signature | inputs | outputs |
    |---|---|---|
    | `encode` | `source_ids` int32 (1, S) | `memory` (1, S, M), `keys` (1, S, A), `bias` (1, S),
      `state` (L, 1, H) |
    | `decode_step` | `token` int32 (B,), `state` (L, B, H), `memory`, `keys`, `bias` | `log_probs`
      (B, C), `token_ids` int32 (B, C), `state`, `attention` (B, S) |

    Args:
        model: built, on the TensorFlow backend.
        folder: the SavedModel's folder.
        max_source_length: S.
        step_names: beam width B -> signature name.
        candidates: C, the likeliest tokens that a step returns.
    """

    def encode(source_ids: Any) -> dict[str, Any]:
        return dict(model.encode(source_ids)._asdict())

    def decode_step(token: Any, state: Any, memory: Any, keys: Any, bias: Any) -> dict[str, Any]:
        log_probs, state, attention = model.decode_step(token, state, memory, keys, bias)
        log_probs, token_ids = ops.top_k(log_probs, candidates, sorted=True)
        return {
            "log_probs": log_probs,
            "token_ids": ops.cast(token_ids, "int32"),
            "state": state,
            "attention": attention,
        }

    archive = keras.export.ExportArchive()
    archive.track(model)
    source_spec = tf.TensorSpec((1, max_source_length), tf.int32, name="source_ids")
    archive.add_endpoint("encode", encode, [source_spec])
    for width, name in step_names.items():
        archive.add_endpoint(name, decode_step, _step_specs(model, max_source_length, width))
    archive.write_out(folder, verbose=False)


def _step_specs(model: Seq2Seq, length: int, width: int) -> Sequence[tf.TensorSpec]:
    attention_units = model.decoder.attention_units
    shapes = {
        "state": (model.decoder_layers, width, model.units),
        "memory": (1, length, 2 * model.units),
        "keys": (1, length, attention_units),
        "bias": (1, length),
    }
    floats = [tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()]
    return [tf.TensorSpec((width,), tf.int32, name="token"), *floats]
