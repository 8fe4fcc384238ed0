"""Texts -> the pieces of a `CharacterTokenizer`, as TensorFlow operators."""

from __future__ import annotations

import tensorflow as tf

from s2s_keras.text import UNK_ID, CharacterTokenizer

__all__ = ["CharacterCut"]


class CharacterCut(tf.Module):
    """Cuts texts as `CharacterTokenizer.pieces` does.

    Args:
        tokenizer: whose ids to give.
    """

    def __init__(self, tokenizer: CharacterTokenizer) -> None:
        super().__init__(name="characters")
        ids = sorted((ord(piece), i) for i, piece in enumerate(tokenizer.tokens) if len(piece) == 1)
        # The first finds no character, so that there is one in an empty vocabulary, too.
        self._characters, self._ids = tf.unstack(
            tf.constant([(-1, UNK_ID), *ids], tf.int32), axis=1
        )

    def __call__(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Returns the ids, int32 (N, any), and the pieces, string (N, any), of texts.

        Args:
            texts: string (N,), normalised UTF-8.
        """
        rows = tf.strings.unicode_decode(texts, "UTF-8")
        characters = rows.flat_values
        index = tf.searchsorted(self._characters, characters, side="right") - 1
        is_known = tf.gather(self._characters, index) == characters
        ids = tf.where(is_known, tf.gather(self._ids, index), UNK_ID)
        pieces = tf.strings.unicode_encode(characters[:, tf.newaxis], "UTF-8")
        return rows.with_values(ids), rows.with_values(pieces)
