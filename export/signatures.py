"""The signatures, for each source length and each beam width, on one set of weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import tensorflow as tf
from keras import ops

from s2s_keras.export.functions import decode_token, encode_ids
from s2s_keras.layers import Source
from s2s_keras.model import Seq2Seq
from s2s_keras.text import PAD_ID

__all__ = ["save_signatures", "signature_keys"]


def save_signatures(
    model: Seq2Seq,
    folder: str,
    *,
    source_lengths: Sequence[int],
    candidates: Mapping[int, int],
    stateful: bool = False,
    shortlist_size: int | None = None,
) -> dict[str, Any]:
    """Writes a SavedModel with the model's signatures on ids.

    | signature | inputs | outputs |
    |---|---|---|
    | `encode` | `source_ids` int32 (1, S) | `state` (R, 1, H), and of `memory` (1, S, M), `keys`
      (1, S, A) and `bias` (1, S) what the decoder reads |
    | `decode_step` | `token` int32 (B,), `state` (R, B, H), and what `encode` put out beside it |
      `log_probs` (B, C), `token_ids` int32 (B, C), `state`, and with attention `attention` (B, S) |

    A stateful file keeps `state` and what `encode` puts out in variables inside the interpreter:

    | signature | inputs | outputs |
    |---|---|---|
    | `start` | `source_ids` int32 (1, S) | `length` int32 (), the source's tokens |
    | `step` | `token` int32 (B,), `parent` int32 (B,), the rows that these continue | `log_probs`,
      `token_ids`, and with attention `attention`, as above |

    With a shortlist every step also takes `candidate_ids` int32 (N,), the tokens that it chooses
    among; `token_ids` are some of them.

    There is one of each for every S and B. The plain names are those of the largest; others say
    what they are for: `encode_s16`, `decode_step_1` (greedy), `decode_step_1_s16`.

    Args:
        model: built, on the TensorFlow backend.
        folder: the SavedModel's folder.
        source_lengths: each S, ascending; a source is padded to the smallest that holds it.
        candidates: each B, ascending, -> C, the likeliest tokens that its step returns.
        stateful: keeps memory and state inside the interpreter.
        shortlist_size: N, the candidates that a source has; `None` without a shortlist.

    Returns:
        What `model.json` says of them: `signatures`, a map from `encode` (or `start`) and from
        `decode_step` (or `step`) to names: by source length, and by source length and beam width.
    """
    root = tf.Module()
    root.weights = [weight.value for weight in model.weights]
    trace = _trace_stateful if stateful else _trace_stateless
    listed = [] if shortlist_size is None else [_ids("candidate_ids", shortlist_size)]
    graphs, signatures = trace(root, model, source_lengths, candidates, listed)
    tf.saved_model.save(root, folder, graphs)
    return signatures


def signature_keys(signatures: dict[str, Any]) -> list[str]:
    """Returns each name of what `save_signatures` returned, once."""
    names: dict[str, None] = {}
    for by_length in signatures.values():
        for name in by_length.values():
            names.update(dict.fromkeys(name.values() if isinstance(name, dict) else [name]))
    return list(names)


def _trace_stateless(
    root: tf.Module,
    model: Seq2Seq,
    source_lengths: Sequence[int],
    candidates: Mapping[int, int],
    listed: Sequence[Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    encode = partial(encode_ids, model)
    graphs: dict[str, Any] = {}
    encodes: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    added: dict[tuple[Any, ...], str] = {}
    for length in source_lengths:
        suffix = _suffix(length, source_lengths, "s")
        graph = _trace(encode, [_ids("source_ids", 1, length)])
        graphs[f"encode{suffix}"] = graph
        encodes[str(length)] = f"encode{suffix}"
        encoded = _output_shapes(graph)
        rows, _, units = encoded.pop("state")
        for width, count in candidates.items():
            name = f"decode_step{_suffix(width, list(candidates))}{suffix}"
            # Without attention nothing that a step reads is as long as the source.
            key = (width, *encoded.values())
            if key not in added:
                specs = [_ids("token", width), _floats("state", (rows, width, units))]
                specs += [_floats(name, shape) for name, shape in encoded.items()]
                step = _stateless_step(model, list(encoded), count)
                graphs[name] = _trace(step, [*specs, *listed])
            steps.setdefault(str(length), {})[str(width)] = added.setdefault(key, name)
    return graphs, {"encode": encodes, "decode_step": steps}


def _stateless_step(model: Seq2Seq, names: Sequence[str], candidates: int) -> Callable[..., Any]:
    def decode_step(token: Any, state: Any, *inputs: Any) -> dict[str, Any]:
        source, candidate_ids = inputs[: len(names)], inputs[len(names) :]
        read = Source(**dict(zip(names, source, strict=True)))
        return decode_token(model, token, state, read, candidates, *candidate_ids)

    return decode_step


class _Variables(tf.Module):
    """What a stateful file keeps of a source between its steps."""

    def __init__(self, encoded: dict[str, tuple[int, ...]], beam_widths: Iterable[int]) -> None:
        super().__init__()
        rows, _, units = encoded["state"]
        self.source = {
            name: tf.Variable(tf.zeros(shape), name=name)
            for name, shape in encoded.items()
            if name != "state"
        }
        self.states = {
            str(width): tf.Variable(tf.zeros((rows, width, units)), name=f"state_{width}")
            for width in beam_widths
        }

    def assign(self, encoded: dict[str, Any]) -> None:
        """Keeps what `encode_ids` returned; every row starts from the one state."""
        for name, variable in self.source.items():
            missing = [(0, b - a) for a, b in zip(encoded[name].shape, variable.shape, strict=True)]
            variable.assign(tf.pad(encoded[name], missing))
        for width, variable in self.states.items():
            variable.assign(tf.repeat(encoded["state"], int(width), axis=1))

    def read(self, shapes: dict[str, tuple[int, ...]]) -> Source:
        """Returns the source, cut to the shapes of the source length in use."""
        tensors = {
            name: tf.slice(variable, [0] * len(shapes[name]), shapes[name])
            for name, variable in self.source.items()
        }
        return Source(**tensors)


def _trace_stateful(
    root: tf.Module,
    model: Seq2Seq,
    source_lengths: Sequence[int],
    candidates: Mapping[int, int],
    listed: Sequence[Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    encode = partial(encode_ids, model)
    shapes = {
        length: _output_shapes(_trace(encode, [_ids("source_ids", 1, length)]))
        for length in source_lengths
    }
    variables = root.kept = _Variables(shapes[source_lengths[-1]], candidates)
    graphs: dict[str, Any] = {}

    def start(source_ids: Any) -> dict[str, Any]:
        encoded = encode(source_ids)
        variables.assign(encoded)
        return {"length": ops.sum(ops.cast(ops.not_equal(source_ids, PAD_ID), "int32"))}

    def make_step(length: int, width: int) -> Callable[..., Any]:
        state = variables.states[str(width)]

        def step(token: Any, parent: Any, *candidate_ids: Any) -> dict[str, Any]:
            before = tf.gather(state, parent, axis=1)
            source = variables.read(shapes[length])
            count = candidates[width]
            outputs = decode_token(model, token, before, source, count, *candidate_ids)
            state.assign(outputs.pop("state"))
            return outputs

        return step

    starts: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    for length in source_lengths:
        suffix = _suffix(length, source_lengths, "s")
        graphs[f"start{suffix}"] = _trace(start, [_ids("source_ids", 1, length)])
        starts[str(length)] = f"start{suffix}"
        for width in candidates:
            name = f"step{_suffix(width, list(candidates))}{suffix}"
            specs = [_ids("token", width), _ids("parent", width), *listed]
            graphs[name] = _trace(make_step(length, width), specs)
            steps.setdefault(str(length), {})[str(width)] = name
    return graphs, {"start": starts, "step": steps}


def _trace(function: Callable[..., Any], specs: Sequence[Any]) -> Any:
    return tf.function(function, input_signature=specs, autograph=False).get_concrete_function()


def _output_shapes(graph: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in graph.output_shapes.items()}


def _ids(name: str, *shape: int) -> Any:
    return tf.TensorSpec(shape, tf.int32, name=name)


def _floats(name: str, shape: Sequence[int]) -> Any:
    return tf.TensorSpec(shape, tf.float32, name=name)


def _suffix(value: int, values: Sequence[int], letter: str = "") -> str:
    """What tells a signature from the one for the largest value, which has the plain name."""
    return "" if value == values[-1] else f"_{letter}{value}"
