"""What the signatures compute: `Seq2Seq.encode` and `decode_step` as a device had better do it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras import ops

from s2s_keras.export.encoding import encode_source
from s2s_keras.export.top_k import top_k
from s2s_keras.layers import Source, padding_bias
from s2s_keras.model import Seq2Seq
from s2s_keras.text import PAD_ID

__all__ = ["LEAST_PROBABILITY", "SORTED", "decode_token", "encode_ids"]

LEAST_PROBABILITY = 1e-37
"""Smaller ones are put out as this: below it float32 has no normal numbers."""

SORTED = 256
"""Tokens up to which all are sorted where all are put out: of more, whoever wants them looks up."""


def encode_ids(model: Seq2Seq, source_ids: Any) -> dict[str, Any]:
    """Encodes one source.

    Args:
        model: built, on the TensorFlow backend.
        source_ids: int32 (1, S), padded with 0 on the right.

    Returns:
        `state`, float (R, 1, H), and of `memory` float (1, S, M), `keys` float (1, S, A) and `bias`
        float (1, S) what the decoder reads.
    """
    # `keras.ops.take`, and so Keras's embedding, would handle negative indices first.
    embedded = tf.gather(model.source_embedding.embeddings, source_ids[0])
    length = ops.sum(ops.cast(ops.not_equal(source_ids, PAD_ID), "int32"))
    memory, last_states = encode_source(model.encoder, embedded, length)
    source = model.decoder.read(memory, last_states, padding_bias(source_ids))
    return {"state": model.decoder.first_state(last_states), **_present(source._asdict())}


def decode_token(
    model: Seq2Seq,
    token: Any,
    state: Any,
    source: Source,
    candidates: int,
    candidate_ids: Any = None,
) -> dict[str, Any]:
    """Advances B hypotheses of one source by one token.

    An interpreter has a fast softmax and a slow log-softmax; so the logarithm is taken of the
    candidates' probabilities alone, each at least `LEAST_PROBABILITY`.

    Args:
        model: as for `encode_ids`.
        token: int32 (B,), the previous tokens; `bos` at first.
        state: float (R, B, H).
        source: what `encode_ids` returned beside the state.
        candidates: C, the likeliest tokens that are put out.
        candidate_ids: int32 (N,), the tokens of a shortlist; the whole vocabulary where not given.

    Returns:
        `log_probs` float (B, C), the largest first, or, where all of more than `SORTED` are put
        out, in the order of ids, `token_ids` int32 (B, C), `state` float (R, B, H), and with
        attention `attention` float (B, S).
    """
    embedded = tf.gather(model.target_embedding.embeddings, token)
    features, state, attention = model.decoder.step(embedded, state, source)
    probabilities = ops.softmax(_logits(model, features, candidate_ids), axis=-1)
    if candidates == probabilities.shape[-1] > SORTED:
        likeliest = probabilities
        everything = ops.arange(candidates, dtype="int32")
        token_ids = ops.expand_dims(token * 0, -1) + everything  # no constant: it is put out
    else:
        likeliest, token_ids = top_k(probabilities, candidates)
    if candidate_ids is not None:
        token_ids = tf.gather(candidate_ids, token_ids)
    outputs = {
        "log_probs": ops.log(ops.maximum(likeliest, LEAST_PROBABILITY)),
        "token_ids": token_ids,
        "state": state,
        "attention": attention,
    }
    return _present(outputs)


def _logits(model: Seq2Seq, features: Any, candidate_ids: Any) -> Any:
    """Returns the logits (B, V) of features (B, E), or (B, N) of the candidates alone.

    The candidates' rows are gathered in each step: ids cross the boundary of the graph, and not
    the rows, which would be copied into the interpreter as often. With rows that are no constant a
    dense product is faster than a batched one.
    """
    embedding = model.target_embedding
    if candidate_ids is None:
        return embedding(features, reverse=True)
    tied = embedding.tie_weights
    table = embedding.embeddings if tied else tf.transpose(embedding.reverse_embeddings)
    return tf.matmul(features, tf.gather(table, candidate_ids), transpose_b=True)


def _present(tensors: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what a model without attention does not have."""
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}
