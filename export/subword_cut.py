"""Texts -> the pieces of a `SubwordTokenizer`, as TensorFlow operators."""

from __future__ import annotations

import tensorflow as tf

from s2s_keras.export.normal_form import import_tensorflow_text
from s2s_keras.text import UNK_ID, SubwordTokenizer
from s2s_keras.text.tokenizer import SPECIAL_TOKENS
from s2s_keras.text.word import SPACE

__all__ = ["SubwordCut"]

_PLANE = 0x10000
_NONCHARACTERS = 2  # at the end of each plane


class SubwordCut(tf.Module):
    """Cuts texts as `SubwordTokenizer.pieces` does.

    `FastWordpieceTokenizer` finds the longest matches in a whole text at once, but gives up a text
    in which a character begins no entry, and has its own ideas of white space and control
    characters. So text and entries are written in other characters before: each that is a piece
    becomes one beyond U+FFFF, by its id, and each byte of every other one does. Then there is
    nothing unknown or special left, and what it returns are the tokeniser's ids.

    Args:
        tokenizer: whose ids to give.

    Raises:
        MissingDependencyError: tensorflow-text is not installed.
    """

    def __init__(self, tokenizer: SubwordTokenizer) -> None:
        super().__init__(name="subwords")
        first_byte = len(SPECIAL_TOKENS)
        ids = {piece: i for i, piece in enumerate(tokenizer.tokens) if len(piece) == 1}
        written = [_code(i) for i in range(len(tokenizer) - len(tokenizer.vocabulary))]
        written += ["".join(_code(ids[c]) for c in piece) for piece in tokenizer.vocabulary]
        self._matcher = import_tensorflow_text().FastWordpieceTokenizer(
            written,
            suffix_indicator="",
            max_bytes_per_word=2**31 - 1,
            token_out_type=tf.int32,
            unknown_token=written[UNK_ID],
            no_pretokenization=True,
        )
        # The first finds no character, so that there is one in an empty vocabulary, too.
        alphabet = sorted((ord(" " if c == SPACE else c), ord(_code(i))) for c, i in ids.items())
        self._characters, self._codes = tf.unstack(
            tf.constant([(-1, 0), *alphabet], tf.int32), axis=1
        )
        self._byte_codes = tf.constant([ord(_code(first_byte + byte)) for byte in range(256)])
        self._tokens = tf.constant([token.encode() for token in tokenizer.tokens])

    def __call__(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Returns the ids, int32 (N, any), and the pieces, string (N, any), of texts.

        Args:
            texts: string (N,), normalised UTF-8.
        """
        texts = tf.where(texts == "", "", tf.strings.join([" ", texts]))
        characters = tf.strings.unicode_decode(texts, "UTF-8")
        codes = characters.with_values(self._write(characters.flat_values)).merge_dims(1, 2)
        ids = self._matcher.tokenize(tf.strings.unicode_encode(codes, "UTF-8"))
        return ids, ids.with_values(tf.gather(self._tokens, ids.values))

    def _write(self, characters: tf.Tensor) -> tf.RaggedTensor:
        """Returns for each character the code of its id, or those of its bytes.

        Args:
            characters: int32 (C,), code points.

        Returns:
            int32 (C, 1 to 4).
        """
        index = tf.searchsorted(self._characters, characters, side="right") - 1
        is_piece = tf.gather(self._characters, index) == characters
        encoded = tf.strings.unicode_encode(characters[:, tf.newaxis], "UTF-8")
        content = tf.cast(tf.io.decode_raw(encoded, tf.uint8, fixed_length=4), tf.int32)
        codes = tf.gather(self._byte_codes, content)
        codes = tf.where(is_piece[:, tf.newaxis], tf.gather(self._codes, index)[:, None], codes)
        counts = tf.where(is_piece, 1, tf.strings.length(encoded))
        return tf.RaggedTensor.from_tensor(codes, lengths=counts)


def _code(token_id: int) -> str:
    """Returns the character that stands for an id: beyond U+FFFF, and no noncharacter."""
    planes, place = divmod(token_id, _PLANE - _NONCHARACTERS)
    return chr(_PLANE * (1 + planes) + place)
