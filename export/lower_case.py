"""`str.lower` as TensorFlow operators."""

from __future__ import annotations

import sys
from itertools import groupby

import tensorflow as tf

from s2s_keras.export.normal_form import row_ids

__all__ = ["LowerCase"]

_OTHER, _CASED, _IGNORED = range(3)
_SIGMA, _FINAL_SIGMA = (
    ord("\N{GREEK CAPITAL LETTER SIGMA}"),
    ord("\N{GREEK SMALL LETTER FINAL SIGMA}"),
)
_DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
"""The one character whose small letter is two."""


class LowerCase(tf.Module):
    """Changes texts to lower case exactly as this Python does.

    `tf.strings.lower` ends a text at NUL, and knows the letters of an older Unicode. The tables
    here are Python's own, and so is the rule for the sigma at the end of a word (The Unicode
    Standard, section 3.13): a small letter by its neighbours.
    """

    def __init__(self) -> None:
        super().__init__(name="lower_case")
        characters = [chr(c) for c in range(sys.maxunicode + 1)]
        small = [(ord(c), ord(c.lower())) for c in characters if c != _DOTTED and c.lower() != c]
        self._capitals, self._small = tf.unstack(tf.constant(small, tf.int32), axis=1)
        runs = groupby(characters, key=_sort)
        starts = [(ord(next(run)), sort) for sort, run in runs]
        self._starts, self._sorts = tf.unstack(tf.constant(starts, tf.int32), axis=1)

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns texts in lower case.

        Args:
            texts: string (N,), UTF-8.

        Returns:
            string (N,).
        """
        texts = tf.strings.regex_replace(texts, _DOTTED, _DOTTED.lower())
        rows = tf.strings.unicode_decode(texts, "UTF-8")
        characters = rows.flat_values
        index = tf.maximum(tf.searchsorted(self._capitals, characters, side="right") - 1, 0)
        is_capital = tf.gather(self._capitals, index) == characters
        lower = tf.where(is_capital, tf.gather(self._small, index), characters)
        is_final = (characters == _SIGMA) & self._ends_word(characters, row_ids(rows))
        lower = tf.where(is_final, _FINAL_SIGMA, lower)
        return tf.strings.unicode_encode(rows.with_values(lower), "UTF-8")

    def _ends_word(self, characters: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Whether a letter stands before each character and none behind it.

        Marks and the like between them do not count, nor do characters of another text.

        Args:
            characters: int32 (C,), code points.
            rows: int32 (C,), which text each stands in.

        Returns:
            bool (C,); of what does not count itself, anything.
        """
        sorts = tf.gather(self._sorts, tf.searchsorted(self._starts, characters, side="right") - 1)
        counts = sorts != _IGNORED
        is_cased = tf.boolean_mask(sorts == _CASED, counts)
        rows = tf.boolean_mask(rows, counts)
        is_same_text = rows[1:] == rows[:-1]
        before = tf.concat([[False], is_cased[:-1] & is_same_text], axis=0)
        behind = tf.concat([is_cased[1:] & is_same_text, [False]], axis=0)
        place = tf.maximum(tf.cumsum(tf.cast(counts, tf.int32)) - 1, 0)
        return tf.gather(before & ~behind, place)


def _sort(character: str) -> int:
    """Returns what a character is to a sigma, found out by lower-casing one behind it."""
    if (character + "\N{GREEK CAPITAL LETTER SIGMA}").lower().endswith(chr(_FINAL_SIGMA)):
        return _CASED
    after_letter = ("a" + character + "\N{GREEK CAPITAL LETTER SIGMA}").lower()
    return _IGNORED if after_letter.endswith(chr(_FINAL_SIGMA)) else _OTHER
