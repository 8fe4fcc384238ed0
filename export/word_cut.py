"""Texts -> the pieces of a `WordTokenizer`, as TensorFlow operators."""

from __future__ import annotations

import sys
from functools import cache
from itertools import groupby

import tensorflow as tf

from s2s_keras.export.normal_form import row_ids
from s2s_keras.text import UNK_ID, WordTokenizer
from s2s_keras.text.word import SPACE, cut_words

__all__ = ["WordCut"]

_OTHER, _WORD, _SPACE = range(3)


class WordCut(tf.Module):
    """Cuts texts as `WordTokenizer.pieces` does.

    TensorFlow's regular expressions are RE2's, whose letters, marks and white space are not those
    of Python's `re`. So each character has its sort by a table, made with Python's expression.

    Args:
        tokenizer: whose ids to give.
    """

    def __init__(self, tokenizer: WordTokenizer) -> None:
        super().__init__(name="words")
        self._starts, self._sorts = tf.unstack(tf.constant(_runs(), tf.int32), axis=1)
        tokens = [token.encode() for token in tokenizer.tokens]
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tokens, list(range(len(tokens))), value_dtype="int32"
            ),
            default_value=UNK_ID,
        )

    def __call__(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Returns the ids, int32 (N, any), and the pieces, string (N, any), of texts.

        Args:
            texts: string (N,), normalised UTF-8.
        """
        texts_of_codes = tf.strings.unicode_decode(tf.strings.join([" ", texts]), "UTF-8")
        characters, rows = texts_of_codes.flat_values, row_ids(texts_of_codes)
        run = tf.searchsorted(self._starts, characters, side="right") - 1
        sorts = tf.gather(self._sorts, run)
        # A text begins with a space: what stands behind the end of one counts as one.
        behind = tf.concat([sorts[1:], [_SPACE]], axis=0)[: tf.size(sorts)]
        before = tf.concat([[_SPACE], sorts], axis=0)[:-1]
        is_mark = (sorts == _SPACE) & (behind != _SPACE)  # the space that belongs to a piece
        is_inside = (sorts == _WORD) & (before == _WORD)
        begins = is_mark | ((sorts != _SPACE) & (before != _SPACE) & ~is_inside)
        is_kept = is_mark | (sorts != _SPACE)
        written = tf.boolean_mask(tf.where(is_mark, ord(SPACE), characters), is_kept)
        piece = tf.cumsum(tf.cast(tf.boolean_mask(begins, is_kept), tf.int64)) - 1
        count = tf.math.count_nonzero(begins)
        codes = tf.RaggedTensor.from_value_rowids(written, piece, nrows=count)
        pieces = tf.RaggedTensor.from_value_rowids(
            tf.strings.unicode_encode(codes, "UTF-8"),
            tf.cast(tf.boolean_mask(rows, begins), tf.int64),
            nrows=texts_of_codes.nrows(),
        )
        return pieces.with_values(self._ids.lookup(pieces.values)), pieces


@cache
def _runs() -> list[tuple[int, int]]:
    """Returns where each run of characters of one sort begins, and the sort; takes seconds."""
    runs = groupby(map(chr, range(sys.maxunicode + 1)), key=_sort)
    return [(ord(next(run)), sort) for sort, run in runs]


def _sort(character: str) -> int:
    """Returns what a character is to a word, found out by cutting one that ends with it."""
    pieces = cut_words("_" + character)
    if len(pieces) > 1:
        return _OTHER
    return _WORD if len(pieces[0][1]) > 1 else _SPACE
