"""Unicode normalisation form C as TensorFlow operators."""

from __future__ import annotations

import sys
import unicodedata
from itertools import groupby
from typing import Any

import tensorflow as tf

from s2s_keras.errors import MissingDependencyError

__all__ = ["NormalForm", "import_tensorflow_text", "row_ids"]


class NormalForm(tf.Module):
    """Normalises texts exactly as `s2s_keras.text.normalize` does in this Python.

    tensorflow-text may know a newer Unicode, whose new marks change places and whose new letters
    are put together. So what this Python does not know is normalised by itself, which changes
    nothing of it, and what stands between likewise. Of characters that both know, every version of
    Unicode makes the same.

    Raises:
        MissingDependencyError: tensorflow-text is not installed.

    Reference:
        The Unicode Standard Annex 15, section 3 (Versioning and Stability).
    """

    def __init__(self) -> None:
        super().__init__(name="normal_form")
        self._text = import_tensorflow_text()
        categories = groupby(
            range(sys.maxunicode + 1), lambda c: unicodedata.category(chr(c)) == "Cn"
        )
        runs = [(next(run), is_unknown) for is_unknown, run in categories]
        self._starts = tf.constant([start for start, _ in runs], tf.int32)
        self._is_unknown = tf.constant([is_unknown for _, is_unknown in runs])

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns texts in form C.

        Args:
            texts: string (N,), UTF-8.

        Returns:
            string (N,).
        """
        texts_of_codes = tf.strings.unicode_decode(texts, "UTF-8")
        characters, rows = texts_of_codes.flat_values, row_ids(texts_of_codes)
        run = tf.searchsorted(self._starts, characters, side="right") - 1
        is_alone = tf.gather(self._is_unknown, run)
        is_behind_one = tf.concat([[False], is_alone], axis=0)[:-1]
        is_first = rows != tf.concat([[-1], rows], axis=0)[:-1]
        begins = is_alone | is_behind_one | is_first
        part = tf.cumsum(tf.cast(begins, tf.int64)) - 1
        count = tf.math.count_nonzero(begins)
        parts = tf.RaggedTensor.from_value_rowids(characters, part, nrows=count)
        parts = self._text.normalize_utf8(tf.strings.unicode_encode(parts, "UTF-8"), "NFC")
        return tf.strings.unsorted_segment_join(
            parts, tf.boolean_mask(rows, begins), texts_of_codes.nrows()
        )


def import_tensorflow_text() -> Any:
    """Returns the module `tensorflow_text`.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import tensorflow_text
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Text inside a TensorFlow graph needs tensorflow-text: "
            "pip install 's2s-keras[saved-model]'."
        ) from error
    return tensorflow_text


def row_ids(ragged: tf.RaggedTensor) -> tf.Tensor:
    """Returns which row each value stands in.

    The function of `value_rowids`, which takes memory for rows times the longest.

    Args:
        ragged: (N, any).

    Returns:
        int32 (C,), of all values.
    """
    places = tf.range(tf.size(ragged.flat_values, out_type=ragged.row_splits.dtype))
    return tf.searchsorted(ragged.row_splits, places, side="right") - 1
