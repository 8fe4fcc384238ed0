"""The signatures: `encode`, and `decode_step` for each beam width, on one set of weights."""

from __future__ import annotations

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
    | `encode` | `source_ids` int32 (1, S) | `state` (R, 1, H), and of `memory` (1, S, M), `keys`
      (1, S, A) and `bias` (1, S) what the decoder reads |
    | `decode_step` | `token` int32 (B,), `state` (R, B, H), and what `encode` put out beside it |
      `log_probs` (B, C), `token_ids` int32 (B, C), `state`, and with attention `attention` (B, S) |

    Args:
        model: built, on the TensorFlow backend.
        folder: the SavedModel's folder.
        max_source_length: S.
        step_names: beam width B -> signature name.
        candidates: C, the likeliest tokens that a step returns.
    """

    def encode(source_ids: Any) -> dict[str, Any]:
        return _present(model.encode(source_ids)._asdict())

    def decode_step(token: Any, state: Any, *source: Any) -> dict[str, Any]:
        read = dict(zip(encoded, source, strict=True))
        log_probs, state, attention = model.decode_step(token, state, **read)
        log_probs, token_ids = ops.top_k(log_probs, candidates, sorted=True)
        return _present(
            {
                "log_probs": log_probs,
                "token_ids": ops.cast(token_ids, "int32"),
                "state": state,
                "attention": attention,
            }
        )

    archive = keras.export.ExportArchive()
    archive.track(model)
    source_spec = tf.TensorSpec((1, max_source_length), tf.int32, name="source_ids")
    archive.add_endpoint("encode", encode, [source_spec])
    encoded = encode(tf.zeros(source_spec.shape, tf.int32))
    rows, _, units = encoded.pop("state").shape
    source_specs = [tf.TensorSpec(x.shape, tf.float32, name=name) for name, x in encoded.items()]
    for width, name in step_names.items():
        token_spec = tf.TensorSpec((width,), tf.int32, name="token")
        state_spec = tf.TensorSpec((rows, width, units), tf.float32, name="state")
        archive.add_endpoint(name, decode_step, [token_spec, state_spec, *source_specs])
    archive.write_out(folder, verbose=False)


def _present(tensors: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what a model without attention does not have."""
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}
