"""Beam search inside the TensorFlow graph: the same search as `decoding.beam_search`, in a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.decoding.scoring import COVERAGE_FLOOR, length_penalty
from s2s_keras.encoded import Encoded
from s2s_keras.export.top_k import top_k_of_rows
from s2s_keras.layers.attention_decoder import AttentionDecoder
from s2s_keras.model import Seq2Seq
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID

__all__ = ["BeamGraph", "GraphBeams"]

_NOTHING = -np.inf


class GraphBeams(NamedTuple):
    """The n best hypotheses of N sources, the best first.

    Attributes:
        target_ids: int32 (N, n, T), padded on the right with 0; T the length of the longest.
        lengths: int32 (N, n), the tokens of each, `eos` included; 0 for a source without tokens.
        scores: float32 (N, n), see `decoding.scoring.score`; 0 for a source without tokens, and
            minus infinity where the search has found fewer than n.
        attention: float32 (N, n, T, S), 0 at padding; `None` where the model has no attention.
    """

    target_ids: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    attention: tf.Tensor | None


class _Beams(NamedTuple):
    """What the loop carries of R = N * K rows; row n * K + k is beam k of source n.

    Attributes:
        step: int32 (), steps that are made.
        tokens: int32 (R,), the last tokens.
        state: float (rows of the state, R, H), the decoder's.
        log_probs: float64 (R,).
        scores: float64 (R,).
        lengths: int32 (R,).
        finished: bool (R,).
        received: float64 (R, S), the attention that each source token has received; (R, 1) where
            there is no coverage penalty.
        target_ids: int32 (R, steps).
        passed: int32 (R, steps), the row that each hypothesis stood in before each step.
        attention: the weights float32 (R, S) of each step; empty where there are none.
    """

    step: tf.Tensor
    tokens: tf.Tensor
    state: tf.Tensor
    log_probs: tf.Tensor
    scores: tf.Tensor
    lengths: tf.Tensor
    finished: tf.Tensor
    received: tf.Tensor
    target_ids: tf.Tensor
    passed: tf.Tensor
    attention: Any


_BY_ROW = tuple(name for name in _Beams._fields if name not in ("step", "state", "attention"))
"""What the loop carries with the rows in front."""


class BeamGraph:
    """Keeps the K best hypotheses of each of N sources; K = 1 is greedy search.

    Of `decoding.beam_search` it is the twin, step by step: frozen beams, ties, penalties and the
    end of the search are the same, and sums are float64 in both. Of a beam's candidates only the K
    likeliest are looked at, because within a beam the score rises with the log-probability. A
    source whose n best are decided takes no further part, so that a batch does not compute all its
    sources as long as the longest.

    It is traced once, however many signatures call it.

    Args:
        model: built, on the TensorFlow backend, in float32.
        settings: beam width, n best, lengths and penalties; the other fields are not looked at.

    Raises:
        ValueError: the settings need attention, which the model does not have.

    Reference:
        Sutskever et al. 2014, section 3.2 (beam search); Wu et al. 2016, section 7 (length
        normalisation and coverage penalty).
    """

    def __init__(self, model: Seq2Seq, settings: DecodingSettings) -> None:
        self._has_attention = isinstance(model.decoder, AttentionDecoder)
        if settings.needs_attention and not self._has_attention:
            raise ValueError(
                "`coverage_penalty_beta` and `replace_unknown` need a model with attention. "
                f"Received: coverage_penalty_beta={settings.coverage_penalty_beta}, "
                f"replace_unknown={settings.replace_unknown}, and a model without. Leave both out."
            )
        self._model = model
        self._settings = settings
        longest = settings.max_output_length
        # Index 0 is for sources without tokens, whose beams never grow.
        penalties = length_penalty(np.maximum(np.arange(longest + 1), 1), settings)
        self._penalties = tf.constant(penalties, tf.float64)
        ids = tf.TensorSpec([None, None], tf.int32, name="source_ids")
        self._traced = tf.function(self._search, input_signature=[ids], autograph=False)

    def __call__(self, source_ids: tf.Tensor) -> GraphBeams:
        """Searches.

        Args:
            source_ids: int32 (N, S), padded with 0 on the right.
        """
        found: GraphBeams = self._traced(source_ids)
        return found

    @property
    def traces(self) -> int:
        """How often it has been traced."""
        return int(self._traced.experimental_get_tracing_count())

    def _search(self, source_ids: tf.Tensor) -> GraphBeams:
        count, length = tf.unstack(tf.shape(source_ids))
        # Layers take no empty tensor. A source without tokens is decided at once.
        source_ids = tf.pad(
            source_ids, [(0, tf.maximum(0, 1 - count)), (0, tf.maximum(0, 1 - length))]
        )
        is_token = tf.repeat(source_ids != PAD_ID, self._settings.beam_width, axis=0)
        encoded = self._model.encode(source_ids)
        first = self._first(encoded.state, is_token)
        [beams] = tf.while_loop(
            lambda beams: (
                (beams.step == 0)
                | (
                    (beams.step < self._settings.max_output_length)
                    & ~tf.reduce_all(self._decided(beams))
                )
            ),
            lambda beams: [self._advanced(beams, encoded, is_token)],
            [first],
            shape_invariants=[self._shapes(first)],
        )
        found = self._n_best(beams)
        attention = found.attention
        return GraphBeams(
            found.target_ids[:count],
            found.lengths[:count],
            found.scores[:count],
            None if attention is None else attention[:count, ..., :length],
        )

    def _first(self, state: Any, is_token: tf.Tensor) -> _Beams:
        width = self._settings.beam_width
        rows = tf.range(tf.shape(is_token)[0])
        zeros = tf.zeros_like(rows)
        coverage = is_token if self._settings.coverage_penalty_beta else is_token[:, :1]
        is_first = rows % width == 0
        log_probs = tf.where(is_first, tf.constant(0.0, tf.float64), _NOTHING)
        attention: Any = ()
        if self._has_attention:
            shape = [None, None]
            attention = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=shape)
        return _Beams(
            step=tf.constant(0),
            tokens=tf.fill(tf.shape(rows), BOS_ID),
            state=tf.repeat(state, width, axis=1),
            # The first step has one beam to extend, not `width` equal ones.
            log_probs=log_probs,
            scores=log_probs,
            lengths=zeros,
            finished=~tf.reduce_any(is_token, axis=1),
            received=tf.zeros_like(coverage, tf.float64),
            target_ids=zeros[:, tf.newaxis][:, :0],
            passed=zeros[:, tf.newaxis][:, :0],
            attention=attention,
        )

    @staticmethod
    def _shapes(first: _Beams) -> _Beams:
        """Returns what stays the same of each tensor's shape from step to step."""
        row = tf.TensorShape([None])
        table = tf.TensorShape([None, None])
        return _Beams(
            step=tf.TensorShape([]),
            tokens=row,
            state=tf.TensorShape([first.state.shape[0], None, first.state.shape[2]]),
            log_probs=row,
            scores=row,
            lengths=row,
            finished=row,
            received=table,
            target_ids=table,
            passed=table,
            attention=() if first.attention == () else tf.TensorShape(None),
        )

    def _advanced(self, beams: _Beams, encoded: Encoded, is_token: tf.Tensor) -> _Beams:
        """Extends the beams of the sources that are not decided, and leaves the others alone."""
        is_open = ~self._decided(beams)
        is_first = tf.range(tf.shape(is_open)[0]) == 0  # layers take no empty tensor
        sources = tf.where(is_open | (is_first & ~tf.reduce_any(is_open)))[:, 0]
        width = self._settings.beam_width
        rows = tf.reshape(sources[:, tf.newaxis] * width + tf.range(width, dtype=tf.int64), [-1])
        extended, attention = self._extended(
            _Beams(
                beams.step,
                state=tf.gather(beams.state, rows, axis=1),
                attention=(),
                **{name: tf.gather(getattr(beams, name), rows) for name in _BY_ROW},
            ),
            [None if part is None else tf.gather(part, sources) for part in encoded[:3]],
            tf.gather(is_token, rows),
            tf.cast(rows, tf.int32),
        )
        every = tf.range(tf.shape(is_token)[0])
        grown = beams._replace(
            target_ids=_with_column(beams.target_ids, tf.fill(tf.shape(every), PAD_ID)),
            passed=_with_column(beams.passed, every),
        )

        def put(whole: tf.Tensor, part: tf.Tensor) -> tf.Tensor:
            return tf.tensor_scatter_nd_update(whole, rows[:, tf.newaxis], part)

        by_row = tf.transpose(beams.state, [1, 0, 2])
        state = put(by_row, tf.transpose(extended.state, [1, 0, 2]))
        written = beams.attention
        if attention is not None:
            weights = put(tf.zeros_like(is_token, tf.float32), attention)
            written = written.write(beams.step, weights)
        return _Beams(
            beams.step + 1,
            state=tf.transpose(state, [1, 0, 2]),
            attention=written,
            **{name: put(getattr(grown, name), getattr(extended, name)) for name in _BY_ROW},
        )

    def _extended(
        self, beams: _Beams, source: Sequence[Any], is_token: tf.Tensor, places: tf.Tensor
    ) -> tuple[_Beams, Any]:
        """Extends beams by one token, and keeps the best of each source.

        Args:
            beams: of some sources, without attention.
            source: what `decode_step` reads of these sources.
            is_token: bool, of the same rows.
            places: int32, the rows among all.

        Returns:
            The beams, and the attention weights before they were reordered.
        """
        settings = self._settings
        width, step = settings.beam_width, beams.step + 1
        log_probs, state, attention = self._model.decode_step(beams.tokens, beams.state, *source)
        if settings.min_output_length:
            is_eos = tf.range(log_probs.shape[-1]) == EOS_ID
            log_probs = tf.where(is_eos & (step <= settings.min_output_length), _NOTHING, log_probs)
        likeliest, token_ids = top_k_of_rows(log_probs, min(width, log_probs.shape[-1]))
        candidates = token_ids.shape[-1]
        before = beams.log_probs[:, tf.newaxis]
        totals = before + tf.cast(likeliest, tf.float64)
        # A frozen beam's only candidate is itself.
        itself = before + np.where(np.arange(candidates) == 0, 0.0, _NOTHING)
        totals = tf.where(beams.finished[:, tf.newaxis], itself, totals)
        lengths = tf.where(beams.finished, beams.lengths, step)
        received = beams.received
        if settings.coverage_penalty_beta:
            given = tf.cast(attention, tf.float64)
            received += tf.where(beams.finished[:, tf.newaxis], tf.zeros_like(given), given)
        candidate_scores = totals / tf.gather(self._penalties, lengths)[:, tf.newaxis]
        candidate_scores += self._coverage_penalty(received, is_token)[:, tf.newaxis]
        # Of equal scores the first one is taken, so that a frozen beam is not lost to a tie.
        by_source = tf.reshape(candidate_scores, [-1, width * candidates])
        scores, best = tf.math.top_k(by_source, width)
        firsts = tf.range(tf.shape(best)[0]) * width * candidates
        chosen = tf.reshape(best + firsts[:, tf.newaxis], [-1])
        rows = chosen // candidates
        finished = tf.gather(beams.finished, rows)
        tokens = tf.where(finished, PAD_ID, tf.gather(tf.reshape(token_ids, [-1]), chosen))
        kept = tf.gather(tf.reshape(totals, [-1]), chosen)
        kept_beams = _Beams(
            step=step,
            tokens=tokens,
            state=tf.gather(state, rows, axis=1),
            log_probs=kept,
            scores=tf.reshape(scores, [-1]),
            lengths=tf.gather(lengths, rows),
            finished=finished | (tokens == EOS_ID) | (kept == _NOTHING),
            received=tf.gather(received, rows),
            target_ids=_with_column(tf.gather(beams.target_ids, rows), tokens),
            passed=_with_column(tf.gather(beams.passed, rows), tf.gather(places, rows)),
            attention=(),
        )
        return kept_beams, attention

    def _coverage_penalty(self, received: tf.Tensor, is_token: tf.Tensor) -> tf.Tensor:
        """Returns that of `decoding.scoring.Coverage`, float64 (R,)."""
        beta = self._settings.coverage_penalty_beta
        if not beta:
            return tf.zeros(tf.shape(received)[:1], tf.float64)
        logs = tf.math.log(tf.clip_by_value(received, COVERAGE_FLOOR, 1.0))
        return beta * tf.reduce_sum(tf.where(is_token, logs, tf.zeros_like(logs)), axis=1)

    def _decided(self, beams: _Beams) -> tf.Tensor:
        """Returns whether the n best of a source are frozen and out of reach of its open beams.

        A beam's log_prob only falls, and a length penalty never does: at best a beam reaches its
        present log_prob at the maximum length, with every source token covered. The result is bool
        (N,).
        """
        shape, n_best = [-1, self._settings.beam_width], self._settings.n_best
        nothing = tf.constant(_NOTHING, tf.float64)
        reachable = tf.where(beams.finished, nothing, beams.log_probs) / self._penalties[-1]
        worst = tf.reshape(beams.scores, shape)[:, n_best - 1]
        is_out_of_reach = worst >= tf.reduce_max(tf.reshape(reachable, shape), axis=1)
        is_frozen = tf.reduce_all(tf.reshape(beams.finished, shape)[:, :n_best], axis=1)
        return is_frozen & is_out_of_reach

    def _n_best(self, beams: _Beams) -> GraphBeams:
        """Reads the n best of each source, which stand first, back."""
        width, n_best = self._settings.beam_width, self._settings.n_best

        def first_of_each(rows: tf.Tensor) -> tf.Tensor:
            grouped = tf.reshape(rows, tf.concat([[-1, width], tf.shape(rows)[1:]], axis=0))
            return grouped[:, :n_best]

        scores = first_of_each(beams.scores)
        is_found = first_of_each(beams.log_probs) > _NOTHING
        lengths = tf.where(is_found, first_of_each(beams.lengths), 0)
        is_blank = (first_of_each(beams.lengths) == 0)[:, :1]
        longest = tf.reduce_max(lengths)
        is_token = tf.sequence_mask(lengths, longest)
        target_ids = first_of_each(beams.target_ids[:, :longest])
        attention = None
        if beams.attention != ():
            passed = first_of_each(beams.passed[:, :longest])
            steps = tf.broadcast_to(tf.range(longest), tf.shape(passed))
            weights = tf.gather_nd(beams.attention.stack(), tf.stack([steps, passed], axis=-1))
            attention = tf.where(is_token[..., tf.newaxis], weights, 0.0)
        return GraphBeams(
            tf.where(is_token, target_ids, PAD_ID),
            lengths,
            tf.cast(tf.where(is_blank, tf.zeros_like(scores), scores), tf.float32),
            attention,
        )


def _with_column(table: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """Returns a table (R, T) with a column (R,) behind it."""
    return tf.concat([table, column[:, tf.newaxis]], axis=1)
