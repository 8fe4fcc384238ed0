"""A definition of subwords -> TensorFlow operators that give the same ids and the same texts."""

from __future__ import annotations

import tensorflow as tf

from s2s_keras.export.lower_case import LowerCase
from s2s_keras.export.normal_form import NormalForm, import_tensorflow_text
from s2s_keras.text import EOS_ID, PAD_ID, UNK_ID, SubwordTokenizer
from s2s_keras.text.tokenizer import SPECIAL_TOKENS
from s2s_keras.text.word import SPACE

__all__ = ["GraphTokenizer"]

_PLANE = 0x10000
_NONCHARACTERS = 2  # at the end of each plane


class GraphTokenizer(tf.Module):
    """A `SubwordTokenizer` inside the TensorFlow graph, for a SavedModel or `tf.data`.

    `FastWordpieceTokenizer` finds the longest matches in a whole text at once, but gives up a text
    in which a character begins no entry, and has its own ideas of white space and control
    characters. So text and entries are written in other characters before: each that is a piece
    becomes one beyond U+FFFF, by its id, and each byte of every other one does. Then there is
    nothing unknown or special left, and what it returns are the tokeniser's ids.

    Args:
        tokenizer: whose ids and texts to give.

    Raises:
        MissingDependencyError: tensorflow-text is not installed.
    """

    def __init__(self, tokenizer: SubwordTokenizer) -> None:
        super().__init__(name="tokenizer")
        self._normal_form = NormalForm()
        self._lower_case = LowerCase() if tokenizer.lowercase else None
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
        self._contents = tf.constant(_contents(tokenizer))

    def encode(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns the ids of texts, without begin or end, padded on the right with 0.

        Args:
            texts: string (N,), UTF-8; what is none becomes U+FFFD.

        Returns:
            int32 (N, T), T the length of the longest.
        """
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
        texts = self._normal_form(texts)
        if self._lower_case is not None:
            texts = self._normal_form(self._lower_case(texts))
        texts = tf.where(texts == "", "", tf.strings.join([" ", texts]))
        characters = tf.strings.unicode_decode(texts, "UTF-8")
        codes = characters.with_values(self._write(characters.flat_values)).merge_dims(1, 2)
        found = self._matcher.tokenize(tf.strings.unicode_encode(codes, "UTF-8"))
        return found.to_tensor(PAD_ID)

    def decode(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns the texts of ids, each up to the first end token.

        Args:
            ids: int (N, T), 0 to V - 1.

        Returns:
            string (N,), UTF-8; bytes that are none become U+FFFD.
        """
        has_ended = tf.cumsum(tf.cast(ids == EOS_ID, tf.int32), axis=1) > 0
        contents = tf.where(has_ended, "", tf.gather(self._contents, ids))
        joined = tf.strings.reduce_join(contents, axis=1)
        texts = tf.strings.unicode_transcode(joined, "UTF-8", "UTF-8")
        return tf.strings.regex_replace(texts, r"\A ", "", replace_global=False)

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


def _contents(tokenizer: SubwordTokenizer) -> list[bytes]:
    """Returns what each id adds to a text."""
    contents = [b"" for _ in SPECIAL_TOKENS]
    contents[UNK_ID] = tokenizer.unknown_piece.encode()
    contents += [bytes([byte]) for byte in range(256)]
    return contents + [piece.replace(SPACE, " ").encode() for piece in tokenizer.vocabulary]
