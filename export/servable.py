"""What a SavedModel's signatures compute: strings in, the best strings out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.decoding.predictor import MAX_TEXT_CHARACTERS
from s2s_keras.export.beam_graph import BeamGraph, GraphBeams
from s2s_keras.export.text_graph import GraphTokenizer
from s2s_keras.model import Seq2Seq
from s2s_keras.text import PAD_ID, UNK_ID

__all__ = ["Servable"]


class Servable(tf.Module):
    """A model as three functions on batches, search and tokenisation in the graph.

    | signature | inputs | outputs |
    |---|---|---|
    | `serving_default` | `texts` string (N,) | `texts` string (N, n), `scores` float32 (N, n), the
      best first |
    | `alignments` | `texts` string (N,) | `texts` string (N,), `scores` float32 (N,),
      `source_pieces` string (N, S) and `target_pieces` string (N, T), padded with empty strings,
      `eos` included; with attention `attention` float32 (N, T, S), 0 at padding |
    | `ids` | `source_ids` int32 (N, S), 0 is padding | `target_ids` int32 (N, n, T), 0 is padding,
      `scores` float32 (N, n) |

    A text of white space alone comes out empty, with score 0; so does a source without tokens.
    Where a search finds fewer than n outputs, the rest are empty, with a score of minus infinity.

    A row that the model does not take ends the call with `InvalidArgumentError`: one that is too
    long, or of pieces never seen in training while `allow_unknown` is false. The message names the
    first such row: "texts[2] must hold at most 64 tokens. Received: 70."

    Args:
        model: built, on the TensorFlow backend, in float32.
        settings: how to decode; `max_source_length` must be given. Time limit, sampling and
            splitting are not in the graph.
        with_text: `False` makes `ids` alone, without operators of tensorflow-text.

    Raises:
        MissingDependencyError: tensorflow-text is needed, and not installed.
        ValueError: the settings need attention, which the model does not have.
    """

    def __init__(self, model: Seq2Seq, settings: DecodingSettings, with_text: bool = True) -> None:
        super().__init__(name="servable")
        self.weights = [weight.value for weight in model.weights]
        self._source_size = len(model.source_tokenizer)
        self._kind = model.source_tokenizer.kind
        self._settings = settings
        self._search = BeamGraph(model, settings)
        self._source: Any = None
        self._target: Any = None
        if with_text:
            self._source = GraphTokenizer(model.source_tokenizer)
            is_shared = model.source_tokenizer == model.target_tokenizer
            self._target = self._source if is_shared else GraphTokenizer(model.target_tokenizer)

    def signatures(self) -> dict[str, Any]:
        """Returns the traced functions by the signatures' names."""
        ids = tf.TensorSpec([None, None], tf.int32, name="source_ids")
        functions: dict[str, tuple[Callable[..., Any], Any]] = {"ids": (self.search_ids, ids)}
        if self._source is not None:
            texts = tf.TensorSpec([None], tf.string, name="texts")
            functions["serving_default"] = (self.serve, texts)
            functions["alignments"] = (self.align, texts)
        return {
            name: tf.function(
                function, input_signature=[spec], autograph=False
            ).get_concrete_function()
            for name, (function, spec) in functions.items()
        }

    def serve(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes `serving_default`; see the class."""
        source_ids, pieces = self._read(texts)
        found = self._search(source_ids)
        return {"texts": self._write(found, pieces), "scores": found.scores}

    def align(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes `alignments`; see the class."""
        source_ids, pieces = self._read(texts)
        found = self._search(source_ids)
        longest = tf.reduce_max(tf.concat([[0], found.lengths[:, 0]], axis=0))
        best = GraphBeams(
            found.target_ids[:, :1, :longest],
            found.lengths[:, :1],
            found.scores[:, :1],
            None if found.attention is None else found.attention[:, :1, :longest],
        )
        is_token = tf.sequence_mask(best.lengths[:, 0], longest)
        target_pieces = self._target.pieces(best.target_ids[:, 0])
        outputs = {
            "texts": self._write(best, pieces)[:, 0],
            "scores": best.scores[:, 0],
            "source_pieces": pieces,
            "target_pieces": tf.where(is_token, target_pieces, ""),
        }
        if best.attention is not None:
            outputs["attention"] = best.attention[:, 0]
        return outputs

    def search_ids(self, source_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes `ids`; see the class."""
        is_token = source_ids != PAD_ID
        is_known = (source_ids >= 0) & (source_ids < self._source_size)
        holes = is_token[:, 1:] & ~is_token[:, :-1]
        checks = [
            _check(
                ~tf.reduce_all(is_known, axis=1),
                ["source_ids[", f"] must hold ids from 0 to {self._source_size - 1}."],
            ),
            _check(
                tf.reduce_any(holes, axis=1),
                ["source_ids[", f"] must hold padding, {PAD_ID}, on the right alone."],
            ),
            self._check_lengths("source_ids", tf.math.count_nonzero(is_token, axis=1)),
        ]
        with tf.control_dependencies(checks):
            source_ids = tf.identity(source_ids)
        found = self._search(source_ids)
        return {"target_ids": found.target_ids, "scores": found.scores}

    def _read(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns ids int32 (N, S) and pieces string (N, S) of texts that the model takes."""
        characters = tf.strings.length(texts, unit="UTF8_CHAR")
        rule = f"] must hold at most {MAX_TEXT_CHARACTERS} characters. Received: "
        is_long = characters > MAX_TEXT_CHARACTERS
        with tf.control_dependencies([_check(is_long, ["texts[", rule, "."], characters)]):
            texts = tf.identity(texts)
        texts = tf.where(tf.strings.regex_full_match(texts, _white_space()), "", texts)
        source_ids, pieces = self._source.cut(texts)
        is_unknown = source_ids == UNK_ID
        checks = [self._check_lengths("texts", tf.math.count_nonzero(source_ids, axis=1))]
        if not self._settings.allow_unknown:
            # Without quotes: an assertion would escape them.
            shown = tf.where(is_unknown, tf.strings.join([" ", self._source.show(pieces)]), "")
            rule = f"] holds {self._kind}s never seen in training:"
            names = tf.strings.reduce_join(shown, axis=1)
            checks.append(_check(tf.reduce_any(is_unknown, axis=1), ["texts[", rule, "."], names))
        # A column at least: nothing is the largest of no weights.
        missing = [(0, 0), (0, tf.maximum(0, 1 - tf.shape(source_ids)[1]))]
        with tf.control_dependencies(checks):
            return tf.pad(source_ids, missing), tf.pad(pieces, missing, constant_values="")

    def _write(self, found: GraphBeams, pieces: tf.Tensor) -> tf.Tensor:
        """Returns the texts, string (N, n), of hypotheses; pieces of the sources (N, S)."""
        count, n_best, length = tf.unstack(tf.shape(found.target_ids))
        rows = [count * n_best, length]
        unknown = None
        if self._settings.replace_unknown:
            aligned = tf.argmax(found.attention, axis=-1)
            unknown = tf.reshape(tf.gather(pieces, aligned, batch_dims=1), rows)
        texts = self._target.decode(tf.reshape(found.target_ids, rows), unknown)
        return tf.reshape(self._target.normalize(texts), [count, n_best])

    def _check_lengths(self, name: str, lengths: tf.Tensor) -> Any:
        longest = self._settings.max_source_length
        parts = [f"{name}[", f"] must hold at most {longest} tokens. Received: ", "."]
        return _check(lengths > longest, parts, lengths)


def _check(is_wrong: tf.Tensor, parts: list[str], received: tf.Tensor | None = None) -> Any:
    """Refuses a call with a wrong row, and names the first.

    Args:
        is_wrong: bool (N,).
        parts: of the message; between them stand the row's index and what was received.
        received: (N,), any dtype, what the message shows of a row.
    """
    row = tf.argmax(tf.concat([is_wrong, [True]], axis=0))
    values = [tf.strings.as_string(row)]
    if received is not None:
        shown = received if received.dtype == tf.string else tf.strings.as_string(received)
        values.append(tf.concat([shown, [""]], axis=0)[row])
    message = [part for pair in zip(parts, [*values, ""], strict=False) for part in pair]
    return tf.debugging.Assert(~tf.reduce_any(is_wrong), [tf.strings.join(message)])


def _white_space() -> str:
    """Returns the expression of texts without any other character, as `str.strip` has it."""
    spaces = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    return "[" + "".join(rf"\x{{{ord(space):X}}}" for space in spaces) + "]*"
